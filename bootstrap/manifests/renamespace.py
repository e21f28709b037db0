"""An environment's objects as they would be in another's namespace: what is left truly differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_DERIVED = "checksum/secret"


def move_object(
    item: Mapping[str, Any], to: Mapping[str, Any], *, old: str, new: str
) -> dict[str, Any]:
    """Return `item` of namespace `old` as its counterpart `to`, in namespace `new`, has it.

    Only text that becomes the counterpart's by writing `new` for `old` is changed: what names a
    namespace for a reason of its own goes on being a difference.
    """
    whole = re.compile(rf"(?<![\w-]){re.escape(old)}(?![\w-])")
    moved: dict[str, Any] = _move(item, to, lambda text: whole.sub(lambda _found: new, text))
    return _without_ciphertext(moved, to) if item["kind"] == "SealedSecret" else moved


def count_unknown(item: Mapping[str, Any], to: Mapping[str, Any]) -> int:
    """Return how many sealed values both have that may be the same or not."""
    theirs = _encrypted(to)
    return sum(theirs.get(key, value) != value for key, value in _encrypted(item).items())


def _move(value: Any, to: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, str) and isinstance(to, str):
        return to if rename(value) == to else value
    if isinstance(value, Mapping) and isinstance(to, Mapping):
        moved = {key: _move(item, to.get(key), rename) for key, item in value.items()}
        if _DERIVED in moved and _DERIVED in to:
            # it follows from the Secret, which is compared itself as far as that can be
            moved[_DERIVED] = to[_DERIVED]
        return moved
    if isinstance(value, list) and isinstance(to, list):
        return [_move(item, _partner(at, item, to), rename) for at, item in enumerate(value)]
    return value


def _partner(at: int, item: Any, to: list[Any]) -> Any:
    """Return what an entry of a list is to be held against: that of its name, else its place."""
    if isinstance(item, Mapping) and "name" in item:
        for other in to:
            if isinstance(other, Mapping) and other.get("name") == item["name"]:
                return other
    return to[at] if at < len(to) else None


def _without_ciphertext(item: dict[str, Any], to: Mapping[str, Any]) -> dict[str, Any]:
    """Return a SealedSecret with the other's value for each key that both have.

    Each is sealed for a key or a namespace of its own, so the texts differ whatever is in them.
    """
    theirs = _encrypted(to)
    encrypted = {key: theirs.get(key, value) for key, value in _encrypted(item).items()}
    return {**item, "spec": {**item["spec"], "encryptedData": encrypted}} if encrypted else item


def _encrypted(item: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = item.get("spec") if item["kind"] == "SealedSecret" else None
    values = spec.get("encryptedData") if isinstance(spec, Mapping) else None
    return values if isinstance(values, Mapping) else {}
