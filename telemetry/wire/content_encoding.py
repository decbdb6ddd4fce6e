"""A body that was packed for the road is unpacked, never into more than was allowed."""

import zlib
from collections.abc import Callable

import zstandard

from telemetry.refusal import Refusal
from telemetry.wire.unreadable import unreadable

MOST = 16 * 1024 * 1024
"""So many bytes a batch may have, unpacked; two signs may be a reading that takes a hundred times as many in memory."""
_GZIP = 31
_WIDEST_WINDOW = 8 * 1024 * 1024


class UnknownEncoding(Refusal):
    """The body is packed in a way that we do not unpack."""


class BatchTooLarge(Refusal):
    """The batch, unpacked, is larger than we take at once."""


def unpack(body: bytes, *, encoding: str, most: int = MOST) -> bytes:
    """Unpack a body as its `Content-Encoding` says.

    >>> unpack(zlib.compress(b"readings", wbits=31), encoding="gzip")
    b'readings'

    Raises UnknownEncoding, BatchTooLarge and UnreadableBatch.
    """
    packed = encoding.strip().lower()
    if packed not in _UNPACK:
        sentence = f"a batch comes plain, as gzip or as zstd, not as '{packed[:60]}'"
        raise UnknownEncoding(sentence, field="Content-Encoding")
    _check_size(len(body), most)
    return _UNPACK[packed](body, most)


def _check_size(size: int, most: int) -> None:
    if size > most:
        sentence = f"the batch has more than {most} bytes, unpacked; send it in parts"
        raise BatchTooLarge(sentence, field="body", most=most)


def _plain(body: bytes, most: int) -> bytes:  # noqa: ARG001 - checked above
    return body


def _gunzip(body: bytes, most: int) -> bytes:
    """Unpack one gzip member; many small ones behind each other would cost more time than they have bytes."""
    member = zlib.decompressobj(wbits=_GZIP)
    try:
        found = member.decompress(body, most + 1)
    except zlib.error as error:
        raise unreadable(f"the body is no gzip: {error}") from error
    _check_size(len(found), most)
    if not member.eof:
        raise unreadable("the gzip of the body ends before its end; send it again whole")
    if member.unused_data:
        raise unreadable("something follows the gzip of the body; send one gzip member and no more")
    return found


def _unzstd(body: bytes, most: int) -> bytes:
    """Unpack one zstd frame. The size that it says is believed where it is too large, since so much would be taken."""
    try:
        _check_size(zstandard.frame_content_size(body), most)
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=most, allow_extra_data=False)
    except zstandard.ZstdError as error:
        _check_size(_size_up_to(most + 1, body), most)
        raise unreadable(f"the body is no whole zstd frame: {error}") from error


def _size_up_to(most: int, body: bytes) -> int:
    """Unpack no more than it takes to know that a body is too large."""
    try:
        return len(zstandard.ZstdDecompressor(max_window_size=_WIDEST_WINDOW).stream_reader(body).read(most))
    except zstandard.ZstdError:
        return 0


_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "": _plain,
    "identity": _plain,
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "zstd": _unzstd,
}
