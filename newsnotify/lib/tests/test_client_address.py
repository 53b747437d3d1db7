import pytest
from django.test import RequestFactory, override_settings

from newsnotify.lib.client_address import client_address, counted


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "client"),
    [
        ("203.0.113.9", "", 0, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", 0, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "forged, 198.51.100.1, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1,203.0.113.9,10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 3, "203.0.113.9"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", " , ", 1, "10.0.0.1"),
        ("10.0.0.1", "unknown", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", 1, "203.0.113.9"),
        ("10.0.0.1", "[2001:DB8:0::1]:4711", 1, "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", 1, "2001:db8::1"),
        ("10.0.0.1", "::ffff:203.0.113.9", 1, "203.0.113.9"),
        ("::ffff:203.0.113.9", "", 0, "203.0.113.9"),
        ("", "", 0, ""),
        ("", "203.0.113.9", 1, "203.0.113.9"),
    ],
)
def test_client_address_is_counted_from_the_right(
    peer: str, forwarded: str, proxies: int, client: str
) -> None:
    assert counted(peer, forwarded, proxies) == client


def test_client_address_is_the_forwarded_one_when_a_proxy_is_trusted() -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "203.0.113.9"})
    with override_settings(TRUSTED_PROXIES=0):
        assert client_address(request) == "127.0.0.1"
    with override_settings(TRUSTED_PROXIES=1):
        assert client_address(request) == "203.0.113.9"
