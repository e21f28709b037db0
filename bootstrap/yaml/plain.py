"""The small part of YAML that needs no parser: read or written in one pass, or not at all.

Almost every file here is mappings, lists of text and one-line values. A full parser in Python
takes milliseconds for each, and one in C (PyYAML's) dies on deep nesting. What is read here means
the same to every YAML reader, 1.1 or 1.2; for anything else the answer is None, and the caller
asks the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Kubernetes and Argo CD read YAML 1.1, where `no` is false and 12:30 a number: an environment may
# be called `no`. Read from https://yaml.org/type/ (bool, null, int, float), widely.
NOT_TEXT_IN_YAML_1_1 = re.compile(
    r"(?i:y|yes|n|no|on|off|true|false|null|~|)|[-+.]?[0-9][0-9a-fA-F_xXoObB:.eE+-]*"
)
_PLAIN = r"[A-Za-z0-9/](?:[A-Za-z0-9_./+=;@-]|:(?=[A-Za-z0-9/]))*"
_PLAIN_TEXT = re.compile(_PLAIN)
_KEY = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.-]|/(?=[A-Za-z]))*")
_LINE = re.compile(
    rf"( *)(- )?(?:({_KEY.pattern}):(?: +({_PLAIN}|'[ -&(-~]*'|\"[ !#-\[\]-~]*\"|\{{\}}))?"
    rf"|({_PLAIN}))(?: +#[ -~]*)? *"
)
_SKIPPED = re.compile(r" *(?:#[ -~]*)?")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_WORDS = {"true": True, "false": False, "null": None}


class _NotPlainError(Exception):
    """This needs a parser."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something; `value` is as written, with its quotes."""

    number: int
    """From 1."""
    indent: int
    dash: bool
    key: str | None
    value: str | None


def read_lines(text: str) -> list[Line] | None:
    """Return the lines of `text` that are more than comment, None if any needs a parser."""
    if not text.isascii():
        return None
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if _SKIPPED.fullmatch(line):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        indent, dash, key, value, item = match.groups()
        lines.append(Line(number, len(indent), dash is not None, key, item or value))
    return lines


def read_plain(text: str) -> dict[str, Any] | None:
    """Return the mapping in `text`, None if a parser has to look at it."""
    lines = read_lines(text)
    if not lines:
        return None
    reader = _Reader(lines)
    try:
        found = reader.mapping(0)
    except _NotPlainError:
        return None
    return found if reader.at == len(lines) else None


class _Reader:
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.at = 0

    def mapping(self, indent: int) -> dict[str, Any]:
        """Read the entries at `indent`; the first may stand behind a dash."""
        found: dict[str, Any] = {}
        for line in self._block(indent):
            if line.key is None or line.key in found or (line.dash and found):
                raise _NotPlainError
            self.at += 1
            found[line.key] = self._below(indent) if line.value is None else _typed(line.value)
        return found

    def _below(self, indent: int) -> Any:
        if self.at == len(self.lines) or self.lines[self.at].indent <= indent:
            raise _NotPlainError  # null, or a list that is not indented
        return (
            self._list() if self.lines[self.at].dash else self.mapping(self.lines[self.at].indent)
        )

    def _list(self) -> list[Any]:
        indent, found = self.lines[self.at].indent, []
        while self.at < len(self.lines) and self.lines[self.at].indent == indent:
            line = self.lines[self.at]
            if not line.dash:
                raise _NotPlainError
            if line.key is None:
                self.at += 1
                found.append(_typed(line.value or ""))
            else:
                self.lines[self.at] = Line(line.number, indent + 2, False, line.key, line.value)
                found.append(self.mapping(indent + 2))
        if self.at < len(self.lines) and self.lines[self.at].indent > indent:
            raise _NotPlainError
        return found

    def _block(self, indent: int) -> Iterator[Line]:
        while self.at < len(self.lines) and self.lines[self.at].indent >= indent:
            line = self.lines[self.at]
            if line.indent != indent or line.dash:
                raise _NotPlainError
            yield line


def unquote(value: str) -> str:
    """Return the text that `value` of a line stands for."""
    return value[1:-1] if value[0] in "'\"" else value


def _typed(value: str) -> Any:
    if value == "{}":
        return {}
    if value[0] in "'\"":
        return value[1:-1]
    if not NOT_TEXT_IN_YAML_1_1.fullmatch(value):
        return value
    if value in _WORDS:
        return _WORDS[value]
    if _NUMBER.fullmatch(value):
        return int(value)
    raise _NotPlainError


def is_plain_text(text: str) -> bool:
    """Tell whether `text` needs no quotes: every reader takes it for text, and that very text."""
    return bool(_PLAIN_TEXT.fullmatch(text)) and not NOT_TEXT_IN_YAML_1_1.fullmatch(text)


def write_plain(objects: Mapping[str, Any]) -> str | None:
    """Return `objects` as YAML, None if something in it needs a real writer."""
    try:
        return "".join(_written(objects, ""))
    except _NotPlainError:
        return None


def _written(objects: Mapping[str, Any], pad: str, first: str | None = None) -> Iterator[str]:
    """Yield the lines of a mapping; `first` stands before the first of them, for a list's dash."""
    for key, value in objects.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
            raise _NotPlainError
        if NOT_TEXT_IN_YAML_1_1.fullmatch(key):
            raise _NotPlainError
        before, first = (pad if first is None else first), None
        if isinstance(value, Mapping) and value:
            yield f"{before}{key}:\n"
            yield from _written(value, pad + "  ")
        elif isinstance(value, list) and value:
            yield f"{before}{key}:\n"
            yield from _items(value, pad + "  ")
        else:
            yield f"{before}{key}: {_one_line(value)}\n"


def _items(values: list[Any], pad: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping) and value:
            yield from _written(value, pad + "  ", f"{pad}- ")
        else:
            yield f"{pad}- {_one_line(value)}\n"


_LONGEST_KEY = 100
"""Past 128 characters a key is written another way."""
_WORDS_TEXT = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*(: [A-Za-z]+(?: [A-Za-z]+)*)?")

_PATTERN = re.compile(r"\*[.][A-Za-z]+")


def _one_line(value: object) -> str:
    if isinstance(value, str):
        if _PLAIN_TEXT.fullmatch(value):
            return f"'{value}'" if NOT_TEXT_IN_YAML_1_1.fullmatch(value) else value
        words = _WORDS_TEXT.fullmatch(value)
        if words:
            return f"'{value}'" if words[1] else value
        if not value or _PATTERN.fullmatch(value):
            return f"'{value}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping) and not value:
        return "{}"
    raise _NotPlainError
