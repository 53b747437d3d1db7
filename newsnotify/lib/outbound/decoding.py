"""Bodies as they were before they were packed (RFC 9110, section 8.4.1)."""

import zlib

_GZIP = frozenset({"gzip", "x-gzip"})
_UNKNOWN = frozenset({"br", "zstd", "compress", "x-compress"})
_GZIP_MARK = 0x1F
_MAX_MEMBERS = 1024  # of one gzip body: empty ones cost time and never reach a limit of bytes


class Undecodable(Exception):  # noqa: N818 as the exceptions of this package
    """Broken data, or packed in a way that we did not ask for."""


class Decoder:
    """Unpacks a body piece by piece."""

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding in _GZIP
        self._stream: zlib._Decompress | None = None
        self._begun_count = 0

    @property
    def is_whole(self) -> bool:
        """Whether the data so far could be all: it ends where its format says, or is nothing."""
        return self._stream is None

    def feed(self, data: bytes, most: int) -> bytearray:
        """Return what a piece unpacks to, at most so much of it: then the rest is lost.

        Raises Undecodable.
        """
        unpacked = bytearray()
        while data and len(unpacked) < most and (stream := self._stream_for(data[0])):
            try:
                unpacked += stream.decompress(data, most - len(unpacked))
            except zlib.error as error:
                raise Undecodable from error
            if not stream.eof:
                break
            data, self._stream = stream.unused_data, None
        return unpacked

    def _stream_for(self, first: int) -> "zlib._Decompress | None":
        """Return the stream that goes on or begins with a byte; None where all is over.

        What follows the last member of a gzip body is ignored, as gzip and browsers do.
        """
        if self._stream:
            return self._stream
        if self._begun_count and not (self._is_gzip and first == _GZIP_MARK):
            return None
        if self._begun_count == _MAX_MEMBERS:
            raise Undecodable
        self._begun_count += 1
        self._stream = zlib.decompressobj(31 if self._is_gzip else _deflate_bits(first))
        return self._stream


def decoder_for(coding: str) -> Decoder | None:
    """Return what unpacks a Content-Encoding; None for what is plain, or is called what it is not.

    Raises Undecodable for what we cannot unpack.
    """
    coding = coding.strip().lower()
    if coding in _UNKNOWN:
        raise Undecodable
    return Decoder(coding) if coding in _GZIP or coding == "deflate" else None


def _deflate_bits(first: int) -> int:
    """Tell zlib's format from bare deflate, which many servers send under the same name."""
    return zlib.MAX_WBITS if first & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
