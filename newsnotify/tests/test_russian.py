"""What a Russian reads: no English on any page and in no refusal, whatever rows hold."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import LazySettings
from django.test import Client
from django.utils.timezone import now
from lxml import etree, html  # type: ignore[import-untyped]

from accounts import links, sign_ins
from accounts.links import Kind
from accounts.models import Role, User
from accounts.sign_ins import Origin
from accounts.tests.factories import client_of, make_passkey, make_user
from news.models import Fetch, Source
from news.tests.factories import make_article, make_source, make_topic
from newsnotify.lib.outbound.errors import unreachable
from newsnotify.lib.outbound_policy import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server
from newsnotify.tests.processes import ROOT
from newsnotify.tests.test_page_access import PAGES
from notifications import channels, summaries, unsubscribing
from notifications.models import Notification
from notifications.tests.delivering import deliver, make_webhook, notify
from notifications.tests.factories import tell
from subscriptions.models import RuleAction, Subscription
from subscriptions.preferences import set_preferences
from subscriptions.rules import make_rule
from subscriptions.services import follow_query

pytestmark = pytest.mark.django_db

LADDER = [
    {"channel": "push", "after": "20s"},
    {"channel": "email", "after": "10m", "min_priority": "medium"},
    {"channel": "sms", "after": "2h", "min_priority": "high"},
    {"channel": "webhook", "after": "1d", "min_priority": "critical"},
]
QUERIES = ('луна -"солнечный свет"', "title:лун* OR source:наука OR topic:физика", '"вода на*"')
LINE = (
    "in-app now, push after 20 s, e-mail after 10 min if medium, SMS after 2 h if high, "
    "webhook after 1 d if critical"
)
ATTRIBUTES = ("aria-label", "title", "placeholder", "alt")
# Words of English together; a single one is found where it is a whole text of ours.
ENGLISH = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?(?:,? [A-Za-z]+(?:['’][a-z]+)?)+")
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture(scope="module")
def catalogue() -> dict[str, str]:
    """Give what is said in Russian by what is said in English."""
    with (ROOT / "locale/ru/LC_MESSAGES/django.po").open("rb") as file:
        pairs = [(message.id, message.string) for message in read_po(file, "ru") if message.id]
    plain = {str(a): str(b) for a, b in pairs if isinstance(a, str)}
    several = {a[0]: " ".join(b or ()) for a, b in pairs if isinstance(a, tuple)}
    return {**plain, **several}


@pytest.fixture
def anna() -> User:
    return make_user("anna@example.org", Role.EDITOR, name="Анна", language="ru")


@pytest.fixture
def rows(anna: User) -> dict[str, Any]:
    """Furnish all her pages with Russian content, and rows with sentences of ours in English."""
    topic = make_topic("own", name="Наука")
    source = _failing(make_source(topic=topic, title="Вестник"))
    article = make_article(source, "Вода на Луне", now(), own_summary="Её нашли.")
    told = tell(anna, topic=topic, title="Вода на Луне", message="Её нашли.", priority="high")
    burst = tell(anna, topic=topic, source=source, **summaries.texts_of("Вестник", 25))
    Subscription.objects.filter(user=anna).update(min_priority=2)
    wishes = [follow_query(user=anna, query=query)[0] for query in QUERIES]
    wishes[0].muted_until = now() + timedelta(days=1)
    wishes[0].save()
    rules = [make_rule(user=anna, query=q, action=a)[0] for q in QUERIES for a in RuleAction.values]
    channel, _ = channels.add(user=anna, kind="email", given={"address": "a@b.org"}, now=now())
    return {
        "channel": channel.pk,
        "channel_token": "x",
        "stop_token": unsubscribing.link(channel).partition("token=")[2],
        "article": article.pk,
        "topic": topic.slug,
        "source": source.pk,
        "subscription": wishes[0].pk,
        "rule": rules[0].pk,
        "sign_in": sign_ins.begin(user=anna, origin=Origin()).pk,
        "passkey": make_passkey(anna).pk,
        "verify_token": links.token(Kind.VERIFY, anna),
        "reset_token": links.token(Kind.RESET_PASSWORD, anna),
        "notification": told.pk,
        "burst": burst.pk,
    }


def _failing(source: Source) -> Source:
    reason = str(unreachable("feeds.example", 443, ConnectionRefusedError(111, "refused")))
    source.last_error, source.failure_count = reason, 3
    source.save()
    times = {"started_at": now(), "duration_ms": 5, "next_fetch_at": now()}
    Fetch.objects.create(source=source, outcome="failed", error=reason, **times)
    return source


def shown_to(user: User, path: str, **asked: str) -> Any:
    client = Client(headers={"Accept-Language": "ru"})
    client.force_login(user)
    return client.get(path, asked or None)


def texts(page: bytes) -> Iterator[str]:
    """Give every text that people see or hear, but those that are somebody's own."""
    root = html.fromstring(page)
    etree.strip_elements(root, "script", "style", "template", with_tail=False)
    for place in root.xpath("//select[@name='timezone']/option | //*[@translate='no']"):
        place.text = ""
    for element in root.iter(etree.Element):
        yield from filter(None, (element.text, element.tail))
        yield from (element.get(name) for name in ATTRIBUTES if element.get(name))


def english_in(page: bytes, catalogue: dict[str, str]) -> list[str]:
    meant = set(ENGLISH.findall(" | ".join(catalogue.values())))
    found = []
    for text in (" ".join(text.split()) for text in texts(page)):
        if catalogue.get(text, text) != text:
            found.append(text)
        for own in (*QUERIES, LINE):
            text = text.replace(own, "")
        runs = [run for run in ENGLISH.findall(text) if run not in meant]
        found += [run for run in runs if any(word.islower() for word in run.split())]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_english_on_it(
    anna: User, rows: dict[str, Any], catalogue: dict[str, str], page: str
) -> None:
    set_preferences(user=anna, changes={"delivery": {"ladder": LADDER}})
    response = shown_to(anna, "/" + page.format(**rows))
    if response.status_code == 302 or "html" not in response.headers["Content-Type"]:
        return  # a form's address, or a file
    assert CYRILLIC.search(response.content.decode())
    assert english_in(response.content, catalogue) == []


SENT = {"channel": "email", "after": "10m"}
REFUSALS: list[tuple[str, str, Any]] = [
    ("POST", "subscriptions", {"kind": "keyword", "query": "луна (свет"}),
    ("POST", "subscriptions", {"kind": "keyword", "query": "-луна"}),
    ("POST", "subscriptions", {"kind": "keyword", "query": "host:луна"}),
    ("POST", "subscriptions", {"kind": "keyword", "query": "л*"}),
    ("POST", "subscriptions", {"kind": "keyword", "query": "луна OR"}),
    ("POST", "subscriptions", {"kind": "topic"}),
    ("POST", "subscriptions", {"kind": "topic", "topic": "own", "channels": [999]}),
    ("POST", "subscriptions", {"kind": "source", "url": "ftp://a.example/"}),
    ("POST", "subscriptions", {"kind": "source", "url": "http://127.0.0.1:1/"}),
    ("POST", "subscriptions/bulk", {"follow": [{"kind": "source", "url": "https://a.example"}]}),
    ("POST", "subscriptions/preview", {"kind": "keyword", "query": '"луна'}),
    ("POST", "rules", {"query": "луна)", "action": "read"}),
    ("PATCH", "preferences", {"topic": ["nowhere"]}),
    ("PATCH", "preferences", {"priority": ["urgent"]}),
    ("PATCH", "preferences", {"language": "xx"}),
    ("PATCH", "preferences", {"delivery": {"timezone": "Mars/Base"}}),
    ("PATCH", "preferences", {"delivery": {"quiet_hours": {"from": "25:00", "until": "7"}}}),
    ("PATCH", "preferences", {"delivery": {"digest": {"mode": "yearly"}}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "fax now"}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "e-mail after a while"}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "e-mail after 8 d"}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "e-mail now if urgent"}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "in-app after 5 s"}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "what"}}),
    ("PATCH", "preferences", {"delivery": {"ladder": "x" * 501}}),
    ("PATCH", "preferences", {"delivery": {"ladder": [SENT, SENT]}}),
    ("PATCH", "preferences", {"delivery": {"limits": {"fax": {"count": 1, "minutes": 1}}}}),
    ("POST", "channels", {"kind": "fax"}),
    ("POST", "channels", {"kind": "email", "address": "nobody"}),
    ("POST", "channels", {"kind": "webhook"}),
    ("POST", "channels", {"kind": "webhook", "url": "https://10.0.0.1/x"}),
    ("POST", "channels", {"kind": "mock", "token": ""}),
    ("POST", "channels", {"kind": "chat", "url": "json://10.0.0.1"}),
    ("POST", "channels/{channel}/verify", {"code": "000000"}),
    ("POST", "channels/{channel}/test", None),
    ("POST", "channels/{channel}/secret", None),
    ("GET", "channels/{channel}/outbox", None),
    ("GET", "channels/{channel}/messages?since=x", None),
    ("POST", "notifications", {"user_id": "other@example.org", "message": "Привет"}),
    ("POST", "notifications/read", {}),
    ("PATCH", "notifications/{notification}/status", {"status": "queued"}),
    ("GET", "articles?page=x", None),
    ("GET", "articles?limit=1000", None),
    ("GET", "articles?anchor=x", None),
    ("GET", "articles?since=x", None),
    ("POST", "deliveries/replay", {}),
    ("POST", "sources/import", {"file": "<html/>"}),
    ("POST", "sources/{source}/crawl", {"force": True}),
    ("POST", "events", {"title": "Сбой", "message": "Сбой"}),
    ("GET", "audit", None),
    ("GET", "nowhere", None),
    ("POST", "auth/token", {"email": "a@example.org", "password": "x"}),
    ("POST", "auth/token", {}),
    ("POST", "auth/refresh", {"refresh_token": "x"}),
]


def said_in(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        for name, value in answer.items():
            is_for_programs = name == "code" and isinstance(value, str)
            yield from () if is_for_programs else said_in(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from said_in(value)
    else:
        yield str(answer)


@pytest.mark.parametrize(("method", "path", "body"), REFUSALS)
def test_refusal_speaks_the_language_of_the_request(
    anna: User, rows: dict[str, Any], method: str, path: str, body: Any
) -> None:
    client = client_of(anna)
    for language in ("en", "ru"):
        answer = client.generic(
            method,
            f"/api/v1/{path.format(**rows)}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"Accept-Language": language},
        )
        assert 400 <= answer.status_code < 500, answer.content
        texts = list(said_in(answer.json()))
        assert texts
        assert all(bool(CYRILLIC.search(text)) for text in texts) is (language == "ru"), texts


def test_row_keeps_english_and_its_reader_has_his_language(
    anna: User, settings: LazySettings, catalogue: dict[str, str]
) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server(lambda _: Answer(status=404)) as server:
        channel, _secret = make_webhook(anna, server)
        row = notify(anna)
        deliver()
    channel.refresh_from_db()
    assert channel.last_error == "It answered 404 Not Found."
    said = "Получен ответ 404 Not Found."
    page = shown_to(anna, "/settings/channels").content.decode()
    why = shown_to(anna, f"/inbox/{row.pk}/why").content.decode()
    assert said in page
    assert said in why
    api = client_of(anna)
    for language, shown in (("ru", said), ("en", channel.last_error)):
        headers = {"Accept-Language": language}
        answer = api.get(f"/api/v1/channels/{channel.pk}", headers=headers)
        assert answer.json()["last_error"] == shown


def test_many_articles_at_once_are_told_in_the_language_of_each(
    anna: User, rows: dict[str, Any]
) -> None:
    page = shown_to(anna, f"/inbox/{rows['burst']}/why").content.decode()
    assert "Вестник — новых статей: 25" in page
    answer = client_of(anna).get(f"/api/v1/notifications/{rows['burst']}").json()
    assert answer["title"] == "Вестник — новых статей: 25"
    assert Notification.objects.get(pk=rows["burst"]).event.title == "25 new articles from Вестник"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("луна -дождь", "слово «луна», но не слово «дождь»"),
        ('луна "новая луна"', "слово «луна» и фраза «новая луна»"),
        ("title:эконом* OR source:вестник", "либо слово с началом «эконом» в заголовке, либо слово "
         "«вестник» в названии или адресе источника"),
        ("луна -(дождь снег)", "слово «луна», но не (слово «дождь» и слово «снег»)"),
    ],
)  # fmt: skip
def test_query_is_explained_in_russian(anna: User, query: str, said: str) -> None:
    page = html.fromstring(shown_to(anna, "/subscriptions", query=query).content)
    assert page.xpath("string(//*[@id='preview']/p[1])") == f"Новости, где есть {said}."


def test_ladder_is_written_in_its_own_words_and_explained_in_russian(anna: User) -> None:
    set_preferences(user=anna, changes={"delivery": {"ladder": LADDER}})
    page = html.fromstring(shown_to(anna, "/settings/preferences").content)
    assert page.xpath("string(//textarea[@name='ladder'])").strip() == LINE
    assert page.xpath("//ol[@class='steps']/li/text()") == [
        "входящие сразу",
        "push через 20 с",
        "эл. почта через 10 мин, если не ниже обычного",
        "SMS через 2 ч, если не ниже важного",
        "вебхук через 1 дн., если критическое",
    ]
