"""What is said of many articles that a source published together: kept in English."""

from django.utils.text import Truncator
from django.utils.translation import override

from newsnotify.lib.saying import said
from newsnotify.lib.sentences import gettext_noop

LONGEST_TITLE = 500

_TITLE = gettext_noop("%(count)s new articles from %(name)s")
_MESSAGE = gettext_noop("%(name)s published %(count)s articles at once.")


def texts_of(name: str, count: int) -> dict[str, str]:
    """Write an event's title and message."""
    values = {"name": name, "count": count}
    title = Truncator(_TITLE % values).chars(LONGEST_TITLE)
    return {"title": title, "message": _MESSAGE % values}


def in_language(language: str, *texts: str) -> tuple[str, ...]:
    with override(language):
        return tuple(map(said, texts))
