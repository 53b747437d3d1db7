"""What apps above do when something below changes, which cannot import them."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Followers(Generic[T]):
    """Those who want to hear of one kind of change."""

    def __init__(self) -> None:
        self._all: list[Callable[[T], object]] = []

    def follow(self, do: Callable[[T], object]) -> None:
        """Have something done at every change; again is fine."""
        if do not in self._all:
            self._all.append(do)

    def tell(self, what: T) -> None:
        for do in self._all:
            do(what)
