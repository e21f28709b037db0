"""Secrets written out in an environment's files: where they belong sealed, or as ${NAME}."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bootstrap.constants import CONFIG_FILE, ENVIRONMENTS_DIR, PLACEHOLDER
from bootstrap.plaintext.known_keys import find_key, may_be_shown
from bootstrap.token_shapes import in_files
from bootstrap.yaml.loader import TAGS, compose_all

_BELOW = f"{ENVIRONMENTS_DIR}/"
_EDITED = re.compile(
    rf"{ENVIRONMENTS_DIR}/.+/(?:values[^/]*\.ya?ml|{re.escape(CONFIG_FILE)})", re.DOTALL
)
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
TOKEN = in_files()
_BLOCK = re.compile(r"[\"']?secrets[\"']?\s*:")
_ENTRY = re.compile(r"\s+[\"']?([^\s:#\"']+)[\"']?\s*:\s+(?![#|>])(.+?)(?:\s+#.*)?\s*")
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


def is_edited(path: str) -> bool:
    """Tell whether `path` is of an environment's values or configuration, which people edit."""
    return bool(_EDITED.fullmatch(path))


def find_written(path: str, content: bytes) -> Iterator[tuple[int, str]]:
    """Yield line and description, never the text, of each secret in a file of an environment."""
    if not path.startswith(_BELOW):
        return
    seen = set()
    if is_edited(path) and b"secrets" in content:
        for name, value, line in _entries(content.decode("utf-8", "replace")):
            if _is_literal(value):
                seen.add(line)
                yield line, f"{_describe(name)} is written out in the `secrets:` block"
    for match in TOKEN.finditer(content):
        line = content.count(b"\n", 0, match.start()) + 1
        if line not in seen:
            yield line, "a token, by its prefix"


def _is_literal(value: str) -> bool:
    text = value.strip()
    return bool(text) and not text.startswith(PLACEHOLDER) and not _REFERENCE.fullmatch(text)


def _describe(name: str) -> str:
    return name if find_key(name) or may_be_shown(name) else "a value"


def _entries(text: str) -> list[tuple[str, str, int]]:
    """Return name, value and line of what stands in the `secrets:` block."""
    text = text.removeprefix("\ufeff")
    try:
        return list(_parsed(text))
    except Exception:  # whatever the parser stumbles over: a file half merged holds secrets too
        return list(_by_line(text))


def _parsed(text: str) -> Iterator[tuple[str, str, int]]:
    for document in compose_all(text):
        pairs = document.value if document.id == "mapping" else []
        for key, value in pairs:
            if key.value == "secrets":
                yield from _walk(value, "secrets", set())


def _walk(node: Any, name: str, seen: set[int]) -> Iterator[tuple[str, str, int]]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if node.id == "scalar":
        if node.tag != f"{TAGS}null":
            yield name, node.value, node.start_mark.line + 1
    elif node.id == "sequence":
        for item in node.value:
            yield from _walk(item, name, seen)
    else:
        for key, value in node.value:
            yield from _walk(value, key.value if key.id == "scalar" else name, seen)


def _by_line(text: str) -> Iterator[tuple[str, str, int]]:
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(("#", *_CONFLICT)):
            continue
        if not line[0].isspace():
            inside = bool(_BLOCK.match(line))
        elif inside and (entry := _ENTRY.fullmatch(line)):
            yield entry[1], entry[2].strip("'\""), number
