"""Change one value of a values.yaml and not one byte beside it.

The parser's marks say where a value stands; the text is cut and joined there. Nothing is believed
of that: the result is parsed again, and must differ in exactly that value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bootstrap.errors import BootstrapError, UsageError
from bootstrap.yaml.documents import parse_mapping
from bootstrap.yaml.positions import compose_one, find_key
from bootstrap.yaml.splices import Value, join_key, splices

__all__ = ["Value", "get_value", "join_key", "list_values", "set_value", "split_key"]

_MARK_OF_ORDER = "\ufeff"


def split_key(dotted: str) -> tuple[str, ...]:
    r"""Return the keys of a dotted path, as Helm's --set has it: `\.` is a dot within a key."""
    keys = tuple(part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", dotted))
    if not all(keys):
        raise UsageError(f"--values {dotted!r} is no dotted key", "write it like image.pullPolicy")
    return keys


def get_value(text: str, keys: Sequence[str], *, path: str) -> object:
    """Return what stands at `keys` in `text` (of file `path`), None if nothing does."""
    found: object = _load(text, path)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def list_values(
    text: str, keys: Sequence[str], *, path: str
) -> list[tuple[tuple[str, ...], Value]]:
    """Return every single value at or below `keys`, with its keys.

    Raises BootstrapError if there is nothing, or a list, which has no single values.
    """
    node = compose_one(text, path)
    for key in keys:
        pair = find_key(node, key, path=path)
        node = pair[1] if pair else None
    if node is None:
        raise BootstrapError(
            f"{path} does not set {join_key(keys)}", "set it there, or name another key"
        )
    return list(_leaves(node, tuple(keys), text, _load(text, path), path))


def _leaves(
    node: Any, keys: tuple[str, ...], text: str, loaded: dict[str, Any], path: str
) -> Iterator[tuple[tuple[str, ...], Value]]:
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    if isinstance(node, MappingNode) and node.value:
        for key, below in node.value:
            yield from _leaves(below, (*keys, str(key.value)), text, loaded, path)
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
    for splice in splices(text, keys, value, path):
        changed = splice.apply(text)
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
    """Return what is equal only if types are: to Helm, 1, 1.0 and true are not the same."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return type(value).__name__, repr(value)
