from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import client_of, make_user
from news.tests.factories import NOW, make_article, make_revision, make_source, make_topic

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
ARTICLE_FIELDS = {
    "id", "source", "topic", "title", "url", "summary", "content", "author", "published_at",
    "first_seen_at", "updated_at", "image_url", "enclosures", "categories", "comments_url",
}  # fmt: skip


@pytest.fixture
def anybody() -> APIClient:
    return client_of()


def titles(client: APIClient, query: str = "") -> list[str]:
    return [row["title"] for row in client.get(f"{V1}/articles?{query}").json()["results"]]


def test_article_has_the_promised_fields_when_shown(anybody: APIClient) -> None:
    enclosure = {"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": None}
    source = make_source(topic=make_topic("own"))
    article = make_article(
        source,
        "Rain",
        raw_content="<p>Wet</p>",
        enclosures=[enclosure],
        categories=["Weather"],
        comments_url="https://example.org/rain#comments",
    )
    shown = anybody.get(f"{V1}/articles/{article.pk}").json()
    assert set(shown) == ARTICLE_FIELDS
    assert (shown["source"], shown["topic"], shown["title"]) == (source.pk, "own", "Rain")
    assert (shown["content"], shown["enclosures"]) == ("<p>Wet</p>", [enclosure])
    assert (shown["categories"], shown["comments_url"]) == (
        ["Weather"],
        "https://example.org/rain#comments",
    )
    assert (shown["published_at"], shown["first_seen_at"]) == (None, "2026-03-01T12:00:00Z")
    [listed] = anybody.get(f"{V1}/articles/").json()["results"]
    assert listed == {field: shown[field] for field in ARTICLE_FIELDS - {"content"}}


HOSTILE = "<p onclick=x()>a<script>b</script><a href=c>d</a>"


def test_content_is_clean_with_absolute_links_when_shown(anybody: APIClient) -> None:
    article = make_article(
        make_source(topic=make_topic()), url="https://a.example/1/", raw_content=HOSTILE
    )
    make_revision(article, content_base="https://b.example/2/")
    path = f"{V1}/articles/{article.pk}"
    [revision] = anybody.get(f"{path}/revisions").json()["results"]
    clean = '<p>a<a href="https://{}/c" rel="noopener noreferrer nofollow">d</a></p>'
    assert anybody.get(path).json()["content"] == clean.format("a.example/1")
    assert revision["content"] == clean.format("b.example/2")


def test_articles_are_sorted_as_asked_and_followed_by_next_when_rows_are_added(
    anybody: APIClient,
) -> None:
    source = make_source(topic=make_topic())
    for n in range(5):
        make_article(source, f"{n}", NOW, dated_at=NOW - timedelta(days=n))
    assert titles(anybody) == ["4", "3", "2", "1", "0"]
    assert titles(anybody, "sort=published") == ["0", "1", "2", "3", "4"]
    following, seen = f"{V1}/articles?sort=published&limit=2", []
    while following:
        page = anybody.get(following).json()
        seen += [row["title"] for row in page["results"]]
        following = page["next"]
        make_article(source, at=NOW + timedelta(days=1))
    assert seen == ["0", "1", "2", "3", "4"]


def test_articles_cost_the_same_queries_when_there_are_many(
    anybody: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        make_article(make_source(topic=make_topic()))
    with django_assert_num_queries(3):
        anybody.get(f"{V1}/articles")


@pytest.mark.parametrize(
    "query",
    ["source=" + "9" * 21, "source=-1", "source=1.5", "source=x", "source=NaN", "page=abc",
     "page=0", "limit=101", "limit=x", "q=%00", "topic=%00", "q=" + "x" * 201, "since=x",
     "since=0001-01-01T00:00:00%2B14:00", "until=9999-12-31T23:59:59-14:00", "sort=x",
     "anchor=x", "anchor=WzEsMl0"],
)  # fmt: skip
def test_articles_answer_400_when_the_query_is_wrong(anybody: APIClient, query: str) -> None:
    answer = anybody.get(f"{V1}/articles?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])


def test_revisions_are_listed_newest_first_in_pages(anybody: APIClient) -> None:
    article = make_article(make_source(topic=make_topic()), raw_content="<p>Now</p>")
    first = make_revision(article, title="Was", summary="So.", raw_content="<p>So.</p>")
    make_revision(article, at=NOW + timedelta(hours=1))
    make_revision(make_article(make_source(topic=make_topic())))
    path = f"{V1}/articles/{article.pk}/revisions"
    page = anybody.get(f"{path}?limit=1").json()
    assert (page["count"], [row["title"] for row in page["results"]]) == (2, [article.title])
    assert anybody.get(page["next"]).json()["results"] == [
        {
            "id": first.pk,
            "title": "Was",
            "summary": "So.",
            "content": "<p>So.</p>",
            "written_at": "2026-03-01T12:00:00Z",
            "replaced_at": "2026-03-01T12:00:00Z",
        }
    ]
    assert anybody.get(f"{path}/").json()["count"] == 2


def test_revisions_are_not_found_when_the_article_may_not_be_seen(anybody: APIClient) -> None:
    article = make_article(make_source(is_brought=True))
    make_revision(article)
    editor = client_of(make_user(role=Role.EDITOR))
    assert editor.get(f"{V1}/articles/{article.pk}/revisions").json()["count"] == 1
    for pk in (article.pk, 10**6, 10**25):
        assert anybody.get(f"{V1}/articles/{pk}/revisions").status_code == 404
    assert client_of(make_user()).get(f"{V1}/articles/{article.pk}/revisions").status_code == 404
