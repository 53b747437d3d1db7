import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import make_user
from news.tests.factories import make_source, make_topic
from subscriptions.models import Subscription
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ann(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def test_topics_show_sources_and_followers_to_everybody(client: Client) -> None:
    topic = make_topic("boats", name="Boats at sea")
    make_source(topic=topic)
    make_subscription(make_user(), topic)
    page = client.get("/topics").content.decode()
    assert "Boats at sea" in page
    assert "1 source" in page
    assert "/account/signup?next=/topics" in page


def test_topics_say_what_to_do_when_nothing_is_followed(client: Client, ann: User) -> None:
    topic = make_topic()
    hint = "What would you like to hear about?"
    assert hint in client.get("/topics").content.decode()
    make_subscription(ann, topic)
    assert hint not in client.get("/topics").content.decode()


@pytest.mark.parametrize("kind", ["topics", "sources"])
def test_follow_and_leave_go_back_to_the_page_when_posted_as_plain_form(
    client: Client, ann: User, kind: str
) -> None:
    topic = make_topic("boats")
    path = "/topics/boats" if kind == "topics" else f"/sources/{make_source(topic=topic).pk}"
    for follow in ("1", "1", "0", "0"):  # each is fine to repeat
        response = client.post(f"{path}/follow", {"follow": follow, "next": f"/{kind}?topic=boats"})
        assert response.headers["Location"] == f"/{kind}?topic=boats"
        assert ann.subscriptions.count() == int(follow)


def test_follow_answers_with_its_button_when_htmx_asks(client: Client, ann: User) -> None:
    make_topic("boats")
    page = client.post("/topics/boats/follow", {"follow": "1"}, headers=HTMX).content.decode()
    assert 'aria-pressed="true"' in page
    assert "<html" not in page


def test_follow_leads_to_sign_in_when_signed_out(client: Client) -> None:
    make_topic("boats")
    sign_in = "/account/login?next=/topics/boats/follow"
    assert client.post("/topics/boats/follow").headers["Location"] == sign_in
    assert client.post("/topics/boats/follow", headers=HTMX).headers["HX-Redirect"] == sign_in


def test_follow_leads_to_the_list_when_sign_in_came_between(client: Client, ann: User) -> None:
    assert client.get("/topics/boats/follow").headers["Location"] == "/topics"
    assert not Subscription.objects.exists()


def test_follow_stays_on_this_site_when_next_names_another(client: Client, ann: User) -> None:
    make_topic("boats")
    response = client.post("/topics/boats/follow", {"follow": "1", "next": "//evil.example/"})
    assert response.headers["Location"] == "/topics"


def test_follow_is_not_found_when_source_is_somebody_elses(client: Client, ann: User) -> None:
    source = make_source(is_brought=True)
    make_subscription(make_user(), source)
    assert client.post(f"/sources/{source.pk}/follow", {"follow": "1"}).status_code == 404


def test_page_is_read_anew_when_a_brought_source_is_left(client: Client, ann: User) -> None:
    source = make_source(is_brought=True)
    make_subscription(ann, source)
    response = client.post(f"/sources/{source.pk}/follow", {"follow": "0"}, headers=HTMX)
    assert response.headers["HX-Refresh"] == "true"


def test_sources_keep_to_a_topic_and_tell_errors_to_editors_only(client: Client) -> None:
    error = "The server answered 503."
    boats = make_topic("boats")
    make_source(topic=boats, title="Circuit Weekly", failure_count=2, last_error=error)
    make_source(topic=make_topic("birds"), title="Final Whistle")
    page = client.get("/sources?topic=boats").content.decode()
    assert "Circuit Weekly" in page
    assert "Not answering" in page
    assert "Final Whistle" not in page
    assert "503" not in page
    client.force_login(make_user(role=Role.EDITOR))
    assert "503" in client.get("/sources").content.decode()
    assert client.get("/sources?topic=none").status_code == 404


def test_url_is_refused_next_to_its_field_when_it_is_none(client: Client, ann: User) -> None:
    response = client.post("/sources", {"url": "ftp://example.org/feed"})
    assert response.status_code == 400
    page = response.content.decode()
    assert 'id="id_url_error"' in page
    assert 'value="ftp://example.org/feed"' in page


def test_url_is_followed_at_once_when_the_source_is_known(client: Client, ann: User) -> None:
    source = make_source("https://a.example/feed", topic=make_topic(), title="Circuit Weekly")
    response = client.post("/sources", {"url": source.url}, follow=True)
    assert "You follow Circuit Weekly now." in response.content.decode()
    assert ann.subscriptions.get().source == source


def test_url_leads_to_sign_in_when_signed_out(client: Client) -> None:
    response = client.post("/sources", {"url": "https://a.example/feed"})
    assert response.headers["Location"].startswith("/account/login")


def test_subscriptions_list_what_is_followed(client: Client, ann: User) -> None:
    assert "You follow nothing yet" in client.get("/subscriptions").content.decode()
    make_subscription(ann, make_topic(name="Boats at sea"))
    make_subscription(ann, make_source(title="Circuit Weekly"))
    make_subscription(make_user(), make_topic(name="Gardening"))
    page = client.get("/subscriptions").content.decode()
    assert "Boats at sea" in page
    assert "Circuit Weekly" in page
    assert "Follow Gardening" not in page


def test_subscriptions_lead_to_sign_in_when_signed_out(client: Client) -> None:
    assert client.get("/subscriptions").headers["Location"] == "/account/login?next=/subscriptions"
