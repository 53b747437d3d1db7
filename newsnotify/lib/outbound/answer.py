"""An answer, read from whatever pieces the network gives it in. Knows no sockets and no clock."""

import re

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserUpgrade,
    HttpResponseParser,
)

from newsnotify.lib.sentences import gettext_noop

from .decoding import Decoder, Undecodable, decoder_for
from .errors import BadAnswer, OutboundError, TooLarge

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODILESS = REDIRECTS | {204, 304}  # of a redirect nothing is worth reading
_ERROR_BODY_BYTES = 4096
# Links and security policies of real sites are long; nobody's are longer than this.
_MAX_HEAD_BYTES = 64 * 1024
_MAX_FIELDS = 256
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TRANSFERS = frozenset({"", "chunked", "identity"})
# A 304 as most servers send it: whole, and nothing odd in it.
_NOT_MODIFIED = re.compile(
    rb"HTTP/1\.[01] 304(?: [\t -~\x80-\xff]*)?\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n){0,100})\r\n"
)
# What they say of a body may be wrong, which the parser has to say.
_OF_BODIES = frozenset({"content-length", "transfer-encoding", "upgrade"})

_NOT_HTTP = gettext_noop("%(host)s does not answer in proper HTTP.")
_HUNG_UP = gettext_noop("%(host)s hung up before it had answered.")
_BROKE_OFF = gettext_noop("%(host)s broke off the connection.")
_BREAKS_OFF = gettext_noop("The answer of %(host)s breaks off or cannot be decoded.")
_TOO_LARGE = gettext_noop("%(host)s sent over %(most)s bytes.")


class Answer:
    """One answer to one request; it is read when `is_done`, and then no good if it has an `error`.

    httptools calls the methods that begin with `on_`. They note what is wrong instead of raising
    it: what they raise is a mistake of ours.
    """

    def __init__(self, host: str, method: str, max_bytes: int) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}  # names in lower case, repeated ones joined by ", "
        self.body = bytearray()
        self.is_done = False
        self.is_error_page = False  # its status says it all: it may end or break off anywhere
        self.error: OutboundError | None = None
        self._host, self._method, self._most = host, method, max_bytes
        self._fields: list[tuple[bytes, bytes]] = []
        self._decoder: Decoder | None = None
        self._wire_count = self._packed_count = 0
        self._parser: HttpResponseParser | None = None

    def feed(self, data: bytes) -> None:
        """Read a piece."""
        if self.is_done or (not self._wire_count and self._takes_at_once(data)):
            return
        self._wire_count += len(data)
        try:
            self._parsing().feed_data(data)
        except HttpParserCallbackError:
            raise
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(_BREAKS_OFF if self.status else _NOT_HTTP, error)
        # Heads, trailers, sizes of chunks and their extensions: no more of them than of a body.
        if self._wire_count - self._packed_count > _MAX_HEAD_BYTES + self._packed_count:
            self._fail(_BREAKS_OFF if self.status else _NOT_HTTP)
        if self.is_done:
            self._parser = None  # it holds us, and two that hold each other are freed late

    def end(self, error: Exception | None = None) -> None:
        """Note that nothing more comes, and whether that was by an error."""
        if not self.status:
            self._fail(_BROKE_OFF if error else _HUNG_UP, error)
        elif error or not self._ends_with_connection():
            self._fail(_BREAKS_OFF, error)
        else:
            self._complete()
        self._parser = None

    def enough(self) -> None:
        """Leave it at what there is."""
        self.is_done = True
        self._parser = None

    def _takes_at_once(self, data: bytes) -> bool:
        """Take a whole head without a body, in a quarter of the time of going by its lines."""
        head = _NOT_MODIFIED.match(data, 0, _MAX_HEAD_BYTES)
        headers = _named(head[1]) if head else {}
        if not head or not _OF_BODIES.isdisjoint(headers):
            return False
        self.status, self.headers, self.is_done = 304, headers, True
        return True

    def _parsing(self) -> HttpResponseParser:
        if not self._parser:
            self._parser = HttpResponseParser(self)
            # What real servers do: lines that end in LF alone, headers folded over lines.
            self._parser.set_dangerous_leniencies(
                lenient_headers=True,
                lenient_optional_cr_before_lf=True,
                lenient_spaces_after_chunk_size=True,
            )
        return self._parser

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status:  # else it is a trailer
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        if self.is_done or not self._parser:
            return  # a second answer, which nobody asked for
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._fields.clear()  # the answer is yet to come
            return
        headers = _joined(self._fields)
        if headers is None or status < 100:
            self._fail(_NOT_HTTP)
            return
        self.status, self.headers = status, headers
        if status in _BODILESS or self._method == "HEAD":
            self.is_done = True
        else:
            self._expect_body()

    def on_body(self, data: bytes) -> None:
        if self.is_done or not self.status:
            return
        self._packed_count += len(data)
        try:
            room = self._most - len(self.body) + 1
            self.body += self._decoder.feed(data, room) if self._decoder else data
        except Undecodable as error:
            self._fail(_BREAKS_OFF, error)
            return
        is_over = len(self.body) > self._most or self._packed_count > self._most + _MAX_HEAD_BYTES
        if is_over and self.is_error_page:
            del self.body[self._most :]
            self.is_done = True
        elif is_over:
            values = {"host": self._host, "most": f"{self._most:,}"}
            self.error = TooLarge(_TOO_LARGE % values, self.status)
            self.is_done = True

    def on_message_complete(self) -> None:
        if self.status:
            self._complete()

    def _expect_body(self) -> None:
        self.is_error_page = self.status >= 300
        if self.is_error_page:
            self._most = _ERROR_BODY_BYTES
        try:
            self._decoder = decoder_for(self.headers.get("content-encoding", ""))
        except Undecodable as error:
            self._fail(_NOT_HTTP, error)  # we said what we can unpack
        if self.headers.get("transfer-encoding", "").lower() not in _TRANSFERS:
            self._fail(_NOT_HTTP)

    def _ends_with_connection(self) -> bool:
        is_chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        return not is_chunked and "content-length" not in self.headers

    def _complete(self) -> None:
        if self._decoder and not self._decoder.is_whole:
            self._fail(_BREAKS_OFF)
        self.is_done = True

    def _fail(self, sentence: str, cause: Exception | None = None) -> None:
        if self.is_done:
            return
        self.is_done = True
        if not self.is_error_page:
            self.error = BadAnswer(sentence % {"host": self._host}, self.status or None)
            self.error.__cause__ = cause


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[str, str] | None:
    """Return the headers of an answer; None when they are too many, too long or no text."""
    if len(fields) > _MAX_FIELDS:
        return None
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name = raw_name.decode("latin-1").strip().lower()
        value = raw_value.decode("utf-8", "surrogateescape").strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    text = "".join(headers.values())
    return None if len(text) > _MAX_HEAD_BYTES or _CONTROL.search(text) else headers


def _named(lines: bytes) -> dict[str, str]:
    """Return the headers of lines that are known to be proper ones."""
    headers: dict[str, str] = {}
    for line in lines.decode("utf-8", "surrogateescape").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
