"""What people call a device, read from the User-Agent header."""

import re

# The first mark that is found names it, so those that imitate others come before them.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][\w.+ -]{0,40}?(?=/| \(|$)", re.ASCII)


def device(user_agent: str) -> str:
    """Name a device, such as "Firefox on Linux"; `""` when the header tells nothing.

    A program is called by its first product token (RFC 9110, section 10.1.5).
    """
    browser = _named(user_agent, _BROWSERS) if user_agent.startswith("Mozilla/") else ""
    if not browser:
        product = _PRODUCT.match(user_agent)
        browser = product[0] if product and product[0] != "Mozilla" else ""
    system = _named(user_agent, _SYSTEMS)
    return f"{browser} on {system}" if browser and system else browser or system


def _named(user_agent: str, marks: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")
