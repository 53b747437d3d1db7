"""What of the news is compared with keyword queries."""

from news.models import Source, Topic
from subscriptions.keywords import Document


def document_of(
    *, title: str, message: str, topic: Topic | None, source: Source | None
) -> Document:
    """Bring news to the form that queries are evaluated on."""
    return Document.of(
        title=title,
        message=message,
        topic=[topic.slug, topic.name] if topic else (),
        source=[source.title, source.host] if source else (),
    )
