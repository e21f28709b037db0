"""SealedSecrets in the files that Git has, searched for plaintext beside what is sealed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.plaintext.metadata import Entry, MetadataSearch, read_entries
from bootstrap.plaintext.scan import MANIFEST, Leak
from bootstrap.yaml.loader import load_all

_METADATA = re.compile(r"annotations|labels")
_LINE = re.compile(r"""( +)(?:- +)?["']?([A-Za-z0-9][\w./-]*)["']?\s*:\s+(\S.*?)\s*""")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*(?:\s+#.*)?")


def find_in_sealed(
    path: str, content: bytes, search: MetadataSearch
) -> Iterator[tuple[Leak, bool]]:
    """Yield each label and annotation with plaintext, and whether that is a value looked for."""
    if not path.lower().endswith(MANIFEST) or b"SealedSecret" not in content:
        return
    text = content.decode("utf-8", "replace")
    if not _METADATA.search(text):
        return
    for entry in _entries(text):
        found = search.find(entry)
        if found is not None:
            line = _line_of(text, entry.name)
            yield Leak(path, line, str(found), in_metadata=True), found.is_known


def _entries(text: str) -> list[Entry]:
    try:
        return [entry for item in load_all(text) for entry in _of_document(item)]
    except Exception:  # whatever the parser stumbles over: a file half merged holds plaintext too
        return list(_by_line(text))


def _of_document(document: Any) -> Iterator[Entry]:
    if isinstance(document, list):
        for item in document:
            yield from _of_document(item)
    if not isinstance(document, Mapping):
        return
    items = document.get("items")
    for item in items if isinstance(items, list) else []:
        yield from _of_document(item)
    if document.get("kind") != "SealedSecret":
        return
    yield from read_entries(document.get("metadata"), of_secret=False)
    spec = document.get("spec")
    template = spec.get("template") if isinstance(spec, Mapping) else None
    if isinstance(template, Mapping):
        yield from read_entries(template.get("metadata"), of_secret=True)


def _by_line(text: str) -> Iterator[Entry]:
    """Yield every entry of any mapping, with the lines below it if it is text of many lines."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        indent, name, value = match.groups()
        if _BLOCK_SCALAR.fullmatch(value):
            below = _below(lines[number + 1 :], len(indent))
            yield Entry("annotation", name, "\n".join(below))
        else:
            yield Entry("annotation", name, value.strip("'\""))


def _below(lines: list[str], indent: int) -> Iterator[str]:
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return
        yield line


def _line_of(text: str, name: str) -> int:
    match = re.search(rf"""(?m)^[ \t]*["']?{re.escape(name)}["']?\s*:""", text)
    position = match.start() if match else max(text.find(name), 0)
    return text.count("\n", 0, position) + 1
