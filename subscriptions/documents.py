"""What of the news is compared with keyword queries."""

from news.models import Source
from subscriptions.keywords import Document


def document_of(*, title: str, message: str, source: Source | None) -> Document:
    """Bring news to the form that queries are evaluated on."""
    topic = source.topic if source else None
    return Document.of(
        title=title,
        message=message,
        source=[source.title, source.host] if source else (),
        topic=[topic.slug, topic.name] if topic else (),
    )
