"""How a value may be put into YAML text: pieces of text, each for an exact place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.yaml.positions import compose_one, end_of, find_key, is_empty, is_null, value_place
from bootstrap.yaml.scalars import is_plain_text

_STEP = 2


@dataclass(frozen=True, slots=True)
class Value:
    """A single value, and how it was written where it comes from (None: nowhere yet)."""

    value: object
    written: str | None = None


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace the text from `start` to `end`."""

    start: int
    end: int
    new: str

    def apply(self, text: str) -> str:
        """Return `text` with the piece in its place."""
        return text[: self.start] + self.new + text[self.end :]


def join_key(keys: Sequence[str]) -> str:
    """Return the dotted path of `keys`."""
    return ".".join(key.replace(".", "\\.") for key in keys)


def splices(text: str, keys: Sequence[str], value: Value, path: str) -> Iterator[Splice]:
    """Yield the ways to put `value` at `keys`, best first; some may be wrong in their place.

    Raises BootstrapError where no way is right.
    """
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    node = compose_one(text, path)
    known = 0
    place: tuple[Any, Any] | None = None
    while known < len(keys):
        pair = find_key(node, keys[known], path=path)
        if pair is None:
            break
        place, node, known = pair, pair[1], known + 1
    missing = list(keys[known:])
    if missing:
        if place is not None and not isinstance(node, MappingNode) and not is_null(node):
            raise BootstrapError(
                f"{path}: {join_key(keys[:known])} is not a mapping",
                f"it must be one to hold {join_key(missing)}; change it by hand",
            )
        yield from _insertions(text, node, place, missing, value)
        return
    if not isinstance(node, ScalarNode) or place is None:
        if isinstance(node, MappingNode) and is_empty(node):
            start, end = node.start_mark.index, node.end_mark.index
            yield from (Splice(start, end, way) for way in _ways(value, None))
            return
        raise BootstrapError(f"{path}: {join_key(keys)} is not a single value", "change it by hand")
    if node.style in ("|", ">"):
        raise BootstrapError(
            f"{path}: {join_key(keys)} is written over several lines", "write it on one line first"
        )
    start, end = value_place(text, *place)
    space = " " if start == end else ""
    yield from (Splice(start, end, space + way) for way in _ways(value, node.style))


def _insertions(
    text: str, node: Any, place: tuple[Any, Any] | None, missing: list[str], value: Value
) -> Iterator[Splice]:
    from ruamel.yaml.nodes import MappingNode

    ways = list(_ways(value, None))
    flows = [_flow(missing, way) for way in ways]
    if place is None and (node is None or not node.flow_style):
        yield from _appended(text, node, missing, ways)
    elif isinstance(node, MappingNode) and node.flow_style:
        if is_empty(node):
            at = node.start_mark.index + 1
            yield from (Splice(at, at, flow) for flow in flows)
        else:
            at = end_of(node.value[-1])
            yield from (Splice(at, at, f", {flow}") for flow in flows)
    elif isinstance(node, MappingNode):
        yield from _lines_after(text, node, missing, ways)
    elif place is not None:  # null: written, or left out
        start, end = value_place(text, *place)
        if start == end:
            column = place[0].start_mark.column + _STEP
            yield from (
                _line_after(text, end, _block(missing, way, column, _newline(text))) for way in ways
            )
        # also where the line above is within `{...}`
        space = " " if start == end else ""
        yield from (Splice(start, end, f"{space}{{{flow}}}") for flow in flows)


def _appended(text: str, node: Any, missing: list[str], ways: list[str]) -> Iterator[Splice]:
    """Yield additions at the very end: what is there may be a comment on the last block."""
    newline = _newline(text)
    open_line = newline if text and not text.endswith("\n") else ""
    gap = newline if text.strip() and len(missing) > 1 else ""
    for way in ways:
        block = _block(missing, way, 0, newline)
        yield Splice(len(text), len(text), f"{open_line}{gap}{block}{newline}")
    if node is not None:
        yield from _lines_after(text, node, missing, ways)


def _lines_after(text: str, node: Any, missing: list[str], ways: list[str]) -> Iterator[Splice]:
    column = node.value[0][0].start_mark.column
    for way in ways:
        block = _block(missing, way, column, _newline(text))
        yield _line_after(text, end_of(node.value[-1]), block)


def _line_after(text: str, position: int, block: str) -> Splice:
    """Return the edit that puts `block` on lines of its own below the line of `position`."""
    at = text.find("\n", position)
    newline = _newline(text)
    if text[:position].endswith("\n"):  # a block of text ends where the next line begins
        return Splice(position, position, block + newline)
    if at < 0:
        return Splice(len(text), len(text), newline + block)
    return Splice(at + 1, at + 1, block + newline)


def _block(keys: Sequence[str], way: str, column: int, newline: str) -> str:
    lines = [f"{' ' * (column + _STEP * depth)}{_key(key)}:" for depth, key in enumerate(keys)]
    return newline.join(lines) + f" {way}"


def _flow(keys: Sequence[str], way: str) -> str:
    inner = f"{_key(keys[-1])}: {way}"
    for key in reversed(keys[:-1]):
        inner = f"{_key(key)}: {{{inner}}}"
    return inner


def _key(key: str) -> str:
    return key if is_plain_text(key) else _quoted(key)


def _ways(value: Value, style: str | None) -> Iterator[str]:
    """Yield the ways to write `value`, in the style of what it replaces if that will do."""
    if not isinstance(value.value, str):
        yield value.written or json.dumps(value.value, default=str)
        return
    single = "'" + value.value.replace("'", "''") + "'"
    if style == "'" and value.value.isprintable():
        yield single
    if style == '"':
        yield _quoted(value.value)
    if value.written is not None:
        yield value.written
    if is_plain_text(value.value):
        yield value.value
    yield _quoted(value.value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
