from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role
from accounts.tests.factories import make_user
from news.models import Fetch
from news.tests.factories import NOW, make_article, make_revision, make_source, make_topic

pytestmark = pytest.mark.django_db


HOUR = timedelta(hours=1)
ERROR = "a.example answered 503 Service Unavailable."


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(make_user(role=Role.EDITOR))
    return client


def test_articles_come_newest_first_without_those_nobody_may_see(client: Client) -> None:
    source = make_source(topic=make_topic("boats"), title="Circuit Weekly")
    make_article(source, "An older one", at=NOW - timedelta(hours=1))
    make_article(source, "A newer one")
    make_article(make_source(), "A private one")
    page = text_of(client, "/articles")
    assert page.index("A newer one") < page.index("An older one")
    assert "Circuit Weekly" in page
    assert "A private one" not in page


@pytest.mark.parametrize("query", ["topic=boats", "q=ROUTER", "source={source}"])
def test_articles_keep_to_what_is_asked_for(client: Client, query: str) -> None:
    source = make_source(topic=make_topic("boats"))
    make_article(source, "The open router")
    make_article(make_source(topic=make_topic("birds")), "The cup final")
    page = text_of(client, f"/articles?{query.format(source=source.pk)}")
    assert "The open router" in page
    assert "The cup final" not in page


@pytest.mark.parametrize(
    "query", ["topic=none", "source=x", "source=99", "before=x", f"before={'9' * 30}"]
)
def test_articles_are_not_found_when_the_address_asks_for_nonsense(
    client: Client, query: str
) -> None:
    assert client.get(f"/articles?{query}").status_code == 404


def test_older_link_shows_each_article_once_when_many_came_at_the_same_moment(
    client: Client,
) -> None:
    source = make_source(topic=make_topic())
    titles = [make_article(source).title for _ in range(70)]
    shown: list[str] = []
    query: str | None = ""
    while query is not None:
        context = client.get(f"/articles{query}").context
        shown += [article.title for article in context["articles"]]
        query = f"?before={context['older']}" if context["older"] else None
    assert shown == titles[::-1]


def test_articles_ask_the_database_a_few_times_when_there_are_many(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(make_user())
    for _ in range(3):
        source = make_source(topic=make_topic())
        for _ in range(10):
            make_article(source)
    client.get("/articles")  # the first page of a session begins its sign-in
    with django_assert_max_num_queries(7):
        client.get("/articles")


def test_search_that_finds_nothing_says_what_to_do(client: Client) -> None:
    assert "No title has “&lt;router&gt;” in it" in text_of(client, "/articles?q=<router>")


def test_article_shows_clean_content_and_its_neighbours(client: Client) -> None:
    source = make_source(topic=make_topic(), title="Circuit Weekly")
    make_article(source, "Before", at=NOW - timedelta(hours=1))
    article = make_article(
        source, raw_content="<p>Hello</p>", url="https://a.example/1", author="Mara Lindqvist"
    )
    make_article(source, "After", at=NOW + timedelta(hours=1))
    page = text_of(client, f"/articles/{article.pk}")
    for part in ("<p>Hello</p>", 'href="https://a.example/1"', "Mara", "Before", "After"):
        assert part in page


@pytest.mark.parametrize("content", ["<p>Text</p>", "<img src='i.png?a&amp;b'>"])
def test_article_shows_its_image_once(client: Client, content: str) -> None:
    article = make_article(
        make_source(topic=make_topic()),
        url="https://a.example/1",
        image_url="https://a.example/i.png?a&b",
        raw_content=content,
    )
    assert text_of(client, f"/articles/{article.pk}").count("https://a.example/i.png?a&amp;b") == 1


def test_article_shows_nothing_that_acts_when_stored_as_published(client: Client) -> None:
    article = make_article(
        make_source(topic=make_topic()), raw_content="<b onclick=x()>a</b><script>acts</script>"
    )
    page = text_of(client, f"/articles/{article.pk}")
    assert "<b>a</b>" in page
    assert "acts" not in page


def test_article_is_not_found_when_its_source_is_private(client: Client) -> None:
    article = make_article(make_source())
    assert client.get(f"/articles/{article.pk}").status_code == 404


def test_article_shows_categories_and_the_way_to_comments(client: Client) -> None:
    comments = "https://a.example/1#comments"
    article = make_article(
        make_source(topic=make_topic()), categories=["Space & time"], comments_url=comments
    )
    page = text_of(client, f"/articles/{article.pk}")
    assert "Space &amp; time" in page
    assert f'href="{comments}"' in page


@pytest.mark.parametrize(
    ("count", "words"), [(0, ""), (1, "Changed once,"), (2, "Changed 2 times, last")]
)
def test_article_leads_to_its_changes_when_there_were_any(
    client: Client, count: int, words: str
) -> None:
    article = make_article(make_source(topic=make_topic()))
    for hours in range(count):
        make_revision(article, at=NOW + hours * HOUR)
    page = text_of(client, f"/articles/{article.pk}")
    assert words in page
    assert (f'href="/articles/{article.pk}/changes"' in page) == bool(count)


def test_changes_show_what_was_removed_and_added_newest_first(client: Client) -> None:
    article = make_article(
        make_source(topic=make_topic()), "Ice", raw_content="<p>Three <b>men</b>"
    )
    make_revision(article, raw_content="<p>One man", title="Snow")
    make_revision(article, at=NOW + HOUR, raw_content="<p>Two men", title="Ice")
    page = text_of(client, f"/articles/{article.pk}/changes")
    words = ["13:00", "Two", "Three", "12:00", "Snow", "Ice", "One man", "Two men"]
    assert sorted(words, key=lambda word: page.rindex(f"{word}<")) == words
    assert '<del><span class="unseen">removed: </span>Snow' in page
    assert '<ins><span class="unseen">added: </span>Ice' in page


def test_changes_show_text_as_text_when_it_looks_like_markup(client: Client) -> None:
    article = make_article(make_source(topic=make_topic()), raw_content="&lt;script&gt;1")
    make_revision(article, raw_content="")
    assert "&lt;script&gt;1" in text_of(client, f"/articles/{article.pk}/changes")


def test_changes_say_so_when_no_word_changed(client: Client) -> None:
    article = make_article(make_source(topic=make_topic()), raw_content="<p>Same</p>")
    path = f"/articles/{article.pk}/changes"
    assert "Nothing changed" in text_of(client, path)
    make_revision(article, raw_content="<div>Same</div>")
    assert "Only links, pictures or the form" in text_of(client, path)


def test_changes_are_not_found_when_the_article_may_not_be_seen(client: Client) -> None:
    article = make_article(make_source(is_brought=True))
    make_revision(article)
    assert client.get(f"/articles/{article.pk}/changes").status_code == 404


def test_source_shows_its_articles_and_when_it_was_checked(client: Client) -> None:
    source = make_source(
        topic=make_topic("boats"), title="Circuit Weekly", site_url="https://circuit.example/"
    )
    path = f"/sources/{source.pk}"
    assert "Not checked yet" in text_of(client, path)
    type(source).objects.update(last_fetched_at=NOW)
    titles = [make_article(source).title for _ in range(12)]
    make_article(make_source(topic=source.topic), "From elsewhere")
    page = text_of(client, path)
    for part in ("Circuit Weekly", 'href="https://circuit.example/"', "Boats", "Checked", "Follow"):
        assert part in page
    assert [title for title in titles if f">{title}<" in page] == titles[2:]
    assert "From elsewhere" not in page


def test_source_keeps_address_and_crawls_for_editors(client: Client) -> None:
    url = "https://a.example/feed?key=secret"
    source = make_source(url, topic=make_topic(), last_error=ERROR, failure_count=1)
    Fetch.objects.create(source=source, started_at=NOW, outcome="failed", error=ERROR)
    client.force_login(make_user())
    page = text_of(client, f"/sources/{source.pk}")
    assert "Not answering" in page
    for secret in ("secret", "503", "Next crawl"):
        assert secret not in page


def test_source_shows_last_attempts_with_reasons_and_the_next_time_to_editors(
    editor: Client,
) -> None:
    source = make_source(deferred_until=NOW + 2 * HOUR, next_fetch_at=NOW + 3 * HOUR)
    spans = {"duration_ms": 250, "parse_ms": 8, "store_ms": 31}
    Fetch.objects.create(source=source, started_at=NOW, outcome="new", new_count=3, **spans)
    Fetch.objects.create(source=source, started_at=NOW + HOUR, outcome="failed", error=ERROR)
    page = text_of(editor, f"/sources/{source.pk}")
    parts = [source.url, "15:00:00", "14:00:00", ERROR, "3 new articles", "250 ms", "8 ms", "31 ms"]
    assert sorted(parts, key=page.index) == parts


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_paused": True}, "when it is resumed"),
        ({"is_gone": True}, "never: it is gone"),
        ({"interval_seconds": 600}, "600 s, fixed"),
    ],
)
def test_source_says_when_it_is_crawled_next(
    editor: Client, fields: dict[str, Any], words: str
) -> None:
    assert words in text_of(editor, f"/sources/{make_source(**fields).pk}")


def test_source_is_not_found_when_it_is_somebody_elses(client: Client) -> None:
    assert client.get(f"/sources/{make_source(is_brought=True).pk}").status_code == 404


def test_sources_lead_to_the_crawls_of_each_when_an_editor_looks(editor: Client) -> None:
    source = make_source(topic=make_topic())
    page = text_of(editor, "/sources")
    assert f'href="/sources/{source.pk}">Last crawls' in page
