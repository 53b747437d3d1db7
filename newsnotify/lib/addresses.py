"""Which addresses outgoing requests may reach: pure rules, no look-up, no connection.

The tables are our own, because `ipaddress` changed its mind about `is_global` several times
between Python 3.11 and 3.13. They follow the IANA special-purpose address registries (RFC 6890).
"""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform endpoint: a public number, reached from inside only
        "169.254.0.0/16",  # link-local, and the metadata service of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation (RFC 5737), as the two below
        "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")  # all that is assigned as global unicast (RFC 4291)
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # IETF protocol assignments, Teredo among them (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849, RFC 9637)
        "3fff::/20",
    )
)
_6TO4 = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP_MARKS = (0x00005EFE, 0x02005EFE)  # RFC 5214, section 6.1
_LOW_32 = 0xFFFFFFFF
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"(?:{_BYTE}\.){{3}}{_BYTE}"  # in its usual spelling alone
_USUAL_IPV4 = re.compile(IPV4)


def is_public(address: Address) -> bool:
    """Tell whether an address is globally routable, and what it embeds too."""
    address = plain(address)
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_V4)
    if any(not is_public(inner) for inner in _embedded(address)):
        return False
    return address in _NAT64 or (
        address in _PUBLIC_V6 and not any(address in block for block in _NOT_PUBLIC_V6)
    )


def plain(address: Address) -> Address:
    """Return what is connected to: without a zone, an IPv4-mapped address as IPv4."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def spelled(address: Address) -> str:
    """Write an address as it is connected to: `str()` takes four times as long."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    return socket.inet_ntop(family, address.packed)


def literal(host: str) -> Address | None:
    """Read a host that is an address, in every spelling a system accepts; None for a name.

    `127.1`, `0x7f000001`, `0177.0.0.1` and `2130706433` are all 127.0.0.1 (WHATWG URL, 3.5).
    Raises ValueError for what ends in a number and is no address: no name may.
    """
    if _USUAL_IPV4.fullmatch(host):
        return IPv4Address(socket.inet_aton(host))  # a quarter of the time of reading it itself
    host = host.removeprefix("[").removesuffix("]")
    if ":" in host:
        return plain(ip_address(host))
    parts = host.removesuffix(".").split(".")
    return _ipv4_of_numbers(parts) if _NUMBER.fullmatch(parts[-1]) else None


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a gateway would read out of an IPv6 address."""
    number = int(address)
    found = []
    if address in _6TO4:
        found.append(IPv4Address(number >> 80 & _LOW_32))
    if address in _NAT64 or number >> 32 & _LOW_32 in _ISATAP_MARKS:
        found.append(IPv4Address(number & _LOW_32))
    return found


def _ipv4_of_numbers(parts: list[str]) -> IPv4Address:
    *heads, last = [_number(part) for part in parts]
    room = 4 - len(heads)
    if room < 1 or any(head > 255 for head in heads) or last >= 256**room:
        raise ValueError(
            f"{'.'.join(parts)[:100]!r} is no IPv4 address; expected one like 192.0.2.1"
        )
    return IPv4Address(sum(head << 24 - 8 * i for i, head in enumerate(heads)) + last)


def _number(part: str) -> int:
    if not _NUMBER.fullmatch(part):
        raise ValueError(f"{part[:100]!r} is no part of an IPv4 address; expected 0 to 255")
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)
