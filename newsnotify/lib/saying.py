"""Sentences of `sentences`, in the language that is active."""

from django.utils.translation import gettext

from newsnotify.lib import sentences


def said(text: str) -> str:
    """Say what is kept, or was raised, in English."""
    return sentences.translated(text, gettext)
