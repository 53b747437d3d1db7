"""Cursors: how far a client has read its inbox's changes. Opaque to clients.

A cursor is an epoch and an inbox revision, as IMAP's UIDVALIDITY and MODSEQ are (RFC 7162).
"""

from newsnotify.lib.sentences import gettext_noop

EPOCH = 1  # raise it, and every client reads its list anew
_NO_CURSOR = gettext_noop("'%(cursor)s' is no cursor; send back what you were given.")


class BadCursorError(ValueError):
    """This is no cursor of ours."""


def encode(revision: int) -> str:
    """Make the cursor that stands after `revision`."""
    return f"{EPOCH}.{revision}"


def decode(cursor: str) -> int:
    """Tell the revision of a cursor; raises BadCursorError, also for another epoch's."""
    epoch, _, revision = cursor.partition(".")
    if epoch != str(EPOCH) or not (revision.isascii() and revision.isdigit()) or len(revision) > 18:
        raise BadCursorError(_NO_CURSOR % {"cursor": cursor[:40]})
    return int(revision)
