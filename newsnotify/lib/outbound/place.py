"""Where a request goes: a clean URL, taken apart."""

import re
from typing import NamedTuple, Self

from newsnotify.lib import urls

_PARTS = re.compile(r"(https?)://(?:([^@/?]*)@)?(\[[^]/?]+\]|[^:/?]+)(?::([0-9]+))?(/.*)")


class Place(NamedTuple):
    """A URL in the parts that a request needs, each as it is sent."""

    scheme: str
    host: str  # a lower-case ASCII name, or an address, IPv6 without brackets
    port: int
    authority: str  # host and port as in the URL, so without user info and default port
    path: str  # with the query
    user_info: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Clean a URL and take it apart; raises ValueError with a sentence for people."""
        parts = _PARTS.fullmatch(urls.clean(url))
        if not parts:
            raise ValueError(urls.UNREADABLE)
        scheme, user_info, host, port, path = parts.groups("")
        authority = f"{host}:{port}" if port else host
        number = int(port) if port else urls.DEFAULT_PORTS[scheme]
        return cls(scheme, host.strip("[]"), number, authority, path, user_info)

    @property
    def url(self) -> str:
        """The URL without user info."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def address(self) -> str:
        """The URL with its user info: a secret."""
        at = f"{self.user_info}@" if self.user_info else ""
        return f"{self.scheme}://{at}{self.authority}{self.path}"
