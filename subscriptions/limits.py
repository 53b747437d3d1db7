"""How many messages an hour, or any other span, a person wants on a kind of channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from subscriptions.timing import PASSES, Decision, Reason

MOST = 1000
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Limit:
    """So many messages within a span."""

    count: int
    span: timedelta

    @classmethod
    def read(cls, shown: Mapping[str, int]) -> "Limit":
        return cls(shown["count"], timedelta(minutes=shown["minutes"]))


def throttle(
    limit: Limit | None, *, priority: str, went_at: Collection[datetime], now: datetime
) -> Decision:
    """Decide whether one more message may go, or until when it waits to be part of a bundle.

    `went_at` is when messages went on channels of this kind; the latest `limit.count` of them
    are enough. All that waits goes as one message then, which counts as one. `critical` goes at
    once, and counts.
    """
    if limit is None or priority == PASSES:
        return Decision()
    counting = sorted(each for each in went_at if each > now - limit.span)
    if len(counting) < limit.count:
        return Decision()
    return Decision(Reason.LIMIT, counting[-limit.count] + limit.span)
