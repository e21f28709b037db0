from __future__ import annotations

import base64
import gzip
import itertools
import json
import textwrap
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.plaintext.layers import LARGEST, TooLargeError, layers_of

VALUE = 'pa"ss\\wörd & <more>+1'.encode()
WRAPS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64 for URLs, unpadded": lambda text: base64.urlsafe_b64encode(text).rstrip(b"="),
    "base64, one byte later": lambda text: base64.b64encode(b"x" + text),
    "base64, two bytes later": lambda text: base64.b64encode(b"xy" + text + b"z"),
    "base64 in a longer word": lambda text: b"v1/sha" + base64.b64encode(text),
    "wrapped base64": lambda text: textwrap.indent(
        base64.encodebytes(b"head " * 20 + text).decode(), "  "
    ).encode(),
    "hex": lambda text: text.hex().encode(),
    "upper hex at an odd place": lambda text: b"a" + text.hex().upper().encode(),
    "gzip in base64": lambda text: base64.b64encode(gzip.compress(text, mtime=0)),
    "zlib in base64": lambda text: base64.b64encode(zlib.compress(text)),
    "gzip behind a head in base64": lambda text: base64.b64encode(
        b"v1:" + gzip.compress(text, mtime=0)
    ),
    "gzip in hex": lambda text: gzip.compress(text, mtime=0).hex().encode(),
    "JSON": lambda text: json.dumps({"a": text.decode("latin-1")}).encode("latin-1"),
    "Go's JSON": lambda text: json.dumps(text.decode("latin-1"), ensure_ascii=False)
    .replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode("latin-1"),
    "percent": lambda text: quote(text, safe="").encode(),
    "form": lambda text: quote_plus(text).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPS)
def test_every_disguise_is_undone(name: str):
    text = VALUE.replace("ö".encode(), b"o") if name == "JSON" else VALUE
    wrapped = WRAPS[name](text)
    assert text not in wrapped
    assert any(text in layer for layer in layers_of(b"before " + wrapped + b" after"))


@pytest.mark.parametrize(("outer", "inner"), [*itertools.permutations(WRAPS, 2)])
def test_every_disguise_is_undone_in_every_other(outer: str, inner: str):
    text = VALUE.replace("ö".encode(), b"o")
    assert any(text in layer for layer in layers_of(WRAPS[outer](WRAPS[inner](text))))


@given(st.lists(st.sampled_from(sorted(WRAPS)), max_size=5))
def test_disguises_are_undone_however_deep(names: list[str]):
    wrapped = text = b"hunter2-value"
    for name in names:
        wrapped = WRAPS[name](wrapped)
    assert any(text in layer for layer in layers_of(wrapped))


def test_characters_beyond_the_first_plane_are_joined_from_their_halves():
    assert "key-🔑-é".encode() in list(layers_of(b"key-\\ud83d\\udd11-\\u00e9"))


@pytest.mark.parametrize("text", [b"", b"true", b"dispatcher", b"a b c", b"1", b"\\", b"%", b"+"])
def test_a_short_plain_text_is_itself_alone(text: bytes):
    assert [layer for layer in layers_of(text) if layer.isascii()] in ([text], [text, b" "])


def test_damaged_gzip_gives_what_comes_before_the_damage():
    packed = gzip.compress(b"hunter2-value" + bytes(range(256)) * 8)
    assert any(b"hunter2" in layer for layer in layers_of(base64.b64encode(packed[:-60])))


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
def test_a_bomb_is_refused_before_it_is_unpacked(packed: Callable[[bytes], bytes]):
    bomb = base64.b64encode(packed(packed(bytes(8 * LARGEST))))
    assert len(bomb) < LARGEST // 100
    with pytest.raises(TooLargeError):
        list(layers_of(bomb))


def test_many_small_bombs_count_together():
    one = gzip.compress(bytes(LARGEST // 8), mtime=0)
    with pytest.raises(TooLargeError):
        list(layers_of(b",".join([base64.b64encode(one + bytes([n])) for n in range(9)])))


def test_what_an_api_server_takes_as_annotations_is_within_the_bound():
    words = json.dumps({f"key-{n}": base64.b64encode(b"%d" % n * 50).decode() for n in range(900)})
    text = json.dumps(json.dumps(words)).encode()
    assert 2**17 < len(text) < 2**18
    assert len(list(layers_of(text))) > 3


@given(st.binary(max_size=200))
def test_any_bytes_come_to_an_end(content: bytes):
    assert next(layers_of(content)) == content
    assert len(list(layers_of(content))) < 200
