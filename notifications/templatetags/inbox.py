"""What pages know of an inbox beyond its counters."""

from django import template

from notifications import cursors

register = template.Library()


@register.filter
def cursor(revision: int | str) -> str:
    """Give the cursor of a revision; who has no inbox yet has none, and begins at 0."""
    return cursors.encode(int(revision or 0))
