"""Stories, and how a publisher writes them in each format."""

from dataclasses import dataclass
from html import escape

import orjson


@dataclass(frozen=True)
class Story:
    """What a publisher has to say; each format has its own places for it."""

    guid: str = ""
    link: str = ""
    title: str = ""
    html: str = ""
    date: str = ""


def tag(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text)}</{name}>" if text else ""


def rss(stories: list[Story], gap: str, home: str) -> str:
    items = (
        gap.join(
            (
                "<item>",
                tag("guid", s.guid, ' isPermaLink="false"'),
                tag("link", s.link),
                tag("comments", s.link),
                tag("title", s.title),
                tag("description", s.html),
                tag("pubDate", s.date),
                f'<enclosure url="{escape(s.link)}"/></item>' if s.link else "</item>",
            )
        )
        for s in stories
    )
    return f'<rss version="2.0"><channel>{tag("link", home)}{gap.join(items)}</channel></rss>'


def atom(stories: list[Story], gap: str, home: str) -> str:
    entries = (
        gap.join(
            (
                "<entry>",
                tag("id", s.guid),
                f'<link href="{escape(s.link)}"/>' if s.link else "",
                tag("title", s.title, ' type="html"'),
                tag("content", s.html, ' type="html"'),
                tag("updated", s.date) + "</entry>",
            )
        )
        for s in stories
    )
    link = f'<link href="{escape(home)}"/>' if home else ""
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{link}{gap.join(entries)}</feed>'


def rdf(stories: list[Story], gap: str, home: str) -> str:
    items = (
        gap.join(
            (
                f'<item rdf:about="{escape(s.guid)}">',
                tag("link", s.link),
                tag("title", s.title),
                tag("description", s.html),
                tag("dc:date", s.date) + "</item>",
            )
        )
        for s in stories
    )
    names = 'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    syntax = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    channel = f"<channel>{tag('link', home)}</channel>"
    return f"<rdf:RDF {names} {syntax}>{channel}{gap.join(items)}</rdf:RDF>"


def json_feed(stories: list[Story], gap: str, home: str) -> str:
    items = [
        {
            "id": s.guid,
            "url": s.link,
            "image": s.link,
            "title": s.title,
            "content_html": s.html,
            "date_published": s.date,
        }
        for s in stories
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": home, "items": items}
    return gap + orjson.dumps(feed, option=orjson.OPT_INDENT_2 if gap else 0).decode() + gap
