"""From a published item to a person's screen, with nothing faked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from newsnotify.lib.tests.servers import Server
from newsnotify.tests.feeds import published
from newsnotify.tests.processes import Person, Product, chromium, until

pytestmark = pytest.mark.anywhere

OLD = ("An old story", "Another old story")


@pytest.fixture
def publisher() -> Iterator[Server]:
    with Server(lambda _: published(*OLD)) as server:
        yield server


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with Product(tmp_path) as product:
        yield product


def follow_tech(product: Product, publisher: Server) -> tuple[Person, dict[str, Any]]:
    admin = product.admin()
    source = admin.post("sources", url=f"{publisher.url}/feed.xml", topic="tech")
    reader = product.person("reader@example.org")
    reader.post("subscriptions", kind="topic", topic="tech")
    return reader, source


def titles(person: Person) -> list[str]:
    return [row["title"] for row in person.get("notifications")["results"]]


def test_article_reaches_socket_and_list_once_when_published(
    product: Product, publisher: Server
) -> None:
    reader, source = follow_tech(product, publisher)
    assert source["status"] == "ok"
    assert source["article_count"] == 2
    with connect(f"ws://127.0.0.1:{product.port}/ws?token={reader.token}") as socket:
        publisher.respond = lambda _: published(*OLD, "Water found on the Moon")
        frame = json.loads(socket.recv(timeout=30))
        assert frame["message"] == "What there is to say of Water found on the Moon."
        assert frame["read"] is False
        assert titles(reader) == ["Water found on the Moon"]
        assert reader.get("notifications")["results"][0]["id"] == frame["id"]
        product.admin().post(f"sources/{source['id']}/crawl")
        publisher.respond = lambda _: published(*OLD, "Water found on the Moon", "More water")
        assert json.loads(socket.recv(timeout=30))["title"] == "More water"
    assert titles(reader) == ["More water", "Water found on the Moon"]


@pytest.mark.browser
def test_inbox_shows_article_without_reload_when_published(
    product: Product, publisher: Server
) -> None:
    reader, _ = follow_tech(product, publisher)
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{product.url}/account/login")
        page.get_by_label("E-mail").fill(reader.email)
        page.get_by_label("Password").fill(reader.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox")
        page.evaluate("window.neverReloaded = true")
        publisher.respond = lambda _: published(*OLD, "Water found on the Moon")
        expect(page.get_by_text("Water found on the Moon").first).to_be_visible(timeout=30_000)
        assert page.evaluate("window.neverReloaded")
    assert titles(reader) == ["Water found on the Moon"]


def test_everybody_is_told_once_when_killed_between_storing_and_fanning_out(
    tmp_path: Path, publisher: Server
) -> None:
    product = Product(tmp_path, "-m", "newsnotify.tests.dies_before_fan_out")
    with product:
        reader, _ = follow_tech(product, publisher)
        publisher.respond = lambda _: published(*OLD, "Water found on the Moon")
        assert product.wait() == -9
    with Product(tmp_path) as restarted:
        reader = restarted.person(reader.email)
        assert until(lambda: titles(reader)) == ["Water found on the Moon"]
        publisher.respond = lambda _: published(*OLD, "Water found on the Moon", "More water")
        until(lambda: len(titles(reader)) > 1)
        assert titles(reader) == ["More water", "Water found on the Moon"]
