from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from news.crawl.edits import content_key
from news.crawl.records import KnownArticle
from news.crawl.stored import known_articles, recent_dates
from news.tests.crawl.test_store import key, record
from news.tests.factories import NOW, make_article, make_source

pytestmark = pytest.mark.django_db


def test_known_articles_finds_by_identity_or_link_within_the_source_when_asked() -> None:
    source, other = make_source(article_count=3), make_source(article_count=1)
    by_identity = make_article(source, "a")
    by_link = make_article(source, "x", link_key=key("link of b"))
    make_article(source, "unrelated")
    theirs = make_article(other, "a")
    found = known_articles([(source, [record("a"), record("b")]), (other, [record("b")])])
    assert [*found] == [source.pk]
    assert sorted(article.id for article in found[source.pk]) == [by_identity.pk, by_link.pk]
    says = content_key("x", "", url="")
    assert KnownArticle(by_link.pk, key("x"), key("link of b"), says, None, "") in found[source.pk]
    found = known_articles([(source, [record("a")]), (other, [record("a")])])
    assert [article.id for article in found[other.pk]] == [theirs.pk]
    assert [article.id for article in found[source.pk]] == [by_identity.pk]


def test_known_articles_finds_all_when_there_are_many() -> None:
    source, names = make_source(article_count=120), [f"{n}" for n in range(120)]
    for name in names:
        make_article(source, name, raw_content=name * 5000)
    found = known_articles([(source, [record(name) for name in names])])[source.pk]
    assert {article.identity for article in found} == {key(name) for name in names}
    assert max(len(article.head) for article in found) == 4000


def test_known_articles_copes_when_documents_have_a_thousand_entries() -> None:
    records = [record(str(n)) for n in range(1000)]
    several = [(make_source(article_count=1), records) for _ in range(10)]
    assert known_articles(several) == {}


def test_known_articles_asks_nothing_when_nothing_is_stored_or_brought() -> None:
    several = [(make_source(), [record("a")]), (make_source(article_count=1), [])]
    with connection.execute_wrapper(_refuse):
        assert known_articles(several) == recent_dates([several[0][0]]) == {}


def _refuse(*_: Any) -> None:
    raise AssertionError("nothing is to be asked")


def test_recent_dates_are_those_of_the_latest_when_there_are_many() -> None:
    source, other = make_source(article_count=25), make_source(article_count=1)
    for n in range(25):
        make_article(source, at=NOW + timedelta(hours=n))
    make_article(other, at=NOW)
    dates = recent_dates([other, source, make_source()])
    assert dates.keys() == {source.pk, other.pk}
    assert (len(dates[source.pk]), dates[source.pk][0]) == (20, NOW + timedelta(hours=24))
    assert dates[other.pk] == [NOW]


@pytest.mark.anywhere
@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plan as SQLite writes it")
@pytest.mark.parametrize("sources", [1, 3])
def test_known_articles_asks_each_index_when_sources_have_many(sources: int) -> None:
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                plans.extend(row[-1] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    several = [make_source(article_count=1) for _ in range(sources)]
    wanted = record("a")._replace(link_key=key("link"))
    with connection.execute_wrapper(explain):
        known_articles([(source, [wanted]) for source in several])
    assert len([plan for plan in plans if "(source_id=? AND identity=?)" in plan]) == sources
    assert len([plan for plan in plans if "(source_id=? AND link_key=?)" in plan]) == sources
    assert not [plan for plan in plans if "SCAN news_article" in plan]
    assert not [plan for plan in plans if plan.endswith("(source_id=?)")]
