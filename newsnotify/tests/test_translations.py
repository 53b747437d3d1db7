"""Catalogues: complete, compiled, and in step with the sources; `make translations` makes it so.

They are committed compiled, since a machine that only has Python has nothing to compile them with.
"""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

from newsnotify.tests.processes import ROOT

APPS = ("newsnotify", "accounts", "news", "subscriptions", "notifications")
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
IN_TEMPLATE = re.compile(r"""\b_\(('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""")
BLOCK = re.compile(r"""\b(?:n?gettext)\((u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")""")
NAMED = re.compile(r"%\((\w+)\)[sd]")
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]


def catalogue(language: str) -> Catalog:
    with (ROOT / f"locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, language)


def messages(language: str) -> Iterator[Message]:
    return (message for message in catalogue(language) if message.id)


def forms(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text),)


def wanted() -> set[str]:
    sources = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    in_code = {
        text
        for path in sources
        if "tests" not in path.parts
        for text in in_python(path.read_text())
    }
    pages = (ROOT / "templates").rglob("*.*")
    return in_code | {text for path in pages for text in in_template(path)}


def in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in CALLS and isinstance(first, ast.Constant):
                yield str(first.value)


def in_template(path: Path) -> Iterator[str]:
    """Find what Django's makemessages does, by what it makes of a template for xgettext."""
    made = templatize(path.read_text(), origin=str(path))
    for pattern in (IN_TEMPLATE, BLOCK):
        for match in pattern.finditer(made):
            yield str(ast.literal_eval(match[1]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_what_the_sources_say_and_nothing_else(language: str) -> None:
    assert {forms(message.id)[0] for message in messages(language)} == wanted()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_with_all_its_values(language: str) -> None:
    count = catalogue(language).num_plurals
    for message in messages(language):
        assert not message.fuzzy, message.id
        given = forms(message.string)
        assert all(given), message.id
        assert len(given) == (count if isinstance(message.id, tuple) else 1), message.id
        for text in given:
            assert values(text) == values(forms(message.id)[-1]), message.id


def values(text: str) -> set[str]:
    braces = {name for _, name, _, _ in Formatter().parse(text) if name} if "{" in text else set()
    return {*NAMED.findall(text), *braces}


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_says_the_same(language: str) -> None:
    with (ROOT / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in messages(language):
        for number, text in enumerate(forms(message.string)):
            key = (forms(message.id)[0], number) if isinstance(message.id, tuple) else message.id
            assert compiled._catalog[key] == text  # type: ignore[attr-defined]
    count = sum(len(forms(message.string)) for message in messages(language))
    assert len(compiled._catalog) == count + 1  # type: ignore[attr-defined] # and its head
