"""What mail services report of letters, written down: state, log, status, and the channel's fate.

Reports come late, twice and in any order, and before the worker has noted that a letter went.
What is final holds: a bounce after an arrival counts, an arrival after a bounce does not. A
report that is in the log already changes nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Coalesce

from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.sentences import gettext_noop
from notifications import failing, standing, unsubscribing
from notifications.models import Attempt, Channel, Delivery
from notifications.transports.base import Outcome, Result
from notifications.transports.mail_reports import Effect, Fate, Report

State = Delivery.State

BATCH = 50  # letters may have 200 deliveries each
MOST_LOGGED = 20  # reports of one service about one delivery
OLDEST, AHEAD = timedelta(days=30), timedelta(hours=1)  # other times are none of this letter's
SPAM = gettext_noop("Its mail program called a letter spam.")
STOPPED = gettext_noop("Stopped at the mail service.")
UNKNOWN, REPEATED = "unknown", "repeated"

_ALONE = re.compile(r"msg_(\d{1,18})")
_CODE = re.compile(r"code-(\d{1,18})-\w+")
_ON_ITS_WAY = {State.SENDING, State.RETRY, State.HELD, State.SENT, State.DEAD}
_BECOMES = {
    Fate.DELIVERED: (State.DELIVERED, _ON_ITS_WAY),
    Fate.COMPLAINED: (State.DELIVERED, _ON_ITS_WAY),
    Fate.FAILED: (State.DEAD, {State.SENDING, State.SENT}),
}
# Lost for now, a letter that is to be tried again is tried again.
_LOST = {State.SENDING, State.SENT, State.DELIVERED}
_RESULTS = {
    Effect.GOOD: Result.DELIVERED,
    Effect.FAILING: Result.FAILED,
    Effect.GONE: Result.GONE,
}
_DETAILS = {Effect.GONE: gettext_noop("The mail service says that there is nobody.")}

Key = tuple[int, str, datetime | None]


def take(reports: Sequence[Report], service: str, now: datetime) -> Counter[str]:
    """Write down what a service reports. Counts what it was; repeated and unknown are fine."""
    counted = Counter[str]()
    for start in range(0, len(reports), BATCH):
        batch = reports[start : start + BATCH]
        counted += repeated(lambda batch=batch: _Ledger(service, now).take(batch))  # type: ignore[misc]
    return counted


@dataclass
class _Ledger:
    """One transaction's letters, and what is to be written of them."""

    service: str
    now: datetime
    changed: dict[int, Delivery] = field(default_factory=dict)
    made: list[Attempt] = field(default_factory=list)
    heard: dict[tuple[int, Effect], failing.Heard] = field(default_factory=dict)

    @transaction.atomic
    def take(self, reports: Iterable[Report]) -> Counter[str]:
        counted = Counter[str]()
        reports = list(reports)
        self.letters = _letters({report.letter_id for report in reports})
        rows = {row.pk: row for several in self.letters.values() for row in several}
        standing.lock(row.notification_id for row in rows.values())
        self.known = self._known(rows)
        self.logged = Counter(pk for pk, _, _ in self.known)
        for report in reports:
            counted[self._take(report)] += 1
        self._write()
        return counted

    def _known(self, pks: Collection[int]) -> set[Key]:
        log = Attempt.objects.filter(delivery__in=pks, actor=self.service)
        return set(log.values_list("delivery_id", "result", "at"))

    def _take(self, report: Report) -> str:
        rows = self.letters.get(report.letter_id)
        if not rows:
            return report.fate if _note_on_code(report) else UNKNOWN
        news = [self._note(row, report) for row in rows]  # each of them, not up to the first
        return report.fate if any(news) else REPEATED

    def _note(self, row: Delivery, report: Report) -> bool:
        """Note a report of one delivery. Tells whether it was news."""
        at = _likely(report.at, self.now)
        key = (row.pk, str(report.fate), at)
        said = {(pk, fate) for pk, fate, _ in self.known} if at is None else set()
        if key in self.known or key[:2] in said:
            return False
        state = becomes(row, report)
        if state is None and self.logged[row.pk] >= MOST_LOGGED:
            return False
        self.known.add(key)
        self.logged[row.pk] += 1
        self.made.append(self._logged(row, report, at))
        if state:
            row.state = state
            row.reason = "" if state == State.DELIVERED else report.detail
            self.changed[row.pk] = row
        self._hear(row, report, is_changed=state is not None)
        return True

    def _logged(self, row: Delivery, report: Report, at: datetime | None) -> Attempt:
        return Attempt(
            delivery=row,
            at=at or self.now,
            result=report.fate,
            status_code=report.status_code,
            detail=report.detail,
            actor=self.service,
        )

    def _hear(self, row: Delivery, report: Report, *, is_changed: bool) -> None:
        channel = row.channel
        if channel is None or report.effect is Effect.NONE:
            return
        if report.recipient and report.recipient != channel.address:
            return  # it leads elsewhere by now
        if report.effect is Effect.GOOD and not is_changed:
            return
        detail = report.detail or _DETAILS.get(report.effect, "")
        result = _RESULTS.get(report.effect, Result.FAILED)
        outcome = Outcome(result, report.status_code, detail)
        self.heard[channel.pk, report.effect] = failing.Heard(channel, outcome)

    def _write(self) -> None:
        alike: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for row in self.changed.values():
            alike[row.state, row.reason].append(row.pk)
        for (state, reason), pks in alike.items():
            Delivery.objects.filter(pk__in=pks).update(
                state=state,
                reason=reason,
                due_at=None,
                lease="",  # a worker that has not noted yet that it went need not any more
                lost=0,
                ended_at=Coalesce("ended_at", self.now),
            )
        Attempt.objects.bulk_create(self.made, 1000)
        standing.note(row.notification_id for row in self.changed.values())
        self._tell_channels()

    def _tell_channels(self) -> None:
        heard: defaultdict[int, list[failing.Heard]] = defaultdict(list)
        for (pk, effect), each in sorted(self.heard.items(), key=lambda item: item[0]):
            if effect is Effect.SPAM:
                failing.disable(each.channel, SPAM, self.now)
            elif effect is Effect.STOPPED:
                unsubscribing.stop(each.channel, STOPPED)
            else:
                heard[pk].append(each)
        failing.note(heard, self.now)


def becomes(row: Delivery, report: Report) -> Delivery.State | None:
    """Tell which state a report brings a delivery to; None when it stays as it is."""
    if row.attempts == 0:  # made anew since: this is about the letter before
        return None
    if report.fate is Fate.BOUNCED:
        is_gone = report.effect is Effect.GONE
        earlier = _ON_ITS_WAY | {State.DELIVERED} if is_gone else _LOST
        return State.BOUNCED if row.state in earlier else None
    state, earlier = _BECOMES.get(report.fate, (None, set()))
    return state if row.state in earlier and row.state != state else None


def _letters(names: Collection[str]) -> dict[str, list[Delivery]]:
    """Lock the deliveries that went in these letters, and find them by letter."""
    alone = {int(match[1]): match[0] for name in names if (match := _ALONE.fullmatch(name))}
    parcels = set(names) - set(alone.values()) - {""}
    mail = Delivery.objects.filter(kind=Channel.Kind.EMAIL)
    pks = {*alone, *mail.filter(parcel__in=parcels).values_list("pk", flat=True)}
    held = mail.filter(pk__in=pks).order_by("pk").select_for_update()
    list(held.values_list("pk"))
    letters: defaultdict[str, list[Delivery]] = defaultdict(list)
    for row in mail.filter(pk__in=pks).order_by("pk").select_related("channel__user"):
        if row.pk in alone:
            letters[alone[row.pk]].append(row)
        if row.parcel in parcels:
            letters[row.parcel].append(row)
    return letters


def _note_on_code(report: Report) -> bool:
    """Note on a channel that the code for it did not get there. Tells whether it is there."""
    match = _CODE.fullmatch(report.letter_id)
    if match is None:
        return False
    asked = Channel.objects.filter(pk=int(match[1]), address=report.recipient, verified_at=None)
    if report.fate in {Fate.BOUNCED, Fate.FAILED}:
        return asked.update(last_error=report.detail or _DETAILS[Effect.GONE]) > 0
    return asked.exists()


def _likely(at: datetime | None, now: datetime) -> datetime | None:
    return at if at and now - OLDEST <= at <= now + AHEAD else None
