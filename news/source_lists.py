"""All sources as an OPML list, out and in. Nothing is fetched meanwhile."""

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from news import article_cache, opml
from news.models import Source, Topic
from news.opml import Outline
from news.services import known_or_new
from newsnotify.lib.saying import said

IMPORTED = "imported"  # the topic of what names none


@dataclass(slots=True)
class Imported:
    """What became of a list."""

    added: int = 0
    existing: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)  # url (or what it was) and reason

    def fail(self, what: str, reason: str) -> None:
        self.failed.append({"url": what, "reason": reason})


def outlines_of(markup: bytes) -> list[Outline]:
    """Read a list. Raises ValidationError."""
    try:
        return opml.read(markup)
    except opml.OpmlError as error:
        raise ValidationError({"file": [said(str(error))]}) from error


def export_sources(*, now: datetime) -> bytes:
    """Write every source that is for everybody, in folders by topic."""
    rows = Source.objects.exclude(topic=None).select_related("topic").order_by("title", "pk")
    outlines = [
        Outline(
            text=str(row),
            url=row.url,
            site_url=row.site_url,
            folder=row.topic.name if row.topic else "",
        )
        for row in rows.iterator(1_000)
    ]
    outlines.sort(key=lambda one: one.folder.casefold())
    return opml.write(title="NewsNotify", outlines=outlines, now=now)


@transaction.atomic
def import_sources(*, markup: bytes, topic: str = "") -> Imported:
    """Add every feed that a list names, each to the topic of its folder; again is fine.

    What lies in no folder goes to `topic`, by its slug or name. Raises ValidationError.
    """
    folders: dict[str, dict[str, str]] = {}
    for outline in outlines_of(markup):
        if outline.url:
            folders.setdefault(outline.folder or topic, {}).setdefault(outline.url, outline.text)
    done = Imported()
    for folder, titles in folders.items():
        _add(titles, _topic_called(folder), done)
    if done.added:
        article_cache.outdate()
    return done


def _add(titles: dict[str, str], topic: Topic, done: Imported) -> None:
    found = known_or_new(titles, topic=topic)
    done.added += found.added
    done.existing += len(found.sources) - found.added
    for url, reason in found.refused.items():
        done.fail(url, reason)
    # A reader had brought it for himself; now it is everybody's.
    Source.objects.filter(pk__in=found.sources, topic=None).update(topic=topic)


def _topic_called(name: str) -> Topic:
    """Find the topic of a folder, by name or slug, or make it."""
    slug = slugify(name)[:50].strip("-") or IMPORTED
    known = Topic.objects.filter(slug=slug).first()
    known = known or Topic.objects.filter(name__iexact=name).first()
    return known or Topic.objects.create(
        slug=slug, name=(name if slugify(name) else IMPORTED)[:100]
    )
