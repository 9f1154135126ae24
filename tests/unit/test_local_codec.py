"""HTTP bodies under each compression a ClickHouse client may use."""

import gzip

import cramjam
import pytest

from deploy.local.endpoint.codec import CodecError, choose_encoding, compress_all, compressor, decompress

BODY = bytes(range(256)) * 500


@pytest.mark.parametrize("encoding", ["", "lz4", "zstd", "gzip", "deflate", "br"])
def test_a_body_survives_whole_and_in_pieces(encoding: str) -> None:
    whole = compress_all(iter([BODY, b"", BODY]), encoding)
    assert decompress(whole, encoding) == BODY * 2
    feed = compressor(encoding)
    assert decompress(feed(BODY) + feed(BODY) + feed(None), encoding) == BODY * 2


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip"])
def test_frames_one_after_the_other_are_one_body(encoding: str) -> None:
    one = compress_all(iter([BODY]), encoding)
    assert decompress(one + one, encoding) == BODY * 2


def test_what_other_libraries_compress_is_read() -> None:
    assert decompress(gzip.compress(BODY), "gzip") == BODY
    assert decompress(bytes(cramjam.zstd.compress(BODY)), "zstd") == BODY


def test_damaged_and_unknown_bodies_are_refused() -> None:
    with pytest.raises(CodecError, match="not lz4"):
        decompress(b"plain", "lz4")
    with pytest.raises(CodecError, match="Unknown compression"):
        decompress(b"plain", "snappy")


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("lz4,zstd,gzip", "lz4"), ("snappy, gzip;q=0.5", "gzip"), ("gzip;q=0, br", "br"), ("", ""), ("identity", "")],
)
def test_the_first_known_encoding_is_chosen(accepted: str, chosen: str) -> None:
    assert choose_encoding(accepted) == chosen
