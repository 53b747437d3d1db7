"""All sources out and in, by API and by command."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Role
from accounts.tests.factories import client_of, make_user
from news.models import Fetch, Source, Topic
from news.opml import Outline, write
from news.tests.factories import NOW, make_source, make_topic

pytestmark = pytest.mark.django_db
IMPORT = "/api/v1/sources/import"


def listed(*outlines: Outline) -> bytes:
    return write(title="", outlines=outlines, now=NOW)


def topics() -> dict[str, str]:
    rows = Source.objects.values_list("url", "topic__slug")
    return {url.removeprefix("https://"): slug for url, slug in rows}


def test_each_feed_comes_to_the_topic_of_its_folder() -> None:
    Topic.objects.create(slug="own-tech", name="Techno Logy")
    known, brought = make_source(topic=make_topic("old")), make_source(is_brought=True)
    markup = listed(
        Outline("One", "https://one.example/feed", folder="techno logy"),
        Outline("Two", "https://two.example/feed", folder="Local News!"),
        Outline("Three", "https://three.example/feed"),
        Outline("Bad", "ftp://four.example/feed"),
        Outline("Known", known.url, folder="Elsewhere"),
        Outline("Brought", brought.url, folder="own-tech"),
    )
    client = client_of(make_user(role=Role.EDITOR))
    done = client.post(f"{IMPORT}?topic=mine", markup, content_type="application/xml").json()
    assert (done["added"], done["existing"]) == (3, 2)
    assert [failed["url"] for failed in done["failed"]] == ["ftp://four.example/feed"]
    found = topics()
    assert found["one.example/feed"] == "own-tech"
    assert found["two.example/feed"] == "local-news"
    assert found["three.example/feed"] == "mine"
    known.refresh_from_db()
    brought.refresh_from_db()
    assert [str(source.topic.slug) for source in (known, brought) if source.topic] == [
        "old",
        "own-tech",
    ]
    assert not Fetch.objects.exists()
    again = client.post(f"{IMPORT}?topic=mine", markup, content_type="application/xml").json()
    assert (again["added"], again["existing"]) == (0, 5)


def test_what_names_no_topic_is_imported() -> None:
    markup = listed(
        Outline("A", "https://a.example/"), Outline("B", "https://b.example/", folder="新")
    )
    client_of(make_user(role=Role.EDITOR)).post(IMPORT, markup, content_type="text/x-opml")
    assert set(topics().values()) == {"imported"}
    assert Topic.objects.filter(slug="imported").count() == 1


def test_list_comes_back_as_it_went_by_command(tmp_path: Path) -> None:
    for slug, name in (("a", "A & B"), ("c", "C")):
        topic = Topic.objects.create(slug=f"own-{slug}", name=name)
        make_source(topic=topic, title=f"Of {name}")
    make_source(is_brought=True)
    before, out = topics(), StringIO()
    call_command("export_opml", stdout=out)
    path = tmp_path / "list.opml"
    path.write_text(out.getvalue(), encoding="utf-8")
    Source.objects.all().delete()
    said = StringIO()
    call_command("import_opml", path, stdout=said)
    assert said.getvalue() == "2 added, 0 known already, 0 refused.\n"
    assert topics() == {url: slug for url, slug in before.items() if slug}


def test_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_opml", tmp_path / "none.opml")
    path = tmp_path / "list.opml"
    path.write_text("<html/>", encoding="utf-8")
    with pytest.raises(CommandError, match="This is no OPML"):
        call_command("import_opml", path)
