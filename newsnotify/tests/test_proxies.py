"""What a proxy says of a request is believed when one stands in front, and else nobody's word."""

from collections.abc import Iterator

import pytest
import requests

from newsnotify.tests.processes import Product

pytestmark = pytest.mark.anywhere

PUBLIC = {"PUBLIC_URL": "https://news.example.org"}
ASKED = {"Host": "news.example.org"}


@pytest.fixture(scope="module", params=["0", "1"])
def product(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    data_dir = tmp_path_factory.mktemp("data")
    with Product(data_dir, **PUBLIC, TRUSTED_PROXIES=request.param) as started:
        yield started


def is_secure(product: Product, **headers: str) -> bool:
    """Tell by the header that Django sends over https alone."""
    answer = requests.get(f"{product.url}/topics", headers={**ASKED, **headers}, timeout=10)
    assert answer.status_code == 200
    return "Strict-Transport-Security" in answer.headers


def test_request_is_secure_when_a_trusted_proxy_says_so(product: Product) -> None:
    trusted = product.environment["TRUSTED_PROXIES"] == "1"
    assert is_secure(product, **{"X-Forwarded-Proto": "https"}) is trusted
    assert not is_secure(product, **{"X-Forwarded-Proto": "http"})
    assert not is_secure(product)
    for forged in ({"X-Forwarded-Ssl": "on"}, {"Forwarded": "proto=https"}, {"X-Scheme": "https"}):
        assert not is_secure(product, **forged)


def test_form_is_taken_through_a_proxy_and_its_cookie_is_secure(product: Product) -> None:
    forwarded = {**ASKED, "X-Forwarded-Proto": "https"}
    page = f"{product.url}/account/login"
    shown = requests.get(page, headers=forwarded, timeout=10)
    token = shown.cookies["csrftoken"]
    assert "Secure" in shown.headers["Set-Cookie"]
    answer = requests.post(
        page,
        {"username": "nobody@example.org", "password": "x", "csrfmiddlewaretoken": token},
        headers={**forwarded, "Cookie": f"csrftoken={token}", "Origin": PUBLIC["PUBLIC_URL"]},
        timeout=10,
    )
    assert answer.status_code == 200
