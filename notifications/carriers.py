"""Who carries what we send: one that fails again and again is left alone for a while.

A circuit breaker for each provider, kept in rows, so that all workers share it. After the pause
one delivery at a time tries whether it has recovered.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from newsnotify.lib.backoff import exponential
from notifications.models import Carrier

OPEN_AFTER = 20  # failures in a row
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=5)


def failing() -> dict[str, Carrier]:
    """Tell who has failed lately; who delivers is forgotten here."""
    return {carrier.name: carrier for carrier in Carrier.objects.all()}


def note(succeeded: set[str], failed: Mapping[str, tuple[int, str]], now: datetime) -> None:
    """Count failures by provider, with the last one's words; one success ends them."""
    if succeeded and (recovered := succeeded & failing().keys()):
        Carrier.objects.filter(name__in=recovered).delete()
    for name, (count, error) in failed.items():
        if name not in succeeded:
            _count(name, count, error, now)


def _count(name: str, count: int, error: str, now: datetime) -> None:
    carrier, _ = Carrier.objects.get_or_create(name=name)
    carrier = Carrier.objects.select_for_update().filter(pk=carrier.pk).first() or carrier
    if carrier.paused_until and carrier.paused_until > now:
        return  # what was on its way when it was left alone
    # Many may fail at once: that is one reason to pause, not many.
    carrier.failures = carrier.failures + 1 if carrier.paused_until else carrier.failures + count
    if carrier.failures >= OPEN_AFTER:
        if carrier.paused_until is None:
            carrier.failures = OPEN_AFTER
        pauses = carrier.failures - OPEN_AFTER + 1
        carrier.paused_until = now + exponential(pauses, first=FIRST_PAUSE, ceiling=LONGEST_PAUSE)
    Carrier.objects.filter(pk=carrier.pk).update(
        failures=carrier.failures, paused_until=carrier.paused_until, last_error=error[:500]
    )
