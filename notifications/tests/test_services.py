import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import NOW
from notifications import services
from notifications.models import Inbox, Notification, Place
from notifications.tests.factories import tell

pytestmark = pytest.mark.django_db


def inbox(user: User) -> tuple[int, int]:
    return Inbox.objects.values_list("revision", "unread").get(user=user)


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def rows(user: User) -> list[Notification]:
    """Three notifications: the inbox stands at revision 3 with 3 unread."""
    return [tell(user) for _ in range(3)]


def test_mark_read_counts_down_and_raises_the_revision_once(
    user: User, rows: list[Notification]
) -> None:
    assert services.mark_read(user=user, now=NOW, ids=[rows[0].pk, rows[2].pk]) == 2
    assert inbox(user) == (4, 1)
    for row in rows:
        row.refresh_from_db()
    assert [row.is_unread for row in rows] == [False, True, False]
    assert [row.revision for row in rows] == [4, 2, 4]
    assert [row.created_revision for row in rows] == [1, 2, 3]
    assert [row.read_at for row in rows] == [NOW, None, NOW]


def test_mark_read_changes_nothing_when_it_is_repeated(
    user: User, rows: list[Notification]
) -> None:
    services.mark_read(user=user, now=NOW, ids=[rows[0].pk])
    assert services.mark_read(user=user, now=NOW, ids=[rows[0].pk]) == 0
    assert inbox(user) == (4, 2)


def test_mark_read_means_all_when_no_ids_are_given(user: User, rows: list[Notification]) -> None:
    assert services.mark_read(user=user, now=NOW) == len(rows)
    assert inbox(user) == (4, 0)


def test_mark_read_means_none_when_the_list_of_ids_is_empty(
    user: User, rows: list[Notification]
) -> None:
    assert services.mark_read(user=user, now=NOW, ids=[]) == 0
    assert inbox(user) == (3, len(rows))


def test_mark_unread_counts_up_and_forgets_the_time(user: User, rows: list[Notification]) -> None:
    services.mark_read(user=user, now=NOW)
    assert services.mark_read(user=user, now=NOW, ids=[rows[1].pk], read=False) == 1
    rows[1].refresh_from_db()
    assert (rows[1].is_unread, rows[1].read_at, rows[1].revision) == (True, None, 5)
    assert inbox(user) == (5, 1)


def test_mark_read_leaves_the_notifications_of_others_alone(
    user: User, rows: list[Notification]
) -> None:
    stranger = make_user()
    tell(stranger)
    assert services.mark_read(user=stranger, now=NOW, ids=[row.pk for row in rows]) == 0
    assert services.archive(user=stranger, ids=[rows[0].pk]) == 0
    services.change(user=stranger, pk=rows[0].pk, now=NOW, read=True, archived=True)
    assert inbox(user) == (3, 3)
    assert inbox(stranger) == (1, 1)


def test_services_change_nothing_when_there_is_no_inbox_yet(user: User) -> None:
    assert services.mark_read(user=user, now=NOW) == 0
    assert services.archive(user=user, ids=[1]) == 0
    services.change(user=user, pk=1, now=NOW, read=True)
    assert not Inbox.objects.exists()


def test_archive_takes_what_is_unread_out_of_the_count(
    user: User, rows: list[Notification]
) -> None:
    services.mark_read(user=user, now=NOW, ids=[rows[0].pk])
    assert services.archive(user=user, ids=[row.pk for row in rows[:2]]) == 2
    assert inbox(user) == (5, 1)
    assert services.archive(user=user, ids=[rows[0].pk]) == 0
    assert inbox(user) == (5, 1)
    assert services.archive(user=user, ids=[row.pk for row in rows], archived=False) == 2
    assert inbox(user) == (6, 2)


def test_unread_count_stays_when_what_is_read_is_archived(
    user: User, rows: list[Notification]
) -> None:
    services.archive(user=user, ids=[rows[0].pk])
    services.mark_read(user=user, now=NOW)
    assert inbox(user)[1] == 0
    services.archive(user=user, ids=[rows[0].pk], archived=False)
    assert inbox(user)[1] == 0


def test_change_does_what_is_named_and_nothing_else(user: User, rows: list[Notification]) -> None:
    services.change(user=user, pk=rows[0].pk, now=NOW, read=True, archived=True)
    services.change(user=user, pk=rows[1].pk, now=NOW, archived=True)
    services.change(user=user, pk=rows[2].pk, now=NOW)
    states = Notification.objects.order_by("id").values_list("is_unread", "place")
    assert list(states) == [(False, Place.ARCHIVED), (True, Place.ARCHIVED), (True, Place.INBOX)]
    assert inbox(user) == (6, 1)
