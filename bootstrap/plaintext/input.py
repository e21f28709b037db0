"""Plaintext secrets in the forms that people have them, parsed without ever quoting one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bootstrap.constants import SECRET_NAME
from bootstrap.errors import BootstrapError
from bootstrap.plaintext.known_keys import (
    SECRET_KEYS,
    chart_name,
    find_key,
    may_be_shown,
    nearest_key,
    variable_name,
)
from bootstrap.plaintext.nodes import (
    Node,
    base64_of,
    compose,
    entries_of,
    not_a_mapping,
    scalar_of,
    text_of,
)
from bootstrap.sealing.template import SecretTemplate, build_template

_OPENED = re.compile(r"(?:export\s+)?[^\s=]+\s*=\s*(['\"])(.*)")
_DOTENV_LINE = re.compile(r"\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, slots=True, repr=False)
class SecretInput:
    """What a file of plaintext secrets holds. Has no repr, as it would show the values."""

    values: dict[str, bytes]
    """Kebab-case key to value, in the order of the file; never empty values."""
    empty: tuple[str, ...] = ()
    """Keys whose value is empty: to be left out."""
    ignored: int = 0
    """How many entries stand beside `secrets:`: the chart's other values."""
    template: SecretTemplate | None = None
    """What a Secret manifest says beside its values."""
    source: str = ""
    """What to call that manifest in errors."""


@dataclass(slots=True, repr=False)
class _Collector:
    """Gathers entries and every mistake among them, so that one run shows them all."""

    source: str
    values: dict[str, bytes] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
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
                f"{self.source}: {'; '.join([*self.malformed, *self.problems])}",
                f"known keys: {', '.join(SECRET_KEYS)}",
            )
        if self.malformed:
            raise BootstrapError(
                f"{self.source}: {'; '.join(self.malformed)}",
                "write NAME=value; a value with a space or # in quotes, which end the line",
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


def parse_value(key: str, raw: bytes) -> SecretInput:
    """Return `raw` as the value of `key`, as it came but for the newline that ends a lone line.

    `echo TOKEN |` adds one, and no token has one; of several lines (PEM) the last keeps its own.
    """
    lone = raw.removesuffix(b"\n").removesuffix(b"\r")
    value = raw if b"\n" in lone else lone
    if b"\0" in value:
        raise BootstrapError(
            f"the value of {key} holds a NUL byte, which no environment variable can carry",
            "give it as plain text (UTF-8, not UTF-16)",
        )
    if not value:
        raise BootstrapError(
            f"the value of {key} is empty",
            f"to take the key out: `bootstrap secrets remove {key}`",
        )
    return SecretInput({key: value})


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
            collector.malformed.append(f"line {line}: {_what_is_wrong(binding.original.string)}")
        elif binding.key is not None:
            value = (binding.value or "").encode()
            collector.add(binding.key, value, line, variable_name)
    return collector.finish()


def _what_is_wrong(line: str) -> str:
    """Return why a line of a .env can't be read, in words that quote nothing of it."""
    opened = _OPENED.match(line.lstrip())
    if opened is None:
        return "not of the form NAME=value"
    if opened[1] in opened[2].replace(f"\\{opened[1]}", ""):
        return "there is more after the closing quote"
    return "the quote is not closed"


def _parse_yaml(text: str, source: str) -> SecretInput:
    root = compose(text, source)
    if root is None:
        raise not_a_mapping(source)
    entries = dict(entries_of(root, source))
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
        entries = dict(entries_of(block, source, "secrets")) if not block.is_null else {}
    collector = _Collector(source)
    for written, node in entries.items():
        collector.add(written, text_of(node, source), node.line, chart_name)
    return collector.finish(ignored)


def _parse_secret(entries: dict[str, Node], source: str) -> SecretInput:
    if scalar_of(entries.get("kind")) != "Secret":
        raise BootstrapError(
            f"{source}: a manifest, but its kind is not Secret",
            "give a v1 Secret, a `secrets:` block or a .env",
        )
    metadata = _block(entries, "metadata", source)
    if scalar_of(metadata.get("name")) not in {None, SECRET_NAME}:
        raise BootstrapError(
            f"{source}: metadata.name is not {SECRET_NAME}, the Secret that Agent Smith reads",
            f"set metadata.name to {SECRET_NAME}, or give only the mapping under stringData",
        )
    merged: dict[str, tuple[bytes, int]] = {}
    for block, decode in (("data", base64_of), ("stringData", text_of)):
        for written, value in _block(entries, block, source).items():
            # the API server lets stringData win over data
            merged[written] = (decode(value, source), value.line)
    collector = _Collector(source)
    for written, (content, line) in merged.items():
        collector.add(written, content, line, str)
    template = build_template(
        type=scalar_of(entries.get("type")),
        immutable=scalar_of(entries.get("immutable")) == "true",
        labels=_texts(metadata, "labels", source),
        annotations=_texts(metadata, "annotations", source),
        namespace=scalar_of(metadata.get("namespace")),
    )
    return replace(collector.finish(), template=template, source=source)


def _block(entries: Mapping[str, Node], name: str, source: str) -> dict[str, Node]:
    node = entries.get(name)
    return {} if node is None or node.is_null else dict(entries_of(node, source, name))


def _texts(metadata: Mapping[str, Node], name: str, source: str) -> dict[str, str]:
    block = _block(metadata, name, source)
    return {key: text_of(node, source).decode() for key, node in block.items()}


def _describe_unknown(written: str, spelling: Callable[[str], str]) -> str:
    near = nearest_key(written)
    shown = f"unknown key {written!r}" if may_be_shown(written) else "unknown key (not shown)"
    return f"{shown}; did you mean {spelling(near)!r}?" if near else shown
