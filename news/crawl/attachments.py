"""What is attached to an entry: enclosures, Media RSS, pictures of podcasts."""

from collections.abc import Iterator

from news.crawl.elements import RDF, Children, Element, Elements, Link, text_of
from news.crawl.fields import Medium

_MRSS = ("media:group", "media:content", "media:thumbnail")
_PICTURES = ("itunes:image", "itunes:link", "image")
ATTACHED = ("enclosure", *_MRSS, *_PICTURES)


def enclosed(reader: Elements, found: Children, links: list[Link]) -> list[Medium]:
    """List what is attached, each as often as it is named."""
    media = [_enclosure(reader, element) for element in found.get("enclosure", ())]
    media += [Medium(x.url, x.type, length=x.length) for x in links if x.rel == "enclosure"]
    for name in _MRSS:
        for holder in found.get(name, ()):
            media.extend(_mrss(reader, holder))
    return media


def pictured(reader: Elements, found: Children) -> str:
    """Find the picture that an entry names as its own."""
    for name in _PICTURES:
        for image in found.get(name, ()):
            nested = text_of(reader.children(image), ("url",))
            if url := image.get("href") or nested or (image.text or "").strip():
                return reader.resolve(image, url)
    return ""


def _enclosure(reader: Elements, element: Element) -> Medium:
    url = element.get("url") or element.get("href") or element.get(f"{RDF}resource", "")
    kind, length = element.get("type", ""), element.get("length", "")
    return Medium(reader.resolve(element, url.strip()), kind, length=length)


def _mrss(reader: Elements, holder: Element) -> Iterator[Medium]:
    """Read Media RSS: contents and thumbnails, grouped or not."""
    for element in holder.iter():
        name, url = reader.names[element.tag], element.get("url", "").strip()
        if url and name == "media:content":
            kind, medium = element.get("type", ""), element.get("medium", "")
            yield Medium(url, kind, medium or "unknown", element.get("fileSize", ""))
        elif url and name == "media:thumbnail":
            yield Medium(url, medium="thumbnail")
