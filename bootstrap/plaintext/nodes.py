"""The YAML nodes of plaintext secrets: text as it was written, and errors that never quote it.

Values are taken from the parser's nodes, not from what YAML would make of them, so `0123`, `yes`
and `1e3` stay the text that was written.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.plaintext.known_keys import may_be_shown
from bootstrap.yaml.documents import position_of
from bootstrap.yaml.loader import TAGS, compose_all
from bootstrap.yaml.scalars import NULLS

_NULL_TAG = f"{TAGS}null"
# what the parser takes plain text for by its looks; any other tag was written
_TAGS_OF_TEXT = {
    TAGS + name for name in ("str", "int", "float", "bool", "timestamp", "merge", "value")
}


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A value as it was written. Has no repr, as it would show it."""

    line: int
    """From 1."""
    text: str | None
    """Of a scalar; None for anything else."""
    is_null: bool = False
    is_tagged: bool = False
    """Whether somebody wrote a tag, so that the text is not the value."""
    is_merge: bool = False
    entries: Callable[[], list[tuple[Node, Node]]] | None = None
    """Of a mapping."""


def compose(text: str, source: str) -> Node | None:
    """Return the root of the one document in `text`, None if it is empty."""
    from yaml.error import MarkedYAMLError, YAMLError

    try:
        documents = compose_all(text)
    except MarkedYAMLError as error:
        # the parser's own words may quote the text
        raise BootstrapError(
            f"{source}{position_of(error)}: not valid YAML",
            "mend the line; quote a value that holds ': ', ' #' or starts with a special character",
        ) from None
    except (YAMLError, ValueError, RecursionError):
        raise BootstrapError(f"{source}: not valid YAML", "mend the file") from None
    if len(documents) > 1:
        raise BootstrapError(f"{source}: more than one YAML document", "keep one document per file")
    return _node(documents[0]) if documents else None


def _node(parsed: Any) -> Node:
    """Return our view of one of the parser's nodes; what is below it is looked at when asked."""
    line = parsed.start_mark.line + 1
    if parsed.id == "mapping":
        pairs = parsed.value
        return Node(line, None, entries=lambda: [(_node(key), _node(item)) for key, item in pairs])
    if parsed.id != "scalar":
        return Node(line, None)
    # with a value of its own a null has its tag because someone wrote it
    null = not parsed.style and parsed.tag == _NULL_TAG and parsed.value in NULLS
    return Node(
        line,
        parsed.value,
        is_null=null,
        is_tagged=parsed.tag not in _TAGS_OF_TEXT and not null,
        is_merge=parsed.tag == f"{TAGS}merge",
    )


def entries_of(node: Node, source: str, name: str | None = None) -> Iterator[tuple[str, Node]]:
    """Yield the entries of a mapping; a key that stands twice is an error."""
    if node.entries is None:
        if name is None:
            raise not_a_mapping(source)
        raise BootstrapError(
            f"{source}: line {node.line}: `{name}` is not a mapping",
            "write one `name: value` line per secret below it",
        )
    seen: dict[str, int] = {}
    for key, value in node.entries():
        line = key.line
        if key.text is None or key.is_merge:
            raise BootstrapError(
                f"{source}: line {line}: a key that is not plain text", "write each key out"
            )
        if key.text in seen:
            shown = key.text if may_be_shown(key.text) else "a key"
            raise BootstrapError(
                f"{source}: line {line}: {shown} is here already, at line {seen[key.text]}",
                "keep one of the two lines",
            )
        seen[key.text] = line
        yield key.text, value


def scalar_of(node: Node | None) -> str | None:
    """Return the text of a node that need not be there, None for any other kind of node."""
    return node.text if node is not None and not node.is_null else None


def text_of(node: Node, source: str) -> bytes:
    """Return the text of a scalar as it was written, "" for null; anything else is an error."""
    if node.is_null:
        return b""
    if node.text is None:
        raise BootstrapError(
            f"{source}: line {node.line}: the value is not text",
            "write one `name: value` line per secret, with no nested mapping or list",
        )
    if node.is_tagged:
        raise BootstrapError(
            f"{source}: line {node.line}: the value has a tag of its own, so it is not plain text",
            "take the tag (!...) out and write the value itself",
        )
    try:
        return node.text.encode()
    except UnicodeEncodeError:
        raise BootstrapError(
            f"{source}: line {node.line}: the value is not valid Unicode",
            "write the character itself instead of half of a surrogate pair",
        ) from None


def base64_of(node: Node, source: str) -> bytes:
    """Return what a scalar decodes to; white space in it is as good as none."""
    try:
        return base64.b64decode(b"".join(text_of(node, source).split()), validate=True)
    except binascii.Error:
        raise BootstrapError(
            f"{source}: line {node.line}: not base64",
            "values under `data` are base64; put plain text under `stringData`",
        ) from None


def not_a_mapping(source: str) -> BootstrapError:
    """Return the error for an input that is no mapping at all."""
    return BootstrapError(
        f"{source}: holds no mapping of secrets",
        "write `secrets:` with one `name: value` line per secret below it",
    )
