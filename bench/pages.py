"""What one web process answers: pages, and the API's lists with and without its cache."""

from typing import Any

from django.test import Client

from accounts import tokens
from accounts.models import User
from bench import product
from bench.asking import asked
from bench.audience import make_source, make_users, news, publish
from bench.figures import figure, percentile, size
from bench.rows import analyze, database_settings, multiply
from news.models import Article
from notifications.models import Inbox, Notification

ARTICLES = size(5_000, 100_000)
SOURCES = 100
TOLD = 1_000  # notifications of the reader
CONNECTIONS = 8
SECONDS = size(3, 15)

Request = tuple[str, dict[str, str]]


def main() -> None:
    user = _fill()
    settings = {"articles": ARTICLES, "connections": CONNECTIONS, **database_settings()}
    with product.web() as port:
        rates = {}
        for name, (path, headers) in _requests(user).items():
            found = _load(port, path, headers)
            rates[name] = _say(name, found, settings)
    for name, peer in (("cached", "uncached"), ("cached_signed_in", "uncached_signed_in")):
        ratio = rates[f"api_articles_{name}"] / rates[f"api_articles_{peer}"]
        how = f"{peer}: since= of another moment before all articles each time, so the same rows"
        figure(f"pages.{name}_speedup", ratio, "times", ratio=ratio, peer=how, **settings)


def _fill() -> User:
    """Make articles, and a reader who was told of some."""
    source = make_source()
    template = news(source, "an article whose title is about as long as titles are")
    Article.objects.filter(pk=template.pk).update(own_summary="What it says. " * 20)
    key = "UNHEX(SHA2(n, 256))"
    multiply(source, SOURCES - 1, id=f"{source.pk} + n", url_key=key, host="CONCAT('host', n)")
    of = f"{source.pk} + MOD(n, {SOURCES})"
    multiply(
        template,
        ARTICLES - 1,
        id=f"{template.pk} + n",
        source_id=of,
        identity=key,
        first_seen_at="template.first_seen_at - INTERVAL n SECOND",
        dated_at="template.dated_at - INTERVAL n SECOND",
    )
    analyze("news_article", "news_source")
    user = User.objects.get(pk=make_users(1))
    event = publish(source, "the event of all notifications")
    row = Notification.objects.create(user=user, event=event, revision=0, created_revision=0)
    events = event.pk + 1
    multiply(event, TOLD, id=f"{events} - 1 + n", article_id="NULL", fanned_out_at="release_time")
    columns = {"event_id": f"{events} - 1 + n", "revision": "n", "created_revision": "n"}
    multiply(row, TOLD, **columns)
    Inbox.objects.create(user=user, revision=TOLD, unread=TOLD + 1)
    return user


def _requests(user: User) -> dict[str, Request]:
    client = Client()
    client.force_login(user)
    session = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    token = {"Authorization": f"Bearer {tokens.sign_in(user)['access_token']}"}
    uncached = "/api/v1/articles?since=2001-01-01T00:00:00.{n}Z"
    return {
        "landing": ("/", {}),
        "inbox": ("/inbox", session),
        "articles": ("/articles", {}),
        "api_articles_cached": ("/api/v1/articles", {}),
        "api_articles_uncached": (uncached, {}),
        "api_articles_cached_signed_in": ("/api/v1/articles", token),
        "api_articles_uncached_signed_in": (uncached, token),
        "api_notifications": ("/api/v1/notifications", token),
        "api_counts": ("/api/v1/notifications/counts", token),
    }


def _load(port: int, path: str, headers: dict[str, str]) -> dict[str, Any]:
    return asked(port, {"path": path, "headers": headers}, status="200", connections=CONNECTIONS)


def _say(name: str, found: dict[str, Any], settings: dict[str, Any]) -> float:
    rate: float = len(found["took"]) / found["seconds"]
    more: dict[str, Any] = {"x_cache": found["caches"]} if found["caches"] else {}
    for percent in (50, 99):
        more[f"p{percent}_ms"] = round(percentile(found["took"], percent), 2)
    figure(f"pages.{name}", rate, "requests/s", **more, **settings)
    return rate
