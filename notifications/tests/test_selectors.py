import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.tests.factories import make_user
from news.tests.factories import NOW
from notifications import selectors, services
from notifications.tests.factories import tell

pytestmark = pytest.mark.django_db


def test_selectors_tell_of_nothing_when_there_is_no_inbox_yet() -> None:
    user = make_user()
    assert selectors.unread_count(user) == 0
    assert selectors.revision_of(user.pk) == 0
    assert selectors.revisions_of([user.pk]) == {}
    assert not selectors.notifications_of(user).exists()


def test_selectors_tell_of_the_user_who_is_asked_for() -> None:
    ann, bob = make_user(), make_user()
    first, second, other = tell(ann), tell(ann), tell(bob)
    services.mark_read(user=ann, now=NOW, ids=[first.pk])
    assert set(selectors.notifications_of(ann)) == {first, second}
    assert set(selectors.notifications_of(bob)) == {other}
    assert selectors.unread_count(ann) == 1
    assert selectors.revision_of(ann.pk) == 3
    assert selectors.revisions_of([ann.pk, bob.pk, 0]) == {ann.pk: 3, bob.pk: 1}


def test_notifications_come_with_what_showing_them_needs(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user()
    names = {str(tell(user).event.topic) for _ in range(2)}
    with django_assert_num_queries(2):
        assert {str(row.event.topic) for row in selectors.notifications_of(user)} == names
