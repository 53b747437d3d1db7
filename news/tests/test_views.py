from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.tests.factories import make_user
from news.tests.factories import NOW, make_article, make_source, make_topic

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


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
    with django_assert_max_num_queries(7):
        client.get("/articles")


def test_search_that_finds_nothing_says_what_to_do(client: Client) -> None:
    assert "No title has “&lt;router&gt;” in it" in text_of(client, "/articles?q=<router>")


def test_article_shows_clean_content_and_its_neighbours(client: Client) -> None:
    source = make_source(topic=make_topic(), title="Circuit Weekly")
    make_article(source, "Before", at=NOW - timedelta(hours=1))
    article = make_article(
        source, content="<p>Hello</p>", url="https://a.example/1", author="Mara Lindqvist"
    )
    make_article(source, "After", at=NOW + timedelta(hours=1))
    page = text_of(client, f"/articles/{article.pk}")
    for part in ("<p>Hello</p>", 'href="https://a.example/1"', "Mara", "Before", "After"):
        assert part in page


@pytest.mark.parametrize("content", ["<p>Text</p>", "<img src='{}'>"])
def test_article_shows_its_image_once(client: Client, content: str) -> None:
    image = "https://a.example/i.png"
    article = make_article(
        make_source(topic=make_topic()), image_url=image, content=content.format(image)
    )
    assert text_of(client, f"/articles/{article.pk}").count(image) == 1


def test_article_is_not_found_when_its_source_is_private(client: Client) -> None:
    article = make_article(make_source())
    assert client.get(f"/articles/{article.pk}").status_code == 404
