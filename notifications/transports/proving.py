"""Transports whose addresses have to be proved: a code goes there before anything else does."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from notifications.transports.base import Outcome, Transport


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent to an address to learn whether it is its owner's."""

    id: str  # the same on every repetition
    address: Mapping[str, Any]
    code: str
    link: str  # does the same as the code
    language: str
    minutes: int  # how long they are good


class ProvingTransport(Transport):
    needs_proof: ClassVar[bool] = True

    @abstractmethod
    async def ask(self, question: Question) -> Outcome:
        """Send a code to an address that is not proved yet, in as few words as possible."""
