from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from news.crawl.identity import identify
from news.crawl.records import Enclosure, KeyedEntry, KeyedFeed, ParsedFeed, RawEntry

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
URL = "https://news.example/feed.xml"


def keyed(*entries: RawEntry, site_url: str = "https://news.example/") -> KeyedFeed:
    return identify(ParsedFeed(title="T", site_url=site_url, entries=entries), URL, NOW)


def only(entry: RawEntry) -> KeyedEntry:
    [found] = keyed(entry).entries
    return found


def day(number: int) -> str:
    return f"2026-04-{number:02}T00:00:00Z"


def test_identity_is_the_hash_of_the_guid_when_there_is_one() -> None:
    assert only(RawEntry(guid="g", link="/1")).identity == sha256(b"g").digest()


def test_identity_is_the_hash_of_the_link_when_there_is_no_guid() -> None:
    entry = only(RawEntry(link="/1", title="t"))
    assert entry.identity == sha256(b"https://news.example/1").digest()


def test_identity_takes_the_title_in_when_entries_share_a_link() -> None:
    one, two = keyed(RawEntry(link="/s", title="1"), RawEntry(link="/s", title="2")).entries
    assert one.identity != two.identity
    assert one.link_key is two.link_key is None


def test_identity_is_of_title_and_content_when_there_is_nothing_else() -> None:
    assert only(RawEntry(title="t", content="c")).identity != only(RawEntry(title="t")).identity


@given(
    st.permutations([RawEntry(guid=str(n), title=f"t {n}", link=f"/{n}") for n in range(5)]),
    st.sampled_from(["", "2020-01-01", "x"]),
    st.sampled_from(["{}", " {}\n", "\t{} "]),
)
def test_identity_is_the_same_when_order_dates_and_white_space_differ(
    entries: list[RawEntry], date: str, frame: str
) -> None:
    def rewrite(entry: RawEntry) -> RawEntry:
        return RawEntry(guid=frame.format(entry.guid), link=entry.link, published=date)

    def identities(feed: KeyedFeed) -> set[bytes]:
        return {entry.identity for entry in feed.entries}

    assert identities(keyed(*map(rewrite, entries))) == identities(keyed(*entries))


def test_link_key_is_the_same_when_the_page_is_the_same() -> None:
    links = [
        "https://news.example/a?x=1",
        "http://www.news.example/a/?utm_source=rss&x=1#top",
        "HTTPS://News.Example:443/a?x=1&fbclid=9&gclid=8",
    ]
    assert len({only(RawEntry(guid="g", link=link)).link_key for link in links}) == 1


def test_link_key_is_none_when_the_link_is_the_site_itself() -> None:
    assert only(RawEntry(guid="g", link="http://www.news.example")).link_key is None


def test_entries_keep_the_first_when_an_identity_repeats() -> None:
    [entry] = keyed(RawEntry(guid="g", title="new"), RawEntry(guid="g", title="old")).entries
    assert entry.raw.title == "new"


def test_entries_stand_oldest_first_when_dated() -> None:
    feed = keyed(*(RawEntry(guid=str(n), published=day(n)) for n in (2, 3, 1)))
    assert [entry.raw.guid for entry in feed.entries] == ["1", "2", "3"]


def test_entries_stand_in_reverse_when_none_is_dated() -> None:
    feed = keyed(*(RawEntry(guid=str(n)) for n in (3, 2, 1)))
    assert [entry.raw.guid for entry in feed.entries] == ["1", "2", "3"]


def test_entry_stands_after_its_older_neighbour_when_undated() -> None:
    feed = keyed(
        RawEntry(guid="4", published=day(4)),
        RawEntry(guid="x"),
        RawEntry(guid="2", published=day(2)),
        RawEntry(guid="3", published=day(3)),
    )
    assert [entry.raw.guid for entry in feed.entries] == ["2", "x", "3", "4"]


def test_entries_are_the_newest_thousand_when_there_are_more() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    dates = [(start + timedelta(hours=n)).isoformat() for n in range(1005)]
    feed = keyed(*(RawEntry(guid=date, published=date) for date in dates))
    assert [entry.raw.guid for entry in feed.entries] == dates[5:]


def test_entries_are_one_when_nothing_but_dates_tells_them_apart() -> None:
    assert len(keyed(RawEntry(published=day(1)), RawEntry(published=day(2))).entries) == 1


def test_entries_are_told_apart_when_they_have_no_text() -> None:
    media = [(Enclosure(f"/{n}.mp3"),) for n in range(2)]
    feed = keyed(
        *(RawEntry(enclosures=media[n]) for n in range(2)),
        *(RawEntry(author=name) for name in ("Ann", "Bo")),
        RawEntry(categories=("tech",)),
        RawEntry(comments_url="/talk"),
        RawEntry(image_url="/i.png"),
    )
    assert len(feed.entries) == 7


def test_base_is_the_nearest_when_several_could_be() -> None:
    assert only(RawEntry(guid="g", base="/x/", link="/1")).base == "https://news.example/x/"
    assert only(RawEntry(guid="g", link="/1")).base == "https://news.example/1"
    assert (
        keyed(RawEntry(guid="g"), site_url="/home").entries[0].base == "https://news.example/home"
    )
    assert keyed(RawEntry(guid="g"), site_url="").entries[0].base == URL


def test_url_is_empty_when_it_is_no_web_address() -> None:
    links = [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://[x",
        "ftp://a.example/",
        "mailto:a@b",
    ]
    assert {only(RawEntry(guid="g", link=link)).url for link in links} == {""}
