from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.tests.factories import make_user
from news.tests.factories import make_topic
from newsnotify.lib import counts
from notifications import ledger
from notifications.fanout import fan_out_due
from notifications.models import Delivery, Event, Notification
from notifications.tests.delivering import deliver, make_phone, notify
from notifications.tests.factories import make_event, make_followers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def event() -> Event:
    """Told to three, of whom one has a phone; and one was addressed besides."""
    topic, moment = make_topic(), now()
    users = make_followers(3, topic)
    make_phone(users[0])
    event = make_event(topic=topic, release_time=moment)
    fan_out_due(moment)
    notify(make_user(), moment, kind="push")
    deliver(moment)
    return event


def test_ledger_balances_when_everything_went_well(event: Event) -> None:
    found = ledger.check(now())
    assert (found.events, found.notifications, found.deliveries) == (2, 4, 2)
    assert found.difference == 0
    out = StringIO()
    call_command("ledger", stdout=out)
    assert out.getvalue().split()[-2:] == ["difference", "0"]


@pytest.mark.parametrize("what", ["notification", "delivery", "stuck", "undue", "zombie"])
def test_ledger_finds_what_is_missing(event: Event, what: str) -> None:
    deliveries = Delivery.objects.filter(state=Delivery.State.DELIVERED)
    if what == "notification":
        Notification.objects.filter(event=event, outcome="")[:1].get().delete()
    if what == "delivery":
        deliveries.delete()
    if what == "stuck":
        deliveries.update(state="retry", due_at=now() - timedelta(hours=1))
    if what == "undue":
        deliveries.update(state="pending")
    if what == "zombie":
        deliveries.update(due_at=now() + timedelta(hours=1))
    assert ledger.check(now()).difference == 1
    assert counts.LEDGER.collect()
    with pytest.raises(SystemExit):
        call_command("ledger", stdout=StringIO())


def test_dead_letters_are_sent_once_more_by_a_command(event: Event) -> None:
    Delivery.objects.filter(channel__isnull=False).update(state="dead", reason="broken")
    out = StringIO()
    call_command("replay_deliveries", "--list", stdout=out)
    assert "broken" in out.getvalue()
    for wrong in ([], ["--since", "soon"]):
        with pytest.raises(CommandError):
            call_command("replay_deliveries", *wrong)
    call_command("replay_deliveries", "--since", "2020-01-01T00:00", "--kind", "sms", stdout=out)
    assert out.getvalue().endswith("0 will be sent once more.\n")
    call_command("replay_deliveries", str(Delivery.objects.earliest("pk").pk), stdout=out)
    assert out.getvalue().endswith("1 will be sent once more.\n")
