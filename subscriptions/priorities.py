"""How urgent news is, and sets of it as one number."""

from collections.abc import Iterable

from django.db import models


class Priority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Count the priorities below."""
        return list(Priority).index(self)

    def shifted(self, steps: int) -> "Priority":
        """Raise it by steps, or lower it; beyond the last there is none."""
        return list(Priority)[min(max(self.rank + steps, 0), len(Priority) - 1)]

    @property
    def bit(self) -> int:
        return 1 << self.rank


def bits(priorities: Iterable[str]) -> int:
    """Write a set of priorities as a number that a database can test one of them in."""
    return sum(Priority(name).bit for name in set(priorities))


def of_bits(number: int) -> list[str]:
    """List the priorities of a set, lowest first."""
    return [priority.value for priority in Priority if number & priority.bit]
