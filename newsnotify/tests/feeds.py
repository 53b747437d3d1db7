"""Small feeds for tests."""

from xml.sax.saxutils import escape

from newsnotify.lib.tests.servers import Answer


def rss(*titles: str, title: str = "The Daily Test", site: str = "https://daily.example") -> bytes:
    """Write an RSS document of these articles, newest first."""
    items = "".join(
        f"<item><title>{escape(name)}</title><link>{site}/{number}</link>"
        f"<guid isPermaLink='false'>daily-{number}</guid>"
        f"<description>What there is to say of {escape(name)}.</description></item>"
        for number, name in reversed(list(enumerate(titles, 1)))
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{title}</title>"
        f"<link>{site}/</link><description/>{items}</channel></rss>"
    ).encode()


def published(*titles: str, site: str = "https://daily.example") -> Answer:
    return Answer(headers={"Content-Type": "application/rss+xml"}, body=rss(*titles, site=site))
