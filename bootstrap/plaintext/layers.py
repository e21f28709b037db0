"""A text with every disguise undone, one within the other: gzip in base64 in JSON and the like."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

LARGEST = 16 * 2**20
"""How many bytes a text may unpack to: API servers keep objects of 1.5 MiB at most."""
_SHORTEST = 6
"""Of what is hidden; nothing shorter is looked for."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(rb"[0-9a-fA-F]{12,}")
_ESCAPE = re.compile(rb'\\(?:((?:u[0-9a-fA-F]{4}(?:\\(?=u))?)+)|x([0-9a-fA-F]{2})|(["\'\\/bfnrt]))')
_ESCAPED = dict(zip(b"\"'\\/bfnrt", b"\"'\\/\b\f\n\r\t", strict=True))
# gzip, and the headers of zlib whose check bits are right for its four usual levels
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
# printable UTF-8, of which noise has next to none
_TEXT = re.compile(
    rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
    rb"|[\xf0-\xf4][\x80-\xbf]{3}){8,}"
)
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_STEP = 64
_SPACE = b" \t\r\n"
_BETWEEN = b"\0"
"""Keeps apart what stood apart; it is in no encoding's alphabet."""


class TooLargeError(Exception):
    """The text unpacks to more than LARGEST bytes. Holds no data."""


def layers_of(content: bytes) -> Iterator[bytes]:
    """Yield `content` and, again and again, what it is with a disguise undone.

    Undone are base64 of either alphabet (at any alignment, with or without padding, wrapped), hex,
    percent-encoding, escapes as in JSON, gzip and zlib. What is no disguise is undone to noise.
    Raises TooLargeError where that comes to more than LARGEST bytes.
    """
    left = LARGEST
    seen = {content}
    waiting = [content]
    while waiting:
        layer = waiting.pop()
        yield layer
        text = _BETWEEN.join(_TEXT.findall(layer))
        for found in (_unpacked(layer, left), *(undo(text) for undo in _UNDO)):
            if not found or found in seen:
                continue
            left -= len(found)
            if left < 0:
                raise TooLargeError
            seen.add(found)
            waiting.append(found)


def _from_base64(layer: bytes) -> bytes:
    compact = layer.translate(None, _SPACE)
    return _BETWEEN.join(
        _decode(match[0][shift:]) for match in _BASE64.finditer(compact) for shift in range(4)
    )


def _decode(text: bytes) -> bytes:
    text = text.translate(bytes.maketrans(b"-_", b"+/"))
    if len(text) % 4 == 1:  # half of a byte
        text = text[:-1]
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def _from_hex(layer: bytes) -> bytes:
    compact = layer.translate(None, _SPACE)
    pieces = [match[0][shift:] for match in _HEX.finditer(compact) for shift in range(2)]
    return _BETWEEN.join(binascii.unhexlify(text[: len(text) // 2 * 2]) for text in pieces)


def _from_percent(layer: bytes) -> bytes:
    return unquote_to_bytes(layer) if b"%" in layer else b""


def _from_form(layer: bytes) -> bytes:
    """Undo what forms do to a space."""
    return layer.replace(b"+", b" ") if b"+" in layer else b""


def _from_escapes(layer: bytes) -> bytes:
    return _ESCAPE.sub(_unescape, layer) if b"\\" in layer else b""


def _unescape(match: re.Match[bytes]) -> bytes:
    units, code, letter = match.groups()
    if units is not None:
        # halves of one character stand beside each other
        text = bytes.fromhex(units.decode().replace("\\", "").replace("u", ""))
        return text.decode("utf-16-be", "replace").encode()
    return bytes([int(code, 16) if code is not None else _ESCAPED[letter[0]]])


def _unpacked(layer: bytes, left: int) -> bytes:
    found = []
    view = memoryview(layer)
    for match in _PACKED.finditer(layer):
        text = _unpack(view[match.start() :], left)
        left -= len(text)
        if left < 0:
            raise TooLargeError
        if len(text) >= _SHORTEST:
            found.append(text)
    return _BETWEEN.join(found)


def _unpack(packed: memoryview, left: int) -> bytes:
    """Return what `packed` begins with, one byte more than `left` at most; b"" if it is not."""
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    found = []
    try:
        # in steps, as what comes before damage, or before another text, is plaintext as well
        for start in range(0, len(packed), _STEP):
            text = unpacking.decompress(packed[start : start + _STEP], left + 1)
            found.append(text)
            left -= len(text)
            if left < 0 or unpacking.eof:
                break
    except zlib.error:
        pass
    return b"".join(found)


_UNDO: tuple[Callable[[bytes], bytes], ...] = (
    _from_escapes, _from_percent, _from_form, _from_hex, _from_base64,
)  # fmt: skip
