"""A small publisher on the loopback: one feed a topic, a new story every few seconds."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from newsnotify.demo.invention import TOPICS, Story, picture, story

OLD_STORIES = 40  # published before the start, so that the pages have something to show
NEW_EVERY = timedelta(seconds=4)
SHOWN = 15  # stories in a feed


class Publisher(ThreadingHTTPServer):
    """Serves `/TOPIC.xml` and what the feeds link to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.begun_at = datetime.now(tz=UTC)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, name="publisher", daemon=True).start()

    def feed_url(self, topic: str) -> str:
        return f"{self.url}/{topic}.xml"

    def published_at(self, number: int) -> datetime:
        """Old stories are spread over the hours before the start."""
        if number < OLD_STORIES:
            return self.begun_at - timedelta(minutes=17) * (OLD_STORIES - number)
        return self.begun_at + NEW_EVERY * (number - OLD_STORIES + 1)

    def feed(self, topic: str) -> bytes:
        newest = OLD_STORIES + (datetime.now(tz=UTC) - self.begun_at) // NEW_EVERY
        numbers = [n for n in range(newest - 1, -1, -1) if story(n).topic == topic][:SHOWN]
        items = "".join(self._item(story(number)) for number in numbers)
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>{TOPICS[topic][0]}</title><link>{self.url}/</link>"
            f"<description>Invented news, for a demonstration</description>{items}</channel></rss>"
        ).encode()

    def _item(self, told: Story) -> str:
        text = "".join(f"<p>{paragraph}</p>" for paragraph in told.paragraphs)
        return (
            f"<item><title>{escape(told.title)}</title><link>{self.url}/stories/{told.number}</link>"
            f'<guid isPermaLink="false">story-{told.number}</guid>'
            f"<pubDate>{format_datetime(self.published_at(told.number))}</pubDate>"
            f'<enclosure url="{self.url}/pictures/{told.number}.svg" type="image/svg+xml" '
            f'length="0"/>'
            f"<description>{escape(text)}</description></item>"
        )


class _Page(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        place, _, name = self.path.strip("/").rpartition("/")
        name, _, _ = name.partition(".")
        if not place and name in TOPICS:
            self._answer("application/rss+xml", self.server.feed(name))
        elif place == "pictures" and name.isdigit():
            self._answer("image/svg+xml", picture(int(name)).encode())
        elif place == "stories" and name.isdigit():
            self._answer("text/html; charset=utf-8", _as_page(story(int(name))))
        else:
            self.send_error(404)

    def _answer(self, content_type: str, body: bytes) -> None:
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        is_known = self.headers.get("If-None-Match") == etag
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", "0" if is_known else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if is_known else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Keep quiet: the terminal belongs to NewsNotify."""


def _as_page(told: Story) -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in told.paragraphs)
    return f"<!doctype html><title>{told.title}</title><h1>{told.title}</h1>{text}".encode()
