"""Plaintext secrets in the forms that people have them, parsed without ever quoting one.

Values are taken from the parser's nodes, not from what YAML would make of them, so `0123`, `yes`
and `1e3` stay the text that was written.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from bootstrap.constants import SECRET_NAME
from bootstrap.errors import BootstrapError
from bootstrap.manifest import position_of
from bootstrap.secret_keys import (
    SECRET_KEYS,
    chart_name,
    find_key,
    may_be_shown,
    nearest_key,
    variable_name,
)

_DOTENV_LINE = re.compile(r"\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=")
_TAGS = "tag:yaml.org,2002:"
_MERGE_TAG = f"{_TAGS}merge"
_NULL_TAG = f"{_TAGS}null"
# what the parser takes plain text for by its looks; any other tag was written
_TAGS_OF_TEXT = {
    _TAGS + name for name in ("str", "int", "float", "bool", "timestamp", "merge", "value")
}


@dataclass(frozen=True, slots=True, repr=False)
class SecretInput:
    """What a file of plaintext secrets holds. Has no repr, as it would show the values."""

    values: dict[str, bytes]
    """Kebab-case key to value, in the order of the file; never empty values."""
    empty: tuple[str, ...] = ()
    """Keys whose value is empty: to be left out."""
    ignored: int = 0
    """How many entries stand beside `secrets:`: the chart's other values."""


@dataclass(slots=True, repr=False)
class _Collector:
    """Gathers entries and every mistake among them, so that one run shows them all."""

    source: str
    values: dict[str, bytes] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def add(self, written: str, value: bytes, line: int, spelling: Callable[[str], str]) -> None:
        key = find_key(written)
        if key is None:
            self.problems.append(f"line {line}: {_describe_unknown(written, spelling)}")
        elif key in self.seen:
            self.problems.append(f"line {line}: {key} is here already, at line {self.seen[key]}")
        else:
            self.seen[key] = line
            if b"\0" in value:
                self.problems.append(f"line {line}: {key} holds a NUL byte")
            elif value:
                self.values[key] = value
            else:
                self.empty.append(key)

    def finish(self, ignored: int = 0) -> SecretInput:
        if self.problems:
            raise BootstrapError(
                f"{self.source}: {'; '.join(self.problems)}",
                f"known keys: {', '.join(SECRET_KEYS)}",
            )
        return SecretInput(self.values, tuple(sorted(self.empty)), ignored)


def parse_secrets(raw: bytes, *, source: str, dotenv: bool | None = None) -> SecretInput:
    """Return the secrets in `raw`: a `secrets:` block, a bare mapping, a Secret or a .env.

    `source` names the input in errors; `dotenv` tells the form where its name does, None looks at
    the first line. Raises BootstrapError with positions and key names, never with a value.
    """
    text = _decode(raw, source)
    if dotenv is None:
        dotenv = _looks_like_dotenv(text)
    return _parse_dotenv(text, source) if dotenv else _parse_yaml(text, source)


def _decode(raw: bytes, source: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BootstrapError(
            f"{source}: line {line} is not UTF-8", "save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BootstrapError(
            f"{source}: line {line} holds a NUL byte, which no environment variable can carry",
            "save the file as UTF-8 text",
        )
    return text


def _looks_like_dotenv(text: str) -> bool:
    lines = (
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    )
    first = next(lines, "")
    return bool(_DOTENV_LINE.match(first))


def _parse_dotenv(text: str, source: str) -> SecretInput:
    from io import StringIO

    from dotenv.parser import parse_stream

    collector = _Collector(source)
    for binding in parse_stream(StringIO(text)):
        # a binding starts at the blank lines and comments before it
        skipped = len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
        line = binding.original.line + binding.original.string[:skipped].count("\n")
        if binding.error or (binding.key is not None and binding.value is None):
            collector.problems.append(f"line {line}: not of the form NAME=value")
        elif binding.key is not None:
            value = (binding.value or "").encode()
            collector.add(binding.key, value, line, variable_name)
    return collector.finish()


def _parse_yaml(text: str, source: str) -> SecretInput:
    root = _compose(text, source)
    if root is None:
        raise _not_a_mapping(source)
    entries = dict(_entries(root, source))
    if "kind" in entries or "apiVersion" in entries:
        return _parse_secret(entries, source)
    block = entries.pop("secrets", None)
    ignored = 0
    if block is not None:
        # beside a `secrets:` block stand the chart's other values; a lone typo does not
        misplaced = [name for name in entries if find_key(name)]
        if misplaced:
            raise BootstrapError(
                f"{source}: {', '.join(misplaced)} beside the `secrets:` block",
                "move every secret into the block, or take the line `secrets:` out",
            )
        ignored = len(entries)
        entries = dict(_entries(block, source, "secrets")) if not _is_null(block) else {}
    collector = _Collector(source)
    for written, node in entries.items():
        collector.add(written, _scalar(node, source), node.start_mark.line + 1, chart_name)
    return collector.finish(ignored)


def _parse_secret(entries: dict[str, Node], source: str) -> SecretInput:
    kind = entries.get("kind")
    if not isinstance(kind, ScalarNode) or kind.value != "Secret":
        raise BootstrapError(
            f"{source}: a manifest, but its kind is not Secret",
            "give a v1 Secret, a `secrets:` block or a .env",
        )
    metadata = entries.get("metadata")
    if metadata is not None:
        name = dict(_entries(metadata, source, "metadata")).get("name")
        if isinstance(name, ScalarNode) and name.value != SECRET_NAME:
            raise BootstrapError(
                f"{source}: metadata.name is not {SECRET_NAME}, the Secret that Agent Smith reads",
                f"set metadata.name to {SECRET_NAME}, or give only the mapping under stringData",
            )
    merged: dict[str, tuple[bytes, int]] = {}
    for block, decode in (("data", _base64_scalar), ("stringData", _scalar)):
        node = entries.get(block)
        if node is None or _is_null(node):
            continue
        for written, value in _entries(node, source, block):
            # the API server lets stringData win over data
            merged[written] = (decode(value, source), value.start_mark.line + 1)
    collector = _Collector(source)
    for written, (content, line) in merged.items():
        collector.add(written, content, line, str)
    return collector.finish()


def _compose(text: str, source: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        documents = list(yaml.compose_all(text))
    except MarkedYAMLError as error:
        # the parser's own words may quote the text
        raise BootstrapError(
            f"{source}{position_of(error)}: not valid YAML",
            "mend the line; quote a value that holds ': ', ' #' or starts with a special character",
        ) from None
    except (YAMLError, ValueError, RecursionError):
        raise BootstrapError(f"{source}: not valid YAML", "mend the file") from None
    if len(documents) > 1:
        raise BootstrapError(f"{source}: more than one YAML document", "keep one document per file")
    return documents[0] if documents else None


def _entries(node: Node, source: str, name: str | None = None) -> Iterator[tuple[str, Node]]:
    """Yield the entries of a mapping; a key that stands twice is an error."""
    if not isinstance(node, MappingNode):
        if name is None:
            raise _not_a_mapping(source)
        raise BootstrapError(
            f"{source}: line {node.start_mark.line + 1}: `{name}` is not a mapping",
            "write one `name: value` line per secret below it",
        )
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or key.tag == _MERGE_TAG:
            raise BootstrapError(
                f"{source}: line {line}: a key that is not plain text", "write each key out"
            )
        if key.value in seen:
            shown = key.value if may_be_shown(key.value) else "a key"
            raise BootstrapError(
                f"{source}: line {line}: {shown} is here already, at line {seen[key.value]}",
                "keep one of the two lines",
            )
        seen[key.value] = line
        yield key.value, value


def _scalar(node: Node, source: str) -> bytes:
    if _is_null(node):
        return b""
    if not isinstance(node, ScalarNode):
        raise BootstrapError(
            f"{source}: line {node.start_mark.line + 1}: the value is not text",
            "write one `name: value` line per secret, with no nested mapping or list",
        )
    if node.tag not in _TAGS_OF_TEXT:
        raise BootstrapError(
            f"{source}: line {node.start_mark.line + 1}: the value has a tag of its own,"
            " so it is not plain text",
            "take the tag (!...) out and write the value itself",
        )
    try:
        return str(node.value).encode()
    except UnicodeEncodeError:
        raise BootstrapError(
            f"{source}: line {node.start_mark.line + 1}: the value is not valid Unicode",
            "write the character itself instead of half of a surrogate pair",
        ) from None


def _base64_scalar(node: Node, source: str) -> bytes:
    try:
        return base64.b64decode(b"".join(_scalar(node, source).split()), validate=True)
    except binascii.Error:
        raise BootstrapError(
            f"{source}: line {node.start_mark.line + 1}: not base64",
            "values under `data` are base64; put plain text under `stringData`",
        ) from None


def _is_null(node: Node) -> bool:
    # with a value of its own it has the tag because someone wrote it
    return (
        isinstance(node, ScalarNode)
        and node.style is None
        and node.tag == _NULL_TAG
        and node.value in {"", "~", "null", "Null", "NULL"}
    )


def _not_a_mapping(source: str) -> BootstrapError:
    return BootstrapError(
        f"{source}: holds no mapping of secrets",
        "write `secrets:` with one `name: value` line per secret below it",
    )


def _describe_unknown(written: str, spelling: Callable[[str], str]) -> str:
    near = nearest_key(written)
    shown = f"unknown key {written!r}" if may_be_shown(written) else "unknown key (not shown)"
    return f"{shown}; did you mean {spelling(near)!r}?" if near else shown
