"""What a check says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    status: Literal["ok", "note", "FAIL"]
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.text}; {self.remedy}" if self.remedy else self.text


Check = Callable[[], Finding]


def fine(text: str) -> Finding:
    return Finding("ok", text)


def noted(text: str, remedy: str = "") -> Finding:
    """Say what is as it is meant to be, or may be; but somebody may not expect it."""
    return Finding("note", text, remedy)


def failed(text: str, remedy: str) -> Finding:
    return Finding("FAIL", text, remedy)
