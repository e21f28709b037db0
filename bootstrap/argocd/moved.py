"""Addresses in files of Argo CD that answer no more, and the edit that puts the new ones there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bootstrap.errors import BootstrapError
from bootstrap.upstream import MOVES, Move
from bootstrap.yaml.positions import compose_all
from bootstrap.yaml.splices import Splice


@dataclass(frozen=True, slots=True)
class MovedAddress:
    """Where an address stands (file, line from 1) that answers no more."""

    path: str
    line: int
    move: Move

    def __str__(self) -> str:
        """Say what is wrong, and with which line."""
        return f"{self.path}:{self.line}: {self.move.old} answers no more since {self.move.since}"


def find_moved(text: str, *, path: str) -> list[MovedAddress]:
    """Return every value in `text` (of file `path`) that is an address known to be dead."""
    return [MovedAddress(path, node.start_mark.line + 1, move) for node, move in _dead(text, path)]


def replace_moved(text: str, *, path: str) -> str:
    """Return `text` with the new address where a dead one is a value; every other byte stays."""
    edits = [_edit(text, node, move, path) for node, move in _dead(text, path)]
    for edit in sorted(edits, key=lambda item: item.start, reverse=True):
        text = edit.apply(text)
    return text


def _dead(text: str, path: str) -> Sequence[tuple[Any, Move]]:
    if not any(urlsplit(move.old).netloc in text.lower() for move in MOVES):
        return []  # almost every file; it need not even be YAML
    return [
        (node, move)
        for root in compose_all(text, path)
        for node in _scalars(root, set())
        for move in MOVES
        # what Helm and Argo CD take for the same repository
        if _plain(node.value) == move.old
    ]


def _plain(url: str) -> str:
    """Return a URL as the table has it: what is left out or may be written another way is alike."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # of the other values in the file any may look like half a URL
        return url
    if parts.scheme.lower() not in {"http", "https"}:
        return url
    return f"https://{(parts.hostname or '')}{parts.path.rstrip('/')}"


def _scalars(node: Any, seen: set[int]) -> Iterator[Any]:
    """Yield the single values below `node`, keys left out; an anchor's only where it stands."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, MappingNode):
        for _key, value in node.value:
            yield from _scalars(value, seen)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _scalars(item, seen)


def _edit(text: str, node: Any, move: Move, path: str) -> Splice:
    start, end = node.start_mark.index, node.end_mark.index
    written = node.value.strip().rstrip("/")
    at = text.find(written, start, end)
    if at < 0:
        raise BootstrapError(
            f"{path}:{node.start_mark.line + 1}: the address is written with escapes",
            f"write {move.new.value} there by hand",
        )
    return Splice(at, at + len(written), move.new.value)
