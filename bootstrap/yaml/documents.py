"""YAML text in, mappings out, and back: one document a file."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.planned_file import render_header
from bootstrap.yaml.plain import NOT_TEXT_IN_YAML_1_1, read_plain, write_plain

if TYPE_CHECKING:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import ScalarNode


@functools.cache
def _representer() -> type[Any]:
    from ruamel.yaml.representer import RoundTripRepresenter

    class Representer(RoundTripRepresenter):  # type: ignore[misc, unused-ignore]
        """Writes text so that no reader takes it for something else."""

    def represent_text(representer: Any, text: str) -> ScalarNode:
        style = "'" if NOT_TEXT_IN_YAML_1_1.fullmatch(text) else None
        node: ScalarNode = representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)
        return node

    Representer.add_representer(str, represent_text)
    return Representer


def render_manifest(objects: Mapping[str, Any], *, owner: str) -> str:
    """Return `objects` as block-style YAML under our header.

    The same mapping always gives the same bytes: keys keep their order and lines are not folded.
    `owner` names the command that rewrites the file.
    """
    return render_header(owner) + (write_plain(objects) or _dump(objects))


def dump_objects(objects: Any) -> str:
    """Return `objects` as block-style YAML for people to read, without our header."""
    return _dump(objects)


def _dump(objects: Mapping[str, Any]) -> str:
    yaml = parser_of("rt")
    yaml.Representer = _representer()
    yaml.width = 2**20  # a folded base64 line would differ from what kubeseal writes
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _data: True
    buffer = io.StringIO()
    yaml.dump(dict(objects), buffer)
    return buffer.getvalue()


def parser_of(kind: str) -> YAML:
    """Return the parser and writer of `kind`: "safe", or "rt" to write."""
    from ruamel.yaml import YAML  # 40 ms, and most runs meet only files that need no parser

    return YAML(typ=kind, pure=True)


def parse_mapping(text: str, *, path: str) -> dict[str, Any]:
    """Return the one mapping that the YAML `text` of file `path` holds.

    Raises BootstrapError with the position, never the text, when it is anything else.
    """
    plain = read_plain(text)
    if plain is not None:
        return plain
    from ruamel.yaml.error import MarkedYAMLError

    try:
        loaded = parser_of("safe").load(text)
    except MarkedYAMLError as error:
        raise BootstrapError(
            f"{path}{position_of(error)}: not valid YAML",
            "mend the file, or restore it with `git checkout`",
        ) from None
    except Exception as error:
        # the parser lets other types through by what is malformed: ValueError, AttributeError,
        # RecursionError
        raise BootstrapError(
            f"{path}: not valid YAML ({type(error).__name__})",
            "mend the file, or restore it with `git checkout`",
        ) from None
    if not isinstance(loaded, dict):
        raise BootstrapError(
            f"{path}: expected one YAML mapping",
            "mend the file, or restore it with `git checkout`",
        )
    return loaded


def position_of(error: MarkedYAMLError) -> str:
    """Return ":line:column" (from 1) where the parser stopped, or "" if it does not say."""
    mark = error.problem_mark or error.context_mark
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""
