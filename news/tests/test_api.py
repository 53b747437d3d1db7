import pytest
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import client_of, make_user
from news.models import Topic
from news.tests.factories import make_source, make_topic

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@pytest.fixture
def anybody() -> APIClient:
    return client_of()


@pytest.fixture
def editor() -> APIClient:
    return client_of(make_user(role=Role.EDITOR))


@pytest.mark.parametrize("slash", ["", "/"])
def test_topics_are_listed_with_counts_when_anybody_asks(anybody: APIClient, slash: str) -> None:
    topic = make_topic("own")
    make_source(topic=topic)
    shown = anybody.get(f"{V1}/topics{slash}")
    assert shown.status_code == 200
    assert shown.json()["results"][0] == {
        "id": topic.pk,
        "slug": "own",
        "name": "Own",
        "source_count": 1,
        "subscriber_count": 0,
        "followed": False,
    }


def test_topic_is_made_changed_and_deleted_when_an_editor_asks(editor: APIClient) -> None:
    made = editor.post(f"{V1}/topics", {"slug": "own", "name": "Own"})
    assert (made.status_code, made.json()["source_count"]) == (201, 0)
    assert editor.patch(f"{V1}/topics/own", {"name": "New"}).json()["name"] == "New"
    assert editor.get(f"{V1}/topics/own/").json()["name"] == "New"
    assert editor.delete(f"{V1}/topics/own").status_code == 204
    assert editor.get(f"{V1}/topics/own").status_code == 404


def test_topic_with_sources_is_deleted_only_when_another_takes_them(editor: APIClient) -> None:
    topic, other = make_topic("own"), make_topic("other")
    source = make_source(topic=topic)
    conflict = editor.delete(f"{V1}/topics/own")
    assert (conflict.status_code, list(conflict.json())) == (409, ["detail"])
    for into in ("own", "nothing", "%00"):
        assert editor.delete(f"{V1}/topics/own?into={into}").status_code == 400
    assert editor.delete(f"{V1}/topics/own?into=other").status_code == 204
    source.refresh_from_db()
    assert source.topic == other


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "tech"), ("slug", "a b"), ("slug", ""), ("slug", None), ("slug", ["x"]),
     ("name", "n" * 101), ("name", "\0"), ("name", {"a": 1})],
)  # fmt: skip
def test_topic_is_refused_by_field_when_a_value_is_wrong(
    editor: APIClient, field: str, value: object
) -> None:
    answer = editor.post(f"{V1}/topics", {"slug": "own", "name": "Own", field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])


@pytest.mark.parametrize("path", ["sources/{}", "articles/{}", "articles/x", "topics/é"])
@pytest.mark.parametrize("pk", ["0", "9" * 25])
def test_answer_is_a_json_404_when_there_is_no_such_thing(
    anybody: APIClient, path: str, pk: str
) -> None:
    answer = anybody.get(f"{V1}/{path.format(pk)}")
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize(
    "path", ["topics", "sources", "articles", "sources/{}", "sources/{}/crawl"]
)
def test_browser_gets_a_page_when_it_asks_the_api(editor: APIClient, path: str) -> None:
    url = f"{V1}/{path.format(make_source().pk)}"
    answer = editor.get(url, headers={"Accept": "text/html"})
    assert answer.status_code == (405 if path.endswith("crawl") else 200)
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("body", ["{", "[]", "[1]", '"x"', "null"])
@pytest.mark.parametrize("path", ["topics", "sources", "sources/{}", "sources/{}/crawl"])
def test_answer_is_400_when_the_body_is_malformed(editor: APIClient, path: str, body: str) -> None:
    url = f"{V1}/{path.format(make_source().pk)}"
    send = editor.patch if path.endswith("{}") else editor.post
    answer = send(url, body, content_type="application/json")
    assert answer.status_code == 400
    assert Topic.objects.count() == 7


def test_answer_is_415_when_the_content_type_is_unknown(editor: APIClient) -> None:
    answer = editor.post(f"{V1}/topics", "x", content_type="text/csv")
    assert (answer.status_code, list(answer.json())) == (415, ["detail"])
