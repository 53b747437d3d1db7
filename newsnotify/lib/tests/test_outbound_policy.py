from ipaddress import ip_address

import pytest

from newsnotify.lib.outbound import OutboundPolicy, Refused, check
from newsnotify.lib.outbound_policy import Target

OPEN = OutboundPolicy.parse("10.0.0.0/8, Feeds.LAN, 127.0.0.1,[fd00::1], bücher.lan,")


def refusal(policy: OutboundPolicy, host: str, address: str, port: int = 443) -> str:
    return policy.refusal(Target("https", host, port), ip_address(address))


def test_parse_takes_a_list_when_settings_have_split_it() -> None:
    assert OutboundPolicy.parse(["10.0.0.0/8", "feeds.lan"]) == OutboundPolicy.parse(
        "10.0.0.0/8,feeds.lan"
    )


@pytest.mark.parametrize(
    ("item", "remedy"),
    [
        ("10.0.0.0/33", "10.0.0.0/8"),
        ("10.0.0.5/8", "10.0.0.0/8"),
        ("http://feeds.lan", "without scheme"),
        ("feeds.lan:8000", "without scheme and port"),
        ("1.2.3.4.5", "192.168.1.5"),
        ("feeds lan", "feeds.lan"),
        ("*", "feeds.lan"),
    ],
)
def test_parse_names_value_and_remedy_when_an_item_is_bad(item: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=r"expected") as caught:
        OutboundPolicy.parse(f"10.0.0.0/8,{item}")
    assert repr(item) in str(caught.value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("any.example", "10.9.9.9"),
        ("any.example", "::ffff:10.9.9.9"),
        ("feeds.lan", "192.168.0.1"),
        ("xn--bcher-kva.lan", "192.168.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("any.example", "fd00::1"),
    ],
)
def test_policy_opens_any_port_when_target_is_named(host: str, address: str) -> None:
    assert refusal(OPEN, host, address, 9999) == ""
    assert not OPEN.refusal(Target("http", host, 9999, https_only=True), ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.2", "11.0.0.1", "fd00::2", "::1", "192.168.0.1"])
def test_policy_stays_closed_when_only_neighbours_are_named(address: str) -> None:
    assert refusal(OPEN, "any.example", address, 9999)


@pytest.mark.parametrize("port", [0, 22, 25, 81, 3306, 6379, 8000, 65535])
def test_policy_refuses_port_when_it_is_not_of_the_web(port: int) -> None:
    assert f"Port {port} " in refusal(OutboundPolicy(), "example.org", "1.1.1.1", port)


@pytest.mark.parametrize("port", [80, 443, 8080, 8443])
def test_policy_allows_port_when_address_is_public(port: int) -> None:
    assert refusal(OutboundPolicy(), "example.org", "1.1.1.1", port) == ""


def test_refusal_keeps_the_address_secret_when_a_name_resolves_to_a_private_one() -> None:
    reason = refusal(OutboundPolicy(), "wiki.corp", "10.1.2.3")
    assert "wiki.corp" in reason
    assert "10.1.2.3" not in reason
    assert "OUTBOUND_ALLOW" in reason


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "http://example.org:22/",
        "http://127.1/",
        "https://[::1]/",
        "http://2852039166/latest/meta-data/",
        "no url",
    ],
)
def test_check_refuses_without_a_lookup_when_the_url_tells_enough(url: str) -> None:
    with pytest.raises(Refused):
        check(OutboundPolicy(), url)


def test_check_wants_https_when_only_https_is_allowed() -> None:
    with pytest.raises(Refused, match="https"):
        check(OutboundPolicy(), "http://hooks.example/x", https_only=True)
    check(OutboundPolicy(), "https://hooks.example/x", https_only=True)
    check(OPEN, "http://feeds.lan:9999/x", https_only=True)


def test_check_waits_for_the_lookup_when_a_named_network_may_hold_the_host() -> None:
    check(OPEN, "http://any.example:9999/")
