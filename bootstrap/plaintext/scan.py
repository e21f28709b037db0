"""Plaintext in what Git has: known secrets in every disguise, and what is secret by its looks."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.needles import Needles
from bootstrap.plaintext.written import find_written
from bootstrap.yaml.loader import load

_SPACE = b" \t\r\n"
_BEFORE_WORD, _AFTER_WORD = rb"(?<![A-Za-z0-9_+/=-])", rb"(?![A-Za-z0-9_+/-])"
SHORTEST_ANYWHERE = 8
"""From this size on a value is looked for anywhere, below it only as a word of its own."""
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])+"
    # each header is one line, so that no text has two readings
    rb"(?:[A-Za-z-]+: [^\r\n\\]*(?:\r?\n|\\r\\n|\\n)(?:\s|\\[nr])*)*[A-Za-z0-9+/=]{40}"
    rb"|AGE-SECRET-KEY-1[A-Z0-9]{58}"
)
# base64 of "-----BEGIN [RSA |EC |OPENSSH ]PRIVATE KEY-----", as Secrets and kubeconfigs have it
_PRIVATE_KEY_BASE64 = re.compile(
    rb"LS0tLS1CRUdJTi(?:BQUklWQVRFIEtFWS|BSU0EgUFJJVkFURSBLRVkt|BFQyBQUklWQVRFIEtFWS"
    rb"|BPUEVOU1NIIFBSSVZBVEUgS0VZL)[A-Za-z0-9+/=\s]{40}"
)
PRIVATE_KEYS = (_PRIVATE_KEY, _PRIVATE_KEY_BASE64)
MANIFEST = (".yaml", ".yml", ".json")
_SECRET_KIND = re.compile(rb"""^\s*(?:-\s+)?["']?kind["']?:\s*["']?Secret["']?\s*,?\s*$""", re.M)
_DATA = re.compile(r"^(\s*)(?:data|stringData):\s*$")
_LITERAL = re.compile(r"^\s+[^\s#{][^:]*:\s+(?!\{\{|\"\{\{|'\{\{|\"\"|''|\{\})\S")


@dataclass(frozen=True, slots=True)
class Leak:
    """Plaintext, by its place; never the text."""

    path: str
    line: int
    what: str
    in_metadata: bool = False
    """Whether it is in a label or annotation of a SealedSecret."""


class Scanner:
    """Looks for known secrets."""

    def __init__(self, secrets: Sequence[LocalValue]) -> None:
        """Work out every form in which a secret could stand in a file."""
        self._secrets = secrets
        self._anywhere: dict[bytes, tuple[int, str]] = {}
        self._as_word: dict[bytes, tuple[int, str]] = {}
        for number, secret in enumerate(secrets):
            is_long = len(_compact(secret.value)) >= SHORTEST_ANYWHERE
            target = self._anywhere if is_long else self._as_word
            for needle, form in _disguises(secret.value):
                target.setdefault(needle, (number, form))
        self._long, self._short = Needles(self._anywhere), Needles(self._as_word)

    def find_values(self, path: str, content: bytes) -> Iterator[Leak]:
        """Yield the place of each known secret in a file."""
        # white space is taken out of both, so that wrapping and indentation hide nothing
        compact = _compact(content)
        for needle in self._long.within(compact):
            line = _line_of(content, compact.find(needle))
            yield Leak(path, line, self._call(*self._anywhere[needle]))
        for word, position in self._words(content):
            line = content.count(b"\n", 0, position) + 1
            yield Leak(path, line, self._call(*self._as_word[word]))

    def first_within(self, content: bytes) -> LocalValue | None:
        """Return the first of the secrets that is in `content`, None if none is."""
        found = [self._anywhere[needle][0] for needle in self._long.within(_compact(content))]
        found += [self._as_word[word][0] for word, _position in self._words(content)]
        return self._secrets[min(found)] if found else None

    def _words(self, content: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield each short form that stands in `content` as a word of its own, and where."""
        for word in self._short.within(content):
            match = re.search(_BEFORE_WORD + re.escape(word) + _AFTER_WORD, content)
            if match:
                yield word, match.start()

    def _call(self, number: int, form: str) -> str:
        return f"{form}{self._secrets[number].name}"


def _disguises(value: bytes) -> Iterator[tuple[bytes, str]]:
    if len(_compact(value)) < SHORTEST_ANYWHERE:
        yield value, "the value of "
        yield base64.b64encode(value), "base64 of "
        return
    yield _compact(value), "the value of "
    text = value.decode("utf-8", "replace")
    yield _compact(json.dumps(text)[1:-1].encode()), "the value of "
    yield _compact(json.dumps(text, ensure_ascii=False)[1:-1].encode()), "the value of "
    yield quote(value, safe="").encode(), "the value of "
    for shift in range(3):
        encoded = _base64_inside(value, shift)
        yield encoded, "base64 of "
        yield encoded.translate(bytes.maketrans(b"+/", b"-_")), "base64 of "


def _base64_inside(value: bytes, shift: int) -> bytes:
    """Return the part of base64 that `value` alone decides, `shift` bytes after a group's start."""
    first = -(-shift * 8 // 6)
    last = (shift + len(value)) * 8 // 6
    return base64.b64encode(bytes(shift) + value)[first:last]


def _compact(content: bytes) -> bytes:
    return content.translate(None, _SPACE)


def _line_of(content: bytes, position: int) -> int:
    """Return the line, from 1, of the byte that is at `position` without white space."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        position -= len(_compact(line))
        if position < 0:
            return number
    return 1


def find_by_looks(path: str, content: bytes) -> Iterator[Leak]:
    """Yield what is secret whatever its value: keys, tokens, and Secrets that are not sealed."""
    for pattern in PRIVATE_KEYS:
        for match in pattern.finditer(content):
            yield Leak(path, content.count(b"\n", 0, match.start()) + 1, "a private key")
    for line, what in find_written(path, content):
        yield Leak(path, line, what)
    if path.endswith(MANIFEST):
        start = 0
        for document in re.split(rb"(?m)^(?=---)", content):
            kind = _SECRET_KIND.search(document) or (
                path.endswith(".json") and re.search(rb'"kind":\s*"Secret"', document)
            )
            if kind and _holds_data(document.decode("utf-8", "replace")):
                line = content.count(b"\n", 0, start + kind.start()) + 1
                line += len(kind[0]) - len(kind[0].lstrip(b"\n"))
                yield Leak(path, line, "a Secret that is not sealed")
            start += len(document)


def _holds_data(text: str) -> bool:
    try:
        document = load(text)
    except Exception:  # a template of a chart: no YAML before it is rendered
        return _has_literal(text)
    items = document.get("items") if isinstance(document, Mapping) else None
    candidates = [document, *(items if isinstance(items, list) else [])]
    return any(_is_full_secret(item) for item in candidates)


def _is_full_secret(item: Any) -> bool:
    if not isinstance(item, Mapping) or item.get("kind") != "Secret":
        return False
    blocks = (item.get("data"), item.get("stringData"))
    return any(
        isinstance(value, str) and value.strip() and "{{" not in value
        for block in blocks
        if isinstance(block, Mapping)
        for value in block.values()
    )


def _has_literal(text: str) -> bool:
    """Tell whether a template of a Secret has a value that is written out."""
    depth: int | None = None
    for line in text.splitlines():
        opened = _DATA.match(line)
        if opened:
            depth = len(opened[1])
        elif depth is not None and line.strip():
            if len(line) - len(line.lstrip()) <= depth and not line.lstrip().startswith("{{"):
                depth = None
            elif _LITERAL.match(line):
                return True
    return False
