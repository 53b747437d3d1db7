"""What a new installation begins with."""

import json
from pathlib import Path

from news.models import Source, Topic

DATA = Path(__file__).with_name("starters.json")


def add_sources() -> int:
    """Add the starter sources once, while there is no source at all. Returns how many."""
    if Source.objects.exists():
        return 0
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    sources = [
        Source(topic=topics[slug], title=title, **Source.identified_by(url))
        for slug, feeds in json.loads(DATA.read_text(encoding="utf-8"))["sources"].items()
        for title, url in feeds.items()
        if slug in topics
    ]
    return len(Source.objects.bulk_create(sources))
