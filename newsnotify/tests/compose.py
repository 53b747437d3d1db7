"""The compose files as tests read them: merged as `docker compose -f … -f …` merges them."""

import re
from typing import Any

import yaml

from newsnotify.tests.processes import ROOT

_RESET: dict[str, Any] = {}  # what `!reset` leaves of a value


class _Loader(yaml.SafeLoader):
    """YAML with compose's own tag."""


_Loader.add_constructor("!reset", lambda *_: _RESET)


def text(name: str) -> str:
    return (ROOT / name).read_text()


def read(*names: str) -> dict[str, Any]:
    """Merge files as compose does: maps by key, lists one after the other, the rest replaced."""
    merged: dict[str, Any] = {}
    for name in names:
        merged = _merge(merged, yaml.load(text(name), _Loader))  # noqa: S506 - a safe loader
    return merged


def _merge(below: Any, above: Any) -> Any:
    if above is _RESET:
        return []
    if isinstance(below, dict) and isinstance(above, dict):
        return {key: _merged(key, below, above) for key in below | above}
    if isinstance(below, list) and isinstance(above, list):
        return [*below, *(item for item in above if item not in below)]
    return above


def _merged(key: str, below: dict[str, Any], above: dict[str, Any]) -> Any:
    if key not in above:
        return below[key]
    return _merge(below[key], above[key]) if key in below else _merge(None, above[key])


def interpolated(text: str) -> set[str]:
    """Name the variables that stand in a compose file."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text))


def resolve(value: str, **variables: str) -> str:
    """Put variables into a value of a compose file; raises KeyError for one that it insists on."""
    pattern = re.compile(r"\$\{([A-Z_]+)(:?[-?])?((?:[^{}]|\$\{[^{}]*\})*)\}")

    def put(match: re.Match[str]) -> str:
        name, operator, rest = match[1], match[2] or "-", match[3]
        if name in variables and (variables[name] or ":" not in operator):
            return variables[name]
        if "?" in operator:
            raise KeyError(f"{name}: {rest}")
        return resolve(rest, **variables)

    return pattern.sub(put, value).replace("$$", "$")
