from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.crawl.parse import NotAFeed, parse
from news.crawl.records import Document, Enclosure, ParsedFeed, RawEntry

pytestmark = pytest.mark.anywhere

URL = "https://news.example/feed"


def read(body: str | bytes, content_type: str = "application/xml") -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse(Document(url=URL, status=200, body=data, content_type=content_type))


def rss(items: str, *, head: str = "", channel: str = "") -> str:
    names = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
        'xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    return (
        f'{head}<rss version="2.0" {names}><channel><title>News</title>'
        f"<link>https://news.example/</link>{channel}{items}</channel></rss>"
    )


def atom(entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{entries}</feed>'


def only(body: str | bytes) -> RawEntry:
    [entry] = read(body).entries
    return entry


def test_parse_reads_every_field_when_the_feed_is_rss_2() -> None:
    entry = only(
        rss(
            "<item><media:title>No</media:title><title>A &amp;amp; B</title><link> /1 </link>"
            '<guid isPermaLink="false">g1</guid><description>&lt;p&gt;S&lt;/p&gt;</description>'
            "<content:encoded><![CDATA[<p>C&nbsp;D</p>]]></content:encoded>"
            "<author>ann@x.example (Ann)</author><category>tech</category>"
            "<pubDate>Wed, 29 Jun 2016 12:34:56 GMT</pubDate>"
            '<enclosure url="/a.mp3" type="audio/mpeg" length="12"/>'
            '<media:content url="/b.jpg" medium="image"/></item>'
        )
    )
    assert entry == RawEntry(
        guid="g1",
        link="/1",
        title="A &amp; B",
        summary="<p>S</p>",
        content="<p>C&nbsp;D</p>",
        author="Ann",
        published="Wed, 29 Jun 2016 12:34:56 GMT",
        image_url="/b.jpg",
        enclosures=(Enclosure("/a.mp3", "audio/mpeg", 12),),
        categories=("tech",),
    )


def test_parse_reads_the_channel_when_the_feed_is_rss_2() -> None:
    feed = read(
        rss(
            "",
            channel='<ttl>120</ttl><atom:link rel="hub" href="https://hub.example/"/>'
            '<atom:link rel="self" href="https://news.example/feed"/>'
            "<skipHours><hour>3</hour><hour>24</hour></skipHours>"
            "<sy:updatePeriod>hourly</sy:updatePeriod>",
        )
    )
    assert (feed.title, feed.site_url, feed.entries) == ("News", "https://news.example/", ())
    assert (feed.hub_url, feed.self_url) == ("https://hub.example/", "https://news.example/feed")
    assert (feed.ttl, feed.skip_hours) == (timedelta(hours=2), frozenset({0, 3}))


def test_parse_reads_text_as_text_when_the_feed_is_atom() -> None:
    entry = only(
        atom(
            "<entry><id>x</id><title>a &lt;b&gt; c</title><summary>1 &lt; 2</summary>"
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x<br/>y</p></div>'
            '</content><link rel="edit" href="/e"/><link href="/1"/>'
            '<link rel="enclosure" href="/a.ogg" type="audio/ogg"/>'
            "<author><name>Bo</name></author><updated>2016-06-29T12:34:56Z</updated></entry>"
        )
    )
    assert (entry.title, entry.title_is_html) == ("a <b> c", False)
    assert (entry.summary, entry.content) == ("1 &lt; 2", "<div><p>x<br>y</p></div>")
    assert (entry.link, entry.author, entry.updated) == ("/1", "Bo", "2016-06-29T12:34:56Z")
    assert entry.enclosures == (Enclosure("/a.ogg", "audio/ogg"),)


def test_parse_reads_markup_when_an_atom_title_is_html() -> None:
    entry = only(atom('<entry><title type="html">a &lt;b&gt;c&lt;/b&gt;</title></entry>'))
    assert (entry.title, entry.title_is_html) == ("a <b>c</b>", True)


def test_parse_takes_the_feed_author_when_an_atom_entry_has_none() -> None:
    assert only(atom("<author><name>Cy</name></author><entry><id>1</id></entry>")).author == "Cy"


def test_parse_reads_items_beside_the_channel_when_the_feed_is_rdf() -> None:
    feed = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<channel><title>R</title><link>https://r.example/</link></channel>"
        '<item rdf:about="r1"><title>T</title><link>/t</link><dc:date>2016-06-29</dc:date>'
        "<dc:creator>Di</dc:creator></item></rdf:RDF>"
    )
    [entry] = feed.entries
    assert (feed.title, feed.site_url) == ("R", "https://r.example/")
    assert (entry.guid, entry.link, entry.published, entry.author) == (
        "r1",
        "/t",
        "2016-06-29",
        "Di",
    )


def test_parse_resolves_links_when_xml_base_is_in_force() -> None:
    entry = only(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.example/x/"><entry>'
        '<link href="1"/><content xml:base="y/" type="html">z</content></entry></feed>'
    )
    assert (entry.link, entry.base) == ("https://b.example/x/1", "https://b.example/x/y/")


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_parse_reads_json_feed_when_ids_are_numbers(version: str) -> None:
    feed = read(
        f'{{"version": "https://jsonfeed.org/version/{version}", "title": "A & B",'
        '"home_page_url": "https://j.example/", "hubs": [{"type": "WebSub", "url": "/hub"}],'
        '"items": [{"id": 7, "url": "/7", "content_text": "1 < 2", "authors": [{"name": "Ed"}],'
        '"date_published": "2016-06-29T12:34:56Z", "tags": ["t", 3],'
        '"attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}]}, 5]}',
        "application/feed+json",
    )
    [entry] = feed.entries
    assert (feed.title, feed.site_url, feed.hub_url) == ("A &amp; B", "https://j.example/", "/hub")
    assert (entry.guid, entry.link, entry.content, entry.author) == ("7", "/7", "1 &lt; 2", "Ed")
    assert entry.enclosures == (Enclosure("/a.mp3", "audio/mpeg", 9),)


def test_parse_mends_references_when_they_are_not_xml() -> None:
    entry = only(rss("<item><title>caf&eacute;&nbsp;&amp; R&D &bogus; &#0;&#150;</title></item>"))
    assert entry.title == "café\xa0& R&D &bogus; \N{EN DASH}"


def test_parse_leaves_cdata_alone_when_mending() -> None:
    assert only(rss("<item><title>x & y <![CDATA[p & q &nbsp;]]></title></item>")).title == (
        "x & y p & q &nbsp;"
    )


def test_parse_drops_characters_when_xml_forbids_them() -> None:
    assert only(rss("<item><title>a\x00b\x0bc\x1fd</title></item>")).title == "abcd"


def test_parse_skips_what_comes_before_when_a_server_printed_warnings() -> None:
    junk = "<br />\n<b>Warning</b>: Undefined index in <b>/www/feed.php</b><br />\n"
    assert only(junk + rss("<item><title>x</title></item>", head="<?xml version='1.0'?>")).title


def test_parse_reads_what_there_is_when_the_document_is_cut_short() -> None:
    whole = rss("<item><title>one</title><link>/1</link></item>" * 3)
    assert read(whole[:-60]).entries[0].link == "/1"


def test_parse_reads_the_encoding_it_is_told_when_the_markup_is_broken() -> None:
    body = rss("<item><title>é<b></title></item>", head='<?xml encoding="iso-8859-1"?>')
    assert "é" in only(body.encode("latin-1")).title


def test_parse_never_takes_a_guid_for_a_date_when_it_is_a_number() -> None:
    entry = only(rss("<item><guid>1467203696</guid><title>x</title></item>"))
    assert (entry.guid, entry.published, entry.updated) == ("1467203696", "", "")


def test_parse_keeps_entries_when_they_hold_anything() -> None:
    feed = read(
        rss(
            "<item><author>ann@x.example</author></item><item><pubDate>2016</pubDate></item>"
            '<item><source url="https://x.example/"/></item><item>\n</item><item><title/></item>'
        )
    )
    assert [(e.author, e.published) for e in feed.entries] == [
        ("ann@x.example", ""),
        ("", "2016"),
        ("", ""),
    ]


def test_parse_keeps_json_entries_when_they_hold_anything() -> None:
    items = '[{"id": 0}, {"authors": [{"name": "Ed"}]}, {}, {"title": ""}]'
    feed = read(f'{{"version": "https://jsonfeed.org/version/1.1", "items": {items}}}')
    assert [(entry.guid, entry.author) for entry in feed.entries] == [("0", ""), ("", "Ed")]


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author>ann@x.example (Ann Lee)</author>", "Ann Lee"),
        ("<author>Ann Lee &lt;ann@x.example&gt;</author>", "Ann Lee"),
        ("<author>ann@x.example</author>", "ann@x.example"),
        ("<author><p>Ann <b>Lee</b></p></author>", "Ann  Lee"),
        ("<dc:author>Ann Lee</dc:author>", "Ann Lee"),
    ],
)
def test_parse_reads_the_name_when_the_author_is_written(author: str, name: str) -> None:
    assert only(rss(f"<item>{author}</item>")).author == name


def test_parse_names_nobody_when_an_atom_author_has_an_address_only() -> None:
    entry = only(atom("<entry><id>1</id><author><uri>https://x.example/</uri></author></entry>"))
    assert entry.author == ""


def test_parse_reads_categories_when_the_feed_is_rss() -> None:
    item = "<item><category domain='d'> A &amp; B </category><category/><dc:subject>c</dc:subject>"
    item += "<media:category label='D'>d/e</media:category>"
    assert only(rss(f"{item}</item>")).categories == ("A & B", "c", "D")


def test_parse_reads_labels_of_categories_when_the_feed_is_atom() -> None:
    categories = '<category term="t1" label="One"/><category term="t2"/>'
    assert only(atom(f"<entry>{categories}</entry>")).categories == ("One", "t2")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<link rel="replies" href="/1#talk"/>', "/1#talk"),
        ('<link rel="replies" href="/1#talk" type="text/html"/>', "/1#talk"),
        ('<link rel="replies" href="/1.atom" type="application/atom+xml"/>', ""),
        ('<link href="/1"/>', ""),
    ],
)
def test_parse_reads_the_page_of_replies_when_atom_links_to_it(link: str, url: str) -> None:
    assert only(atom(f"<entry><id>1</id>{link}</entry>")).comments_url == url


def test_parse_reads_the_page_of_comments_when_rss_names_it() -> None:
    item = (
        '<item xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
        "<slash:comments>12</slash:comments><comments> /1#talk </comments></item>"
    )
    assert only(rss(item)).comments_url == "/1#talk"


def test_parse_reads_categories_and_comments_when_the_markup_is_broken() -> None:
    entry = only(
        rss(
            "<item><title>a<p>b<br></title><comments>/1#talk</comments><category>c</category></item>"
        )
    )
    assert (entry.comments_url, entry.categories) == ("/1#talk", ("c",))


def test_parse_reads_titles_when_an_end_tag_is_misspelt() -> None:
    feed = read(atom("<entry><id>1</id><title>one</titel></entry>"))
    assert (feed.title, feed.entries[0].guid) == ("News", "1")
    assert read('<feed xmlns="http://www.w3.org/2005/Atom"><title>T</name></feed>').title == "T"


def test_parse_finds_entries_when_they_stand_elsewhere() -> None:
    item = "<item><title>{}</title></item>"
    two_channels = (
        f"<rss><channel>{item.format(1)}</channel><channel>{item.format(2)}</channel></rss>"
    )
    beside = f"<rss><channel>{item.format(1)}</channel>{item.format(2)}</rss>"
    wrapped = f"<rss><channel><items>{item.format(1)}{item.format(2)}</items></channel></rss>"
    nested = f"<channel>{item.format(1)}<channel>{item.format(2)}</channel></channel>"
    for body in (two_channels, beside, wrapped, nested):
        assert [entry.title for entry in read(body).entries] == ["1", "2"]


def test_parse_leaves_out_entries_when_another_quotes_them() -> None:
    quoted = '<content type="xhtml"><entry><id>2</id></entry></content>'
    assert only(atom(f"<entry><id>1</id>{quoted}</entry>")).guid == "1"
    wrapped = f"<feed><x><entry><id>1</id>{quoted}</entry></x></feed>"
    assert only(wrapped).guid == "1"


def test_parse_takes_the_guid_as_link_when_it_is_a_permalink() -> None:
    item = "<item><guid{}>https://news.example/1</guid></item>"
    assert only(rss(item.format(""))).link == "https://news.example/1"
    assert only(rss(item.format(' isPermaLink="false"'))).link == ""


def test_parse_expands_nothing_when_entities_explode() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">{levels}]>'
    assert len(only(rss("<item><title>&l11;</title></item>", head=head)).title) < 100


def test_parse_reads_no_files_when_an_entity_names_one() -> None:
    head = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    assert only(rss("<item><title>&x;</title></item>", head=head)).title == "&x;"


def test_parse_knows_entities_when_the_document_declares_text() -> None:
    head = '<!DOCTYPE rss [<!ENTITY firm "Ann &amp; Bo">]>'
    assert only(rss("<item><title>&firm;</title></item>", head=head)).title == "Ann & Bo"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"<!DOCTYPE html><html><body><p>Hi</p></body></html>", "web page"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "web page"),
        (b"<opml version='2.0'/>", "<opml>"),
        (b'{"items": 1}', "JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither"),
    ],
)
def test_parse_says_what_it_is_when_it_is_no_feed(body: bytes, word: str) -> None:
    with pytest.raises(NotAFeed, match=word):
        read(body, "text/html")


def test_parse_reads_inline_markup_when_a_prefix_is_not_declared() -> None:
    entry = only(rss("<item><description><p>a<o:p>b</o:p></p></description></item>"))
    assert entry.summary == "<p>a<o:p>b</o:p></p>"
    entry = only(atom('<entry><content type="xhtml"><p>a<o:p:q>b</o:p:q></p></content></entry>'))
    assert entry.content == "<p>a<span>b</span></p>"
    assert only("<rdf:RDF><item><title>a</title></item></rdf:RDF>").title == "a"
    assert only("<atom:feed><entry><title>a</title></entry></atom:feed>").title_is_html is False


FRAGMENTS = st.sampled_from(
    [
        "<rss>",
        "<channel>",
        "<item>",
        "</item>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<entry>",
        "<title type='html'>",
        "</title>",
        "<link href='http://[x'/>",
        "<![CDATA[",
        "]]>",
        "<content mode='base64'>",
        "&amp;",
        "&",
        "&#xD800;",
        "<!DOCTYPE x [",
        "]>",
        "<?x",
        "?>",
        "<media:content url='a'/>",
        "xml:base='::'",
        "<a xml:base='//[' href='x'>",
        "\ud83d",
        "\x00",
    ]
)


@given(
    st.lists(FRAGMENTS | st.text(max_size=8), max_size=25),
    st.sampled_from(["<rss>", "<feed>", "{", ""]),
)
def test_parse_raises_only_not_a_feed_when_the_document_is_anything(
    parts: list[str], start: str
) -> None:
    body = (start + "".join(parts)).encode("utf-8", "surrogatepass")
    with suppress(NotAFeed):
        assert isinstance(read(body), ParsedFeed)
