"""What is said in two places, for tools that read only one of them."""

import re
import tomllib
from pathlib import Path

import pytest

from newsnotify.tests.processes import ROOT
from newsnotify.version import VERSION

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def wanted(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_project_wants_what_requirements_want() -> None:
    assert PROJECT["dependencies"] == wanted(ROOT / "requirements.in")


@pytest.mark.parametrize("extra", ["dev", "mysql", "kafka", "flower", "ses"])
def test_extra_wants_what_its_requirements_want(extra: str) -> None:
    assert PROJECT["optional-dependencies"][extra] == wanted(ROOT / f"requirements-{extra}.in")


@pytest.mark.parametrize("extra", ["dev", "mysql", "kafka", "flower", "ses"])
def test_pins_are_the_same_when_another_file_has_them_too(extra: str) -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line for line in lines if re.match(r"\w", line)}

    assert pins("requirements.txt") <= pins(f"requirements-{extra}.txt")


def test_version_is_the_project_s() -> None:
    assert PROJECT["version"] == VERSION
