"""Plain mode over a real server: only notifications, each once."""

from collections.abc import Iterator

import pytest
from django.utils.timezone import now

from notifications import cursors, selectors, services
from notifications.models import Notification
from notifications.realtime.hub import Limits
from notifications.tests.realtime.making import person, tell
from notifications.tests.realtime.sockets import close_code, frame, messages, opened, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[False, True], ids=["transport", "asgi"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways to a socket: uvicorn's transport, and ASGI where compression is on."""
    with serving(Limits(connections_per_user=2), ws_per_message_deflate=request.param) as url:
        yield url


def test_socket_gets_the_notification_and_nothing_around_it_when_one_is_made(url: str) -> None:
    ann = person()
    with opened(url, ann) as socket:
        made = tell(ann, "Rain", title="Weather", data={"degrees": 12})
        shown = frame(socket)

    assert (shown["id"], shown["title"], shown["message"]) == (made.pk, "Weather", "Rain")
    assert shown["read"] is False
    assert shown["metadata"] == {"degrees": 12}


def test_socket_gets_each_notification_once_when_many_are_made(url: str) -> None:
    ann = person()
    told = [f"{number}" for number in range(30)]
    with opened(url, ann) as socket:
        for message in told:
            tell(ann, message)
        assert messages(socket, 30) == told


def test_socket_gets_nothing_of_what_was_before_it_when_it_names_no_cursor(url: str) -> None:
    ann = person()
    tell(ann, "before")
    with opened(url, ann) as socket:
        tell(ann, "after")
        assert messages(socket, 1) == ["after"]


def test_socket_gets_nothing_of_others_when_they_are_told(url: str) -> None:
    ann, bob = person(), person("bob@example.org")
    with opened(url, ann) as socket:
        tell(bob, "for Bob")
        tell(ann, "for Ann")
        assert messages(socket, 1) == ["for Ann"]


def test_socket_gets_nothing_again_when_it_is_read_elsewhere(url: str) -> None:
    ann = person()
    with opened(url, ann) as socket:
        tell(ann, "first")
        assert messages(socket, 1) == ["first"]
        services.mark_read(user=ann, now=now())
        tell(ann, "second")
        assert messages(socket, 1) == ["second"]


def test_two_tabs_get_the_same_when_one_notification_is_made(url: str) -> None:
    ann = person()
    with opened(url, ann) as first, opened(url, ann) as second:
        tell(ann, "Rain")
        assert frame(first) == frame(second)


def test_socket_gets_what_it_missed_and_then_what_is_new_when_it_resumes(url: str) -> None:
    ann = person()
    with opened(url, ann) as socket:
        tell(ann, "seen")
        cursor = frame(socket)["cursor"]
    tell(ann, "missed")
    tell(ann, "missed too")
    with opened(url, ann, f"&since={cursor}") as socket:
        tell(ann, "new")
        assert messages(socket, 3) == ["missed", "missed too", "new"]


def test_cursor_of_a_frame_skips_nothing_when_it_was_read_elsewhere_meanwhile(url: str) -> None:
    ann = person()
    first = tell(ann, "first")
    tell(ann, "second")
    services.mark_read(user=ann, now=now(), ids=[first.pk])
    with opened(url, ann, f"&since={cursors.encode(0)}") as socket:
        cursor = frame(socket)["cursor"]
    with opened(url, ann, f"&since={cursor}") as socket:
        assert messages(socket, 1) == ["second"]


def test_socket_goes_on_live_when_its_cursor_is_from_the_future(url: str) -> None:
    ann = person()
    tell(ann, "before")
    with opened(url, ann, f"&since={cursors.encode(10**6)}") as socket:
        tell(ann, "after")
        assert messages(socket, 1) == ["after"]


def test_socket_resumes_over_many_pages_when_much_was_missed(url: str) -> None:
    ann = person()
    told = [f"{number} " + "x" * 20_000 for number in range(60)]
    for message in told:
        tell(ann, message)
    with opened(url, ann, f"&since={cursors.encode(0)}") as socket:
        tell(ann, "live")
        assert messages(socket, 61) == [*told, "live"]


def test_socket_is_closed_with_4501_when_its_cursor_is_none_of_ours(url: str) -> None:
    with opened(url, person(), "&since=yesterday") as socket:
        assert close_code(socket) == 4501


def test_socket_is_closed_with_4504_when_its_user_has_too_many(url: str) -> None:
    ann = person()
    with opened(url, ann), opened(url, ann), opened(url, ann) as third:
        assert close_code(third) == 4504


def test_socket_may_be_opened_when_another_of_the_same_user_was_closed(url: str) -> None:
    ann = person()
    with opened(url, ann) as kept:
        with opened(url, ann):
            pass
        with opened(url, ann) as fresh:
            tell(ann, "Rain")
            assert frame(kept) == frame(fresh)


@pytest.mark.parametrize("said", ["{", b"\x00", '{"type": "mark", "all": true}'])
def test_socket_is_not_heard_when_it_speaks_in_plain_mode(url: str, said: str | bytes) -> None:
    ann = person()
    with opened(url, ann) as socket:
        socket.send(said)
        tell(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]
    assert selectors.unread_count(ann) == 1


def test_socket_is_closed_with_4501_when_it_says_too_much_at_once(url: str) -> None:
    with opened(url, person()) as socket:
        socket.send("x" * 100_000)
        assert close_code(socket) == 4501


def test_socket_gets_the_others_when_an_event_is_gone(url: str) -> None:
    ann = person()
    gone = tell(ann, "gone")
    tell(ann, "there")
    Notification.objects.get(pk=gone.pk).event.delete()
    with opened(url, ann, f"&since={cursors.encode(0)}") as socket:
        assert messages(socket, 1) == ["there"]
