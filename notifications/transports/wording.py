"""What a parcel says in few words, in the language that is active: subjects and short texts."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsnotify.lib.lines import one_line
from notifications.transports.base import Item, Parcel, Size

SUBJECT, LEAST = 150, 20


def heading(parcel: Parcel) -> str:
    """Say in a line what a parcel tells."""
    if parcel.size == Size.ONE:
        return name_of(parcel.items[0])
    count = len(parcel.items)
    sources = {item.source_title for item in parcel.items}
    if parcel.size == Size.DIGEST:
        if "" in sources:
            text = ngettext(
                "Your digest: %(count)d notification",
                "Your digest: %(count)d notifications",
                count,
            )
        else:
            text = ngettext(
                "Your digest: %(count)d new article", "Your digest: %(count)d new articles", count
            )
        return text % {"count": count}
    if len(sources) == 1 and "" not in sources:
        text = ngettext(
            "%(source)s: %(count)d new article", "%(source)s: %(count)d new articles", count
        )
        return text % {"source": cut(one_line(sources.pop()), 80), "count": count}
    if "" not in sources:
        return ngettext("%(count)d new article", "%(count)d new articles", count) % {"count": count}
    text = ngettext("%(count)d new notification", "%(count)d new notifications", count)
    return text % {"count": count}


def name_of(item: Item) -> str:
    """Call a notification by its title, or by how its message begins."""
    return cut(one_line(item.title) or one_line(item.message), SUBJECT) or _("A notification")


def cut(text: str, most: int) -> str:
    """Shorten a text to at most so many characters, after a word where there is one."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    head, space, _rest = kept.rpartition(" ")
    return (head if space and len(head) > most // 2 else kept).rstrip(" ,.;:-") + "…"


def in_short(parcel: Parcel, most: int) -> str:
    """Say it in one line of at most so many characters, the link into the app at its end."""
    link = parcel.items[0].link if parcel.size == Size.ONE else parcel.links.inbox
    room = most - len(link) - 1
    if room < LEAST:  # an address of that length leaves none for words
        return cut(heading(parcel), most)
    return f"{cut(_told(parcel), room)} {link}".strip()


def in_full(parcel: Parcel, most: int) -> tuple[str, str, str]:
    """Give heading, text and link for a chat, of so many characters at most in all."""
    if parcel.size == Size.ONE:
        item = parcel.items[0]
        message = "" if _is_said(item) else item.message.strip()
        link = item.url or item.link
    else:
        message = "\n".join(f"• {name_of(item)}" for item in parcel.items)
        link = parcel.links.inbox
    title = heading(parcel)
    return title, _cut_lines(message, max(most - len(title) - len(link) - 2, 0)), link


def _told(parcel: Parcel) -> str:
    if parcel.size != Size.ONE:
        return heading(parcel)
    item = parcel.items[0]
    words = (one_line(item.title), "" if _is_said(item) else one_line(item.message))
    return ". ".join(filter(None, words))


def _is_said(item: Item) -> bool:
    """Tell whether the message only repeats the title."""
    return one_line(item.title) == one_line(item.message)


def _cut_lines(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: max(most - 1, 0)].rstrip() + "…"
