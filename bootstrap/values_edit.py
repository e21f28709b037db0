"""Change one value of a values.yaml and not one byte beside it.

The parser's marks say where a value stands; the text is cut and joined there. Nothing is believed
of that: the result is parsed again, and must differ in exactly that value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.manifest import parse_mapping
from bootstrap.plain_yaml import is_plain_text
from bootstrap.yaml_places import compose_one, end_of, find_key, is_empty, is_null, value_place

if TYPE_CHECKING:
    from ruamel.yaml.nodes import MappingNode, Node

_MARK_OF_ORDER = "\ufeff"
_STEP = 2


@dataclass(frozen=True, slots=True)
class Value:
    """A single value, and how it was written where it comes from (None: nowhere yet)."""

    value: object
    written: str | None = None


@dataclass(frozen=True, slots=True)
class _Edit:
    """Replace the text from `start` to `end`."""

    start: int
    end: int
    new: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


def split_key(dotted: str) -> tuple[str, ...]:
    r"""Return the keys of a dotted path, as Helm's --set has it: `\.` is a dot within a key."""
    return tuple(part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", dotted))


def join_key(keys: Sequence[str]) -> str:
    """Return the dotted path of `keys`."""
    return ".".join(key.replace(".", "\\.") for key in keys)


def get_value(text: str, keys: Sequence[str], *, path: str) -> object:
    """Return what stands at `keys` in `text` (of file `path`), None if nothing does."""
    found: object = _load(text, path)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def list_values(text: str, keys: Sequence[str], *, path: str) -> list[tuple[tuple[str, ...], Value]]:
    """Return every single value at or below `keys`, with its keys.

    Raises BootstrapError if there is nothing, or a list, which has no single values.
    """
    node: Node | None = compose_one(text, path)
    for key in keys:
        pair = find_key(node, key, path=path)
        node = pair[1] if pair else None
    if node is None:
        raise BootstrapError(
            f"{path} does not set {join_key(keys)}", "set it there, or name another key"
        )
    return list(_leaves(node, tuple(keys), text, _load(text, path), path))


def _leaves(
    node: Node, keys: tuple[str, ...], text: str, loaded: dict[str, Any], path: str
) -> Iterator[tuple[tuple[str, ...], Value]]:
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    if isinstance(node, MappingNode) and node.value:
        for key, value in node.value:
            yield from _leaves(value, (*keys, str(key.value)), text, loaded, path)
        return
    value: object = loaded
    for key in keys:
        value = value[key] if isinstance(value, dict) and key in value else None
    if not isinstance(node, ScalarNode) and value != {}:
        raise BootstrapError(
            f"{path}: {join_key(keys)} is a list, and only single values are copied",
            "copy it by hand",
        )
    single = isinstance(node, ScalarNode) and node.style not in ("|", ">") and not node.anchor
    written = text[node.start_mark.index : node.end_mark.index] if single else None
    yield keys, Value(value, written or None)


def set_value(text: str, keys: Sequence[str], value: Value, *, path: str) -> str:
    """Return `text` (of file `path`) with `value` at `keys`; all else keeps every byte.

    A key that is missing is added below its parents, which are added where they are missing.
    """
    if text.startswith(_MARK_OF_ORDER):
        return _MARK_OF_ORDER + set_value(text[1:], keys, value, path=path)
    before = _load(text, path)
    wanted = _with(before, keys, value.value)
    if _canonical(before) == _canonical(wanted):
        return text
    for edit in _edits(text, keys, value, path):
        changed = edit.apply(text)
        try:
            after = _load(changed, path)
        except BootstrapError:
            continue
        if _canonical(after) == _canonical(wanted):
            return changed
    raise BootstrapError(
        f"{path}: {join_key(keys)} can't be changed without touching what is around it",
        "change it by hand: write it as one plain `key: value` line",
    )


def _edits(text: str, keys: Sequence[str], value: Value, path: str) -> Iterator[_Edit]:
    """Yield the ways to write `value`, best first; some may be wrong in their place."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    node: Node | None = compose_one(text, path)
    known = 0
    place: tuple[Node, Node] | None = None
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
            yield from (_Edit(start, end, way) for way in _ways(value, None))
            return
        raise BootstrapError(
            f"{path}: {join_key(keys)} is not a single value", "change it by hand"
        )
    if node.style in ("|", ">"):
        raise BootstrapError(
            f"{path}: {join_key(keys)} is written over several lines", "write it on one line first"
        )
    start, end = value_place(text, *place)
    space = " " if start == end else ""
    yield from (_Edit(start, end, space + way) for way in _ways(value, node.style))


def _insertions(
    text: str, node: Node | None, place: tuple[Node, Node] | None, missing: list[str], value: Value
) -> Iterator[_Edit]:
    from ruamel.yaml.nodes import MappingNode

    ways = list(_ways(value, None))
    flows = [_flow(missing, way) for way in ways]
    if place is None and (node is None or not node.flow_style):
        yield from _appended(text, node, missing, ways)
    elif isinstance(node, MappingNode) and node.flow_style:
        if is_empty(node):
            at = node.start_mark.index + 1
            yield from (_Edit(at, at, flow) for flow in flows)
        else:
            at = end_of(node.value[-1])
            yield from (_Edit(at, at, f", {flow}") for flow in flows)
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
        yield from (_Edit(start, end, f"{space}{{{flow}}}") for flow in flows)


def _appended(
    text: str, node: Node | None, missing: list[str], ways: list[str]
) -> Iterator[_Edit]:
    """Yield additions at the very end: what is there may be a comment on the last block."""
    newline = _newline(text)
    open_line = newline if text and not text.endswith("\n") else ""
    gap = newline if text.strip() and len(missing) > 1 else ""
    for way in ways:
        block = _block(missing, way, 0, newline)
        yield _Edit(len(text), len(text), f"{open_line}{gap}{block}{newline}")
    if node is not None:
        yield from _lines_after(text, node, missing, ways)


def _lines_after(
    text: str, node: MappingNode, missing: list[str], ways: list[str]
) -> Iterator[_Edit]:
    column = node.value[0][0].start_mark.column
    for way in ways:
        block = _block(missing, way, column, _newline(text))
        yield _line_after(text, end_of(node.value[-1]), block)


def _line_after(text: str, position: int, block: str) -> _Edit:
    """Return the edit that puts `block` on lines of its own below the line of `position`."""
    at = text.find("\n", position)
    newline = _newline(text)
    if text[:position].endswith("\n"):  # a block of text ends where the next line begins
        return _Edit(position, position, block + newline)
    if at < 0:
        return _Edit(len(text), len(text), newline + block)
    return _Edit(at + 1, at + 1, block + newline)


def _block(keys: Sequence[str], way: str, column: int, newline: str) -> str:
    lines = [
        f"{' ' * (column + _STEP * depth)}{_key(key)}:" for depth, key in enumerate(keys)
    ]
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


def _load(text: str, path: str) -> dict[str, Any]:
    """Return what `text` says; nothing but comments is an empty mapping."""
    try:
        return parse_mapping(text, path=path)
    except BootstrapError:
        if compose_one(text, path) is None:
            return {}
        raise


def _with(tree: dict[str, Any], keys: Sequence[str], value: object) -> dict[str, Any]:
    first, *rest = keys
    below = tree.get(first)
    if rest:
        value = _with(below if isinstance(below, dict) else {}, rest, value)
    return {**tree, first: value}


def _canonical(value: object) -> object:
    """Return what compares equal only if types do too: to Helm, 1, 1.0 and true are not the same."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return type(value).__name__, repr(value)
