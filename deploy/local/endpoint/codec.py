"""Compress and decompress HTTP bodies the way ClickHouse clients name it: lz4, zstd, gzip, deflate, br."""

from collections.abc import Callable, Iterator
from typing import Any

import cramjam

_CODECS: dict[str, Any] = {
    "lz4": cramjam.lz4,
    "zstd": cramjam.zstd,
    "gzip": cramjam.gzip,
    "deflate": cramjam.zlib,
    "br": cramjam.brotli,
}


class CodecError(ValueError):
    """The body is not what its Content-Encoding says, or the encoding is unknown."""


def decompress(body: bytes, encoding: str) -> bytes:
    """Give the plain body.

    Args:
        body: as it came; several frames one after the other are one body.
        encoding: value of the Content-Encoding header, "" for none.

    Raises:
        CodecError: unknown encoding or damaged body.
    """
    if encoding in {"", "identity"}:
        return body
    codec = _CODECS.get(encoding)
    if codec is None:
        raise CodecError(f"Unknown compression method: {encoding}")
    try:
        return bytes(codec.decompress(body)) if body else b""
    except cramjam.DecompressionError as error:
        raise CodecError(f"The body is not {encoding}: {error}") from error


def choose_encoding(accepted: str) -> str:
    """Give the first encoding of an Accept-Encoding header that we have, "" for none."""
    for item in accepted.split(","):
        name, _, quality = item.partition(";")
        if name.strip().lower() in _CODECS and quality.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip().lower()
    return ""


def compressor(encoding: str) -> Callable[[bytes | None], bytes]:
    """Make a function that compresses piece by piece into one frame (clients read no second one).

    Args:
        encoding: as `choose_encoding` gives it; "" gives the pieces back as they are.

    Returns:
        A function from a piece to what can be sent already; None in place of a piece gives the rest.
    """
    if not encoding:
        return lambda piece: piece or b""
    state = _CODECS[encoding].Compressor()

    def feed(piece: bytes | None) -> bytes:
        if piece is None:
            return bytes(state.finish())
        state.compress(piece)
        return bytes(state.flush())

    return feed


def compress_all(pieces: Iterator[bytes], encoding: str) -> bytes:
    """Compress a whole body at once."""
    feed = compressor(encoding)
    return b"".join([*(feed(piece) for piece in pieces), feed(None)])
