"""Where outgoing requests may go: public addresses, and what the operator names.

Apart from `outbound`, so that settings can hold a policy without loading an HTTP client.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_network
from typing import NamedTuple, Self

from newsnotify.lib.sentences import gettext_noop

from . import addresses, urls
from .addresses import Address, Network


class Target(NamedTuple):
    """What one request wants to reach, before anything is looked up."""

    scheme: str
    host: str  # as urls.host spells it, IPv6 without brackets
    port: int
    https_only: bool = False


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What is named here may be reached on any port and by plain http; else only what is public."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})

    @classmethod
    def parse(cls, named: str | Iterable[str]) -> Self:
        """Make a policy of CIDRs, addresses and hosts: a list, or text with commas.

        Raises ValueError that names the bad item and what would be right.
        """
        items = named.split(",") if isinstance(named, str) else named
        rules = [_rule(item.strip()) for item in items if item.strip()]
        return cls(
            networks=tuple(rule for rule in rules if not isinstance(rule, str)),
            hosts=frozenset(rule for rule in rules if isinstance(rule, str)),
        )

    def names(self, host: str) -> bool:
        """Tell whether a host, or the address that it is, was named here."""
        address = addresses.literal(host)
        return host in self.hosts or (address is not None and self._is_named(address))

    def refusal(self, target: Target, address: Address) -> str:
        """Tell why a target must not be reached at an address, as a sentence; "" when it may."""
        if target.host in self.hosts or self._is_named(address):
            return ""
        if not addresses.is_public(address):
            # The address itself is not told: it would let people read an internal DNS.
            return _NOT_PUBLIC % {"host": target.host}
        if target.https_only and target.scheme != "https":
            return _NOT_HTTPS % {"host": target.host}
        if target.port not in self.ports:
            allowed = ", ".join(str(port) for port in sorted(self.ports))
            return _BAD_PORT % {"port": target.port, "host": target.host, "allowed": allowed}
        return ""

    def refusal_of_name(self, target: Target) -> str:
        """Tell what is wrong with a named host whatever its addresses are; "" when nothing is."""
        if self.networks:
            return ""  # its addresses may turn out to be in one of them
        return self.refusal(target, _SOME_PUBLIC_ADDRESS)

    def _is_named(self, address: Address) -> bool:
        address = addresses.plain(address)
        for network in self.networks:  # noqa: SIM110 - asked for every request: half the time
            if address in network:
                return True
        return False


_NOT_PUBLIC = gettext_noop(
    "%(host)s is not at a public address; whoever runs this server can open it with "
    "OUTBOUND_ALLOW=%(host)s"
)
_NOT_HTTPS = gettext_noop("%(host)s must be reached by https; write the URL with https://")
_BAD_PORT = gettext_noop("Port %(port)s of %(host)s is not one of %(allowed)s.")
_SOME_PUBLIC_ADDRESS = IPv4Address("1.1.1.1")


def _rule(item: str) -> Network | str:
    if "/" in item:
        return _network(item)
    try:
        host = urls.host(item.removeprefix("[").removesuffix("]"))
    except ValueError as error:
        raise ValueError(f"{item!r} is no host and no CIDR; {_EXPECTED}") from error
    address = addresses.literal(host)
    return host if address is None else ip_network(address)


def _network(item: str) -> Network:
    try:
        network = ip_network(item, strict=False)
    except ValueError as error:
        raise ValueError(f"{item!r} is no CIDR; {_EXPECTED}") from error
    if str(network.network_address) != item.split("/")[0]:
        raise ValueError(f"{item!r} has bits after its prefix; expected {network}")
    return network


_EXPECTED = "expected one like 10.0.0.0/8, 192.168.1.5 or feeds.lan, without scheme and port"
