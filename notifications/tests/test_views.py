from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import make_article, make_source, make_topic
from notifications import cursors, selectors
from notifications.tests.realtime.making import tell_silently as tell
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ann(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_home_shows_headlines_and_topics_when_signed_out(client: Client) -> None:
    topic = make_topic("boats", name="Boats at sea")
    make_article(make_source(topic=topic, title="Circuit Weekly"), "The open router")
    page = text_of(client, "/")
    for part in ("The open router", "Circuit Weekly", "Boats at sea", "/account/signup"):
        assert part in page


def test_home_keeps_room_for_others_when_one_source_is_busy(client: Client) -> None:
    quiet, busy = (make_source(topic=make_topic()) for _ in range(2))
    make_article(quiet, "From the quiet one")
    for number in range(20):
        make_article(busy, f"Busy {number}")
    page = text_of(client, "/")
    assert "From the quiet one" in page
    assert page.count("Busy ") == 2


def test_home_looks_again_by_itself_when_there_is_nothing_yet(client: Client) -> None:
    page = text_of(client, "/")
    assert "The first crawl is under way" in page
    assert 'hx-trigger="every 5s"' in page
    assert 'http-equiv="refresh"' in page  # inside noscript


def test_home_shows_no_news_when_house_is_closed(client: Client, settings: LazySettings) -> None:
    settings.REQUIRE_LOGIN = True
    make_article(make_source(topic=make_topic()), "The open router")
    assert "The open router" not in text_of(client, "/")


def test_home_is_the_inbox_when_signed_in(client: Client, ann: User) -> None:
    tell(ann, "Hello")
    assert "Hello" in text_of(client, "/")


def test_inbox_shows_what_a_notification_has(client: Client, ann: User) -> None:
    topic = make_topic(name="Boats at sea")
    event: dict[str, Any] = {"priority": "critical", "category": "alert", "topic": topic}
    tell(ann, "Gusts up to 120 km/h.", title="Storm <warning>", **event)
    tell(make_user(), "Not for Ann")
    page = text_of(client, "/inbox").split("<template")[0]
    for part in ("Storm &lt;warning&gt;", "Gusts", "Critical", "alert", "Boats at sea"):
        assert part in page
    assert "Not for Ann" not in page


def test_inbox_gives_its_socket_the_cursor_and_the_count_it_was_made_with(
    client: Client, ann: User
) -> None:
    tell(ann, "One")
    tell(ann, "Two")
    page = text_of(client, "/inbox")
    assert f'data-since="{cursors.encode(2)}"' in page
    assert 'data-count="2"' in page


def test_inbox_begins_at_the_first_cursor_when_nothing_ever_came(client: Client, ann: User) -> None:
    assert f'data-since="{cursors.encode(0)}"' in text_of(client, "/inbox")


def test_inbox_says_what_to_do_when_empty(client: Client, ann: User) -> None:
    assert "waiting for something to follow" in text_of(client, "/inbox")
    make_subscription(ann, make_topic())
    assert "Nothing new yet" in text_of(client, "/inbox")
    assert "All caught up" in text_of(client, "/inbox?show=unread")


def test_unread_filter_leaves_out_what_was_read(client: Client, ann: User) -> None:
    first = tell(ann, "Read already")
    tell(ann, "Still new")
    client.post("/inbox/read", {"notification": first.pk, "read": "1"})
    page = text_of(client, "/inbox?show=unread")
    assert "Still new" in page
    assert "Read already" not in page


def test_older_link_shows_each_notification_once(client: Client, ann: User) -> None:
    told = [tell(ann, f"Message {number}").pk for number in range(35)]
    first = client.get("/inbox")
    second = client.get(f"/inbox?before={first.context['older']}")
    shown = [row.pk for page in (first, second) for row in page.context["notifications"]]
    assert shown == told[::-1]
    assert "<template" not in second.content.decode()  # what is new is not for an older page


@pytest.mark.parametrize("query", ["show=some", "before=x", f"before={'9' * 30}", "before=0"])
def test_inbox_is_not_found_when_the_address_asks_for_nonsense(
    client: Client, ann: User, query: str
) -> None:
    assert client.get(f"/inbox?{query}").status_code == 404


def test_inbox_asks_the_database_a_few_times_when_it_is_full(
    client: Client, ann: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        topic = make_topic()
        source = make_source(topic=topic)
        tell(ann, "News", topic=topic, source=source, article=make_article(source))
    client.get("/topics")  # the first page of a session makes it known as a sign-in
    with django_assert_max_num_queries(7):
        client.get("/inbox")


def test_inbox_leads_to_sign_in_when_signed_out(client: Client) -> None:
    assert client.get("/inbox").headers["Location"] == "/account/login?next=/inbox"


def test_opening_marks_read_and_leads_to_the_article_when_there_is_one(
    client: Client, ann: User
) -> None:
    article = make_article(make_source(topic=make_topic()))
    notification = tell(ann, "News", article=article, url="https://a.example/1")
    location = client.get(f"/inbox/{notification.pk}").headers["Location"]
    assert location == f"/articles/{article.pk}"
    assert selectors.unread_count(ann) == 0


def test_opening_leads_to_the_url_when_the_article_is_out_of_sight(
    client: Client, ann: User
) -> None:
    article = make_article(make_source())
    notification = tell(ann, "News", article=article, url="https://a.example/1")
    assert client.get(f"/inbox/{notification.pk}").headers["Location"] == "https://a.example/1"


def test_opening_shows_the_message_when_it_leads_nowhere(client: Client, ann: User) -> None:
    notification = tell(ann, "All of the message.")
    assert "All of the message." in text_of(client, f"/inbox/{notification.pk}")


def test_opening_is_not_found_when_notification_is_somebody_elses(
    client: Client, ann: User
) -> None:
    bob = make_user()
    notification = tell(bob, "For Bob")
    assert client.get(f"/inbox/{notification.pk}").status_code == 404
    data = {"notification": notification.pk, "read": "1"}
    assert client.post("/inbox/read", data).status_code == 404
    assert selectors.unread_count(bob) == 1


def test_marking_goes_back_to_the_page_when_posted_as_plain_form(client: Client, ann: User) -> None:
    notification = tell(ann, "News")
    data = {"notification": notification.pk, "next": "/inbox?show=unread"}
    response = client.post("/inbox/read", {**data, "read": "1"})
    assert response.headers["Location"] == "/inbox?show=unread"
    assert selectors.unread_count(ann) == 0
    client.post("/inbox/read", {**data, "read": "0"})
    assert selectors.unread_count(ann) == 1


def test_marking_answers_with_row_and_badge_when_htmx_asks(client: Client, ann: User) -> None:
    notification = tell(ann, "News")
    tell(ann, "More")
    data = {"notification": notification.pk, "read": "1"}
    page = client.post("/inbox/read", data, headers=HTMX).content.decode()
    assert page.startswith('<li class="notification"')
    assert 'data-count="1" hx-swap-oob="true"' in page


def test_marking_all_reads_the_whole_inbox_of_one_person(client: Client, ann: User) -> None:
    bob = make_user()
    for user in (ann, ann, bob):
        tell(user, "News")
    client.post("/inbox/read", {"all": "1", "read": "1"})
    assert selectors.unread_count(ann) == 0
    assert selectors.unread_count(bob) == 1


@pytest.mark.parametrize(
    "data", [{}, {"read": "1"}, {"all": "1"}, {"notification": "x", "read": "1"}]
)
def test_marking_is_refused_when_it_does_not_say_what(
    client: Client, ann: User, data: dict[str, str]
) -> None:
    tell(ann, "News")
    assert client.post("/inbox/read", data).status_code == 400
    assert selectors.unread_count(ann) == 1
