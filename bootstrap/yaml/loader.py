"""The one reader of YAML: libyaml's parser, with scalars as Kubernetes, Argo CD and Helm read them.

All three read by https://github.com/kubernetes-sigs/yaml (goyaml.v2/resolve.go): `no` is false and
0644 is 420, but 12:30 and dates are text. What it does not know (a tag of one's own), or would pass
over (a key that stands twice), is refused.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bootstrap.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from yaml.nodes import Node

TAGS = "tag:yaml.org,2002:"
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ][0-9:.]+(?:Z|[-+][0-9:]+)?)?")
_UNFINISHED = object()
_DEEPEST = 200
"""The C parser composes by calling itself, and ends the process where its stack ends."""
_FEW_OPENERS = _DEEPEST // 2
_MAYBE_DEEP = re.compile(rf"[ \t?:-]{{{_DEEPEST // 4}}}")


def load(text: str) -> Any:
    """Return what the one document in `text` stands for, None if there is none.

    Raises yaml.YAMLError, ValueError or RecursionError, whose words may quote the text.
    """
    loader = _open(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def load_all(text: str) -> list[Any]:
    """Return what each document in `text` stands for; raises what `load` does."""
    loader = _open(text)
    return [loader.construct_document(node) for node in _nodes(loader)]


def compose_all(text: str) -> list[Node]:
    """Return the root node of each document in `text`; raises what `load` does."""
    return list(_nodes(_open(text)))


def _nodes(loader: Any) -> Iterator[Node]:
    """Yield each document's root as it is read, so that the first fault of the text is told."""
    try:
        while loader.check_node():
            yield loader.get_node()
    finally:
        loader.dispose()


def _open(text: str) -> Any:
    _check_depth(text)
    return _loader_class()(text)


def _check_depth(text: str) -> None:
    """Raise RecursionError for text that nests too deeply.

    Each level takes a bracket, or a column of its own among spaces, dashes and question marks
    (two levels: a list may stand at its key's column). With few of both there is nothing to count.
    """
    openers = text.count("[") + text.count("{")
    if openers <= _FEW_OPENERS and not _MAYBE_DEEP.search(text):
        return
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_loader_class()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise RecursionError


@functools.cache
def _loader_class() -> type[Any]:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Makes of nodes what Kubernetes does."""

        yaml_constructors: dict[str | None, Any] = {}

        def resolve(self, kind: type, value: Any, implicit: Any) -> str:
            """Return the tag of a node that has none."""
            if kind is yaml.ScalarNode:
                return TAGS + (read_scalar(value)[0] if implicit[0] else "str")
            return TAGS + ("map" if kind is yaml.MappingNode else "seq")

        def descend_resolver(self, *_place: object) -> None:
            """Do nothing: no tag depends on a path."""

        def ascend_resolver(self) -> None:
            """Do nothing, likewise."""

        def construct_document(self, node: Any) -> Any:
            """Return what the document below `node` stands for."""
            self.made: dict[int, Any] = {}
            return self.make(node)

        def make(self, node: Any) -> Any:
            """Return what `node` stands for; what has an anchor is made once."""
            if isinstance(node, yaml.ScalarNode):
                return self.scalar(node)
            if id(node) not in self.made:
                self.made[id(node)] = _UNFINISHED
                self.made[id(node)] = self.collection(node)
            if self.made[id(node)] is _UNFINISHED:
                raise _wrong(node, "an anchor within itself")
            return self.made[id(node)]

        def collection(self, node: Any) -> Any:
            """Return a list or a mapping."""
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAGS}seq":
                return [self.make(item) for item in node.value]
            if isinstance(node, yaml.MappingNode) and node.tag == f"{TAGS}map":
                return self.mapping(node)
            raise _wrong(node, "an unknown tag")

        def scalar(self, node: Any) -> Any:
            """Return the value of a scalar, which must be what a written tag says."""
            kind, text = node.tag.removeprefix(TAGS), node.value
            if kind in ("str", "merge"):
                return text
            if kind == "binary":
                import base64

                return base64.b64decode("".join(text.split()), validate=True).decode()
            if kind == "timestamp" and _TIMESTAMP.fullmatch(text):
                return text
            found, value = read_scalar(text)
            if found == kind and kind in ("null", "bool", "int", "float"):
                return value
            if (kind, found) == ("float", "int"):
                return float(str(value))
            raise _wrong(node, "a tag that does not fit, or is unknown")

        def mapping(self, node: Any) -> dict[str, Any]:
            """Return a mapping; what it merges in counts from there on."""
            found: dict[str, Any] = {}
            written = set()
            for key_node, value_node in node.value:
                if key_node.tag == f"{TAGS}merge":
                    for merged in self.merged(value_node):
                        found.update(self.make(merged))
                    continue
                key = self.key(key_node)
                if key in written:
                    raise _wrong(key_node, "a key that stands twice")
                written.add(key)
                found[key] = self.make(value_node)
            return found

        def key(self, node: Any) -> str:
            """Return a key as JSON has it: as text."""
            key = self.scalar(node) if isinstance(node, yaml.ScalarNode) else None
            if key is None:
                raise _wrong(node, "a key that is not text")
            return str(key).lower() if isinstance(key, bool) else str(key)

        def merged(self, node: Any) -> list[Any]:
            """Return the mappings of `<<: `, the one that counts most at the end."""
            nodes = node.value[::-1] if isinstance(node, yaml.SequenceNode) else [node]
            for item in nodes:
                if not isinstance(item, yaml.MappingNode):
                    raise _wrong(item, "a merge of what is no mapping")
            return nodes

    return Loader


def _wrong(node: Any, problem: str) -> Exception:
    from yaml.constructor import ConstructorError

    error: Exception = ConstructorError(None, None, problem, node.start_mark)
    return error
