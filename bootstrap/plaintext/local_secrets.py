"""The secret values in a local file of any form, read leniently: what a scan must look for.

Unlike `bootstrap.plaintext.input` this refuses nothing: a file with a mistake in it holds
secrets too.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from bootstrap.constants import REDIS_URL_KEY
from bootstrap.plaintext.known_keys import find_key, may_be_shown
from bootstrap.yaml.loader import compose_all

_BLOCKS = frozenset({"secrets", "data", "stringData"})
_SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|api[-_]?key|private|credential|signing|webhook|dsn",
    re.IGNORECASE,
)
_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_LINE = re.compile(r"^\s*(?:export\s+|-\s+)?([^\s:=]+)\s*[:=]\s*(.+?)\s*$", re.MULTILINE)
_LEAST = 4


@dataclass(frozen=True, slots=True, repr=False)
class LocalValue:
    """A secret, and what to call it in a message. Has no repr, as it would show the value."""

    name: str
    value: bytes


def collect_values(raw: bytes, *, source: str, dotenv: bool) -> list[LocalValue]:
    """Return the secrets in `raw`: what a `secrets:` block or a Secret holds, or what is named so.

    Values of fewer than four bytes are left out: they would be found everywhere.
    """
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    pairs: Iterable[tuple[str, str, bool]]
    try:
        pairs = list(_read_dotenv(text) if dotenv else _read_yaml(text))
    except Exception:  # whatever a parser stumbles over, its words may quote the text
        pairs = [(match[1], match[2].strip("'\""), False) for match in _LINE.finditer(text)]
    found: dict[bytes, LocalValue] = {}
    for name, value, in_block in pairs:
        if _is_secret(name, value, in_block):
            for form in _forms(value):
                if len(form) >= _LEAST:
                    found.setdefault(form, LocalValue(_describe(name, source), form))
    return list(found.values())


def _read_dotenv(text: str) -> Iterator[tuple[str, str, bool]]:
    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise ValueError
        if binding.key is not None and binding.value:
            yield binding.key, binding.value, False


def _read_yaml(text: str) -> Iterator[tuple[str, str, bool]]:
    seen: set[int] = set()
    for document in compose_all(text):
        yield from _walk(document, "", False, seen)


def _walk(node: Any, name: str, in_block: bool, seen: set[int]) -> Iterator[tuple[str, str, bool]]:
    if id(node) in seen:  # an alias: its anchor was walked
        return
    seen.add(id(node))
    if node.id == "scalar":
        yield name, node.value, in_block
    elif node.id == "sequence":
        for item in node.value:
            yield from _walk(item, name, in_block, seen)
    else:
        for key, value in node.value:
            written = key.value if key.id == "scalar" else name
            yield from _walk(value, written, in_block or written in _BLOCKS, seen)


def _is_secret(name: str, value: str, in_block: bool) -> bool:
    key = find_key(name)
    if key == REDIS_URL_KEY:
        return bool(_URL_WITH_PASSWORD.search(value) or "password=" in value)
    if key is not None or in_block:
        return True
    return bool(_SECRET_NAME.search(name) or _URL_WITH_PASSWORD.search(value))


def _forms(value: str) -> Iterator[bytes]:
    raw = value.encode("utf-8", "surrogateescape")
    yield raw
    try:  # as under `data` of a Secret
        decoded = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return
    if decoded and decoded.isascii() and decoded.decode().isprintable():
        yield decoded


def _describe(name: str, source: str) -> str:
    shown = find_key(name) or (name if may_be_shown(name) else None)
    return f"{shown} of {source}" if shown else f"a value of {source}"
