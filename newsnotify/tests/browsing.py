"""A house with something on every page, and a browser that tells what was wrong with one."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

from newsnotify.lib.tests.mail_servers import MailServer
from newsnotify.lib.tests.servers import Server
from newsnotify.tests.feeds import published
from newsnotify.tests.processes import Person, Product, until

HOSTILE = '<img src=x onerror="alert(1)"></title><script>alert(2)</script> \u202eksim\u202c & "q"'
TITLES = ("Water found on the Moon", HOSTILE, "Rain")
PASSWORD = "a reader of tests"

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# Remembers what the policy refused, also before the page's own scripts run.
WATCHING = """
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@dataclass(frozen=True)
class House:
    product: Product
    reader: Person
    post: MailServer

    @property
    def url(self) -> str:
        return self.product.url


@contextlib.contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """Serve a house with sources, articles and a reader whose inbox has something in it."""
    with (
        Server(lambda _: published(*TITLES)) as publisher,
        MailServer() as post,
        Product(folder, EMAIL_URL=f"smtp://127.0.0.1:{post.port}") as product,
    ):
        admin = product.admin()
        admin.post("sources", url=f"{publisher.url}/feed.xml", topic="tech")
        reader = product.person("reader@example.org", PASSWORD)
        reader.patch("auth/me", name=HOSTILE)
        reader.post("subscriptions", kind="topic", topic="tech")
        for title in TITLES:
            body = {"title": title, "message": title, "metadata": {"priority": "critical"}}
            admin.post("notifications", user_id=reader.email, **body)
        yield House(product, reader, post)


def signed_in(context: Any, house: House, email: str, password: str) -> None:
    page = context.new_page()
    page.goto(f"{house.url}/account/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox")
    page.close()


def link_to(address: str, house: House, subject: str) -> str:
    """Give the link in the newest letter that came with this subject."""

    def found() -> str | None:
        for mail in reversed(house.post.mails):
            body = mail.get_body(("plain",))
            if (mail["To"], mail["Subject"]) == (address, subject) and body:
                url = re.search(r"^http\S+token=\S+", body.get_content(), re.MULTILINE)
                return url[0] if url else None
        return None

    return until(found)


def opened(page: Any, url: str) -> list[str]:
    """Open a page; returns what its policy refused, what its scripts threw and the console said."""
    troubles: list[str] = []

    def hear(message: Any) -> None:
        # A 404 or 400 that is meant is no trouble, and neither are pictures of sites that are not.
        if message.type == "error" and "Failed to load resource" not in message.text:
            troubles.append(message.text)

    def break_down(error: Any) -> None:
        troubles.append(str(error))

    page.on("console", hear)
    page.on("pageerror", break_down)
    page.goto(url, wait_until="load")
    page.wait_for_function("document.readyState === 'complete'")
    troubles += page.evaluate("window.refused")
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", break_down)
    return troubles


def serious_anywhere(page: Any, schemes: Iterable[str]) -> list[str]:
    """Ask axe about the page as it stands, with all that folds out, narrow and wide."""
    page.evaluate(UNFOLD)
    found: list[str] = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found += serious(page)
    return found


def serious(page: Any) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]
