"""What differs between two sets of Kubernetes objects, for people: no noise, no secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.yaml.writer import LiteralText, dump_objects

Key = tuple[str, str, str, str]
"""(group, kind, namespace, name)."""
_SERVER_FIELDS = {
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
}
TRACKING = "argocd.argoproj.io/tracking-id"
_SERVER_ANNOTATIONS = {
    TRACKING,
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
}
_HIDDEN = {"Secret": ("data", "stringData"), "SealedSecret": ("spec.encryptedData",)}
_WORD = {"Secret": "secret", "SealedSecret": "sealed"}
_NOT_SHOWN = re.compile(r"[^\t\n\x20-\x7e\xa0-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ObjectDiff:
    """How one object differs."""

    object: str
    """Kind and name."""
    action: str
    """added, changed or removed."""
    diff: str
    """Unified, without colours."""


def key_of(item: Mapping[str, Any], namespace: str) -> Key:
    """Return what tells an object from all others; one without a namespace is in `namespace`."""
    group, slash, _version = item["apiVersion"].partition("/")
    metadata = item["metadata"]
    where = metadata.get("namespace") or namespace
    name = metadata.get("name") or metadata["generateName"]
    return (group if slash else "", item["kind"], where, name)


def compare(
    old: Mapping[Key, Mapping[str, Any]],
    new: Mapping[Key, Mapping[str, Any]],
    *,
    old_name: str,
    new_name: str,
) -> list[ObjectDiff]:
    """Return every object that differs, in a fixed order."""
    found = []
    for key in sorted(old.keys() | new.keys()):
        before, after = _comparable(old.get(key)), _comparable(new.get(key))
        if before == after:
            continue
        name = f"{key[1]} {key[3]}"
        action = "added" if before is None else "removed" if after is None else "changed"
        left, right = _hide(before, after)
        lines = difflib.unified_diff(
            _show(left),
            _show(right),
            f"{old_name}: {name}" if before is not None else "/dev/null",
            f"{new_name}: {name}" if after is not None else "/dev/null",
            lineterm="",
        )
        found.append(ObjectDiff(name, action, "".join(f"{line}\n" for line in lines)))
    return found


def _comparable(item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return `item` without what the API server and the controllers write."""
    if item is None:
        return None
    rest = {name: value for name, value in item.items() if name != "status"}
    metadata = {
        name: value for name, value in item["metadata"].items() if name not in _SERVER_FIELDS
    }
    annotations = {
        name: value
        for name, value in (metadata.pop("annotations", None) or {}).items()
        if name not in _SERVER_ANNOTATIONS
    }
    if annotations:
        metadata["annotations"] = annotations
    return {**rest, "metadata": metadata}


def _hide(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Replace secret values, sealed ones too, by words that say whether they differ."""
    kind = str((before or after or {}).get("kind"))
    for place in _HIDDEN.get(kind, ()):
        old, new = _at(before, place), _at(after, place)
        word = _WORD[kind]
        if old:
            before = _with(before or {}, place, dict.fromkeys(old, f"<{word}>"))
        if new:
            told = {
                name: f"<{word}, changed>" if name in old and old[name] != value else f"<{word}>"
                for name, value in new.items()
            }
            after = _with(after or {}, place, told)
    return before, after


def _at(item: Mapping[str, Any] | None, place: str) -> Mapping[str, Any]:
    value: Any = item or {}
    for part in place.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _with(item: Mapping[str, Any], place: str, value: object) -> dict[str, Any]:
    first, _dot, rest = place.partition(".")
    return {**item, first: _with(item[first], rest, value) if rest else value}


def _show(item: Mapping[str, Any] | None) -> list[str]:
    if item is None:
        return []
    # what a terminal would obey is shown as its number
    text = _NOT_SHOWN.sub(lambda found: f"\\x{ord(found[0]):02x}", dump_objects(_sorted(item)))
    return text.splitlines()


def _sorted(value: Any) -> Any:
    """Return `value` with sorted keys, and text of several lines to be shown as such."""
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralText(value)
    return value


def by_key(items: Iterable[Mapping[str, Any]], namespace: str) -> dict[Key, Mapping[str, Any]]:
    """Return `items` by what tells them apart."""
    return {key_of(item, namespace): item for item in items}
