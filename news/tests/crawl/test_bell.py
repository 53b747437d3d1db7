import pytest
from django.db import transaction

from news.crawl.bell import EVERY_SECONDS, Bell

pytestmark = pytest.mark.django_db(transaction=True)


class Rung(list[float]):
    """When a bell rang, by a clock that stands still until it is set."""

    now = 0.0

    def bell(self) -> Bell:
        return Bell(lambda: self.append(self.now), lambda: self.now)


def test_bell_rings_at_once_when_it_was_silent() -> None:
    rung = Rung()
    bell = rung.bell()
    bell.want()
    bell.ring(at_once=False)
    assert rung == [0]


def test_bell_rings_a_few_times_a_second_when_documents_come_in_a_stream() -> None:
    rung = Rung()
    bell = rung.bell()
    for step in range(100):
        rung.now = step * EVERY_SECONDS / 9.5
        bell.want()
        bell.ring(at_once=False)
    bell.ring(at_once=True)
    assert len(rung) == 11
    assert rung[-1] == rung.now


def test_bell_does_not_ring_when_the_transaction_is_undone_or_nothing_is_wanted() -> None:
    rung = Rung()
    bell = rung.bell()
    with transaction.atomic():
        bell.want()
        bell.ring(at_once=True)
        transaction.set_rollback(True)
    bell.ring(at_once=True)
    assert rung == []
