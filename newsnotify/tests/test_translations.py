"""Catalogues: complete, compiled, and in step with the sources; `make translations` makes it so.

They are committed compiled, since a machine that only has Python has nothing to compile them with.
"""

import ast
import gettext
import json
import os
import re
import subprocess
import sys
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


# What people read when it is raised, or kept and shown.
TOLD = {
    "AuthenticationFailed", "BadCloudEventError", "BadCursorError", "Conflict", "KeyRefusedError",
    "NotAFeed", "OpmlError", "Outcome", "ParseError", "PermissionDenied", "QueryError",
    "TokenError", "TooLarge", "UnknownUserError", "Unreachable", "ValidationError",
}  # fmt: skip
A_SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


def modules() -> Iterator[Path]:
    paths = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return (path for path in paths if not {"tests", "management"} & set(path.parts))


def untold(source: str) -> Iterator[str]:
    """Find sentences in what is raised that no catalogue is asked for."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and name_of(call) in TOLD:
            yield from plain_texts(call)


def plain_texts(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and name_of(child) in CALLS:
            continue
        if isinstance(child, ast.Constant) and A_SENTENCE.search(str(child.value)):
            yield str(child.value)
        yield from plain_texts(child)


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def test_what_is_raised_for_people_is_in_the_catalogue() -> None:
    found = {str(path): list(untold(path.read_text())) for path in modules()}
    assert {path: texts for path, texts in found.items() if texts} == {}


def test_sentence_outside_of_the_catalogue_is_found() -> None:
    for text in ('"Not so fast."', 'f"Not so {fast}."', '{"url": ["Not so fast."]}'):
        assert list(untold(f"raise serializers.ValidationError({text})"))
    assert not list(untold('raise ValidationError(_("Not so fast."))'))


def sentences_kept(path: Path) -> set[str]:
    """List what a module makes known to `translated`."""
    text = path.read_text()
    if "newsnotify.lib.sentences import" not in text:
        return set()
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.args[0].value for call in calls if name_of(call) == "gettext_noop"}  # type: ignore[attr-defined]


def test_who_serves_pages_knows_every_sentence_that_rows_may_hold(tmp_path: Path) -> None:
    code = (
        "import json, newsnotify.asgi; from django.urls import get_resolver; "
        "get_resolver().url_patterns; from newsnotify.lib import sentences; "
        "print(json.dumps(list(sentences._known)))"
    )
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    run = [sys.executable, "-c", code]
    answer = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, check=True)  # noqa: S603 - ours
    known = set(json.loads(answer.stdout.splitlines()[-1]))
    assert set().union(*map(sentences_kept, modules())) - known == set()
