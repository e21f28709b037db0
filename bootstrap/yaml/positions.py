"""Where the keys and values of a YAML mapping stand in its text.

Nodes are those of ruamel.yaml, which keeps the anchors; it has no types for what matters here.
"""

from __future__ import annotations

from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.yaml.documents import position_of


def compose_all(text: str, path: str) -> list[Any]:
    """Return the roots of the documents in `text` (of file `path`); their marks are positions."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return list(YAML(typ="safe", pure=True).compose_all(text))
    except MarkedYAMLError as error:
        raise BootstrapError(
            f"{path}{position_of(error)}: not valid YAML", "mend the line"
        ) from None
    except (YAMLError, ValueError, RecursionError):
        raise BootstrapError(f"{path}: not valid YAML", "mend the file") from None


def compose_one(text: str, path: str) -> Any | None:
    """Return the root of the one document in `text` (of file `path`), None if it is empty.

    Its marks are positions in `text`.
    """
    documents = compose_all(text, path)
    if len(documents) > 1:
        raise BootstrapError(
            f"{path}: more than one YAML document", "keep one: Helm reads only the first"
        )
    root = documents[0] if documents else None
    if root is None or (root.start_mark.index == root.end_mark.index and not root.value):
        return None
    return root


def find_key(node: Any, key: str, *, path: str) -> tuple[Any, Any] | None:
    """Return the key and value nodes of `key` in the mapping `node`, None if it has no such key.

    Raises BootstrapError for what is written once and meant in more than one place (anchors), and
    for a key that stands twice.
    """
    from ruamel.yaml.nodes import MappingNode

    if not isinstance(node, MappingNode):
        return None
    found = [pair for pair in node.value if pair[0].value == key]
    if not found:
        return None
    if len(found) > 1:
        line = found[1][0].start_mark.line + 1
        raise BootstrapError(f"{path}:{line}: {key} is here twice", "keep one of the two")
    value = found[0][1]
    if value.anchor:
        raise BootstrapError(
            f"{path}:{found[0][0].start_mark.line + 1}: {key} has, or is, the YAML anchor"
            f" {value.anchor}, so a change would reach further than it says",
            "write the value out there, without & or *",
        )
    return found[0][0], value


def is_empty(node: Any) -> bool:
    """Tell whether a mapping or a list has no entry."""
    return not node.value


def is_null(node: Any) -> bool:
    """Tell whether a node is null, written or left out."""
    return bool(node.tag == "tag:yaml.org,2002:null")


def value_place(text: str, key: Any, value: Any) -> tuple[int, int]:
    """Return where the scalar `value` of `key` begins and ends; alike if nothing is written."""
    start, end = value.start_mark.index, value.end_mark.index
    if start == end:  # the parser then gives the place of what comes next
        colon = text.find(":", key.end_mark.index)
        return colon + 1, colon + 1
    return start, end


def end_of(pair: tuple[Any, Any]) -> int:
    """Return where the last thing that belongs to an entry ends.

    The parser's own end of a block is where the next begins, behind comments and empty lines.
    """
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    key, value = pair
    if isinstance(value, ScalarNode):
        written = value.end_mark.index > value.start_mark.index
        return int((value if written else key).end_mark.index)
    if value.flow_style or not value.value:
        return int(value.end_mark.index)
    last = value.value[-1]
    if isinstance(value, MappingNode):
        return end_of(last)
    if isinstance(value, SequenceNode):
        return end_of((value, last))
    return int(value.end_mark.index)
