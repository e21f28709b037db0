"""One YAML mapping a file: read, or an error that says where and quotes nothing."""

from __future__ import annotations

from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.yaml.loader import load

_HINT = "mend the file, or restore it with `git checkout`"


def parse_mapping(text: str, *, path: str) -> dict[str, Any]:
    """Return the one mapping that the YAML `text` of file `path` holds.

    Raises BootstrapError with the position, never the text, when it is anything else.
    """
    try:
        loaded = load(text)
    except Exception as error:
        # beside YAMLError: ValueError, RecursionError; the words of all may quote the text
        position = position_of(error)
        kind = "" if position else f" ({type(error).__name__})"
        raise BootstrapError(f"{path}{position}: not valid YAML{kind}", _HINT) from None
    if not isinstance(loaded, dict):
        raise BootstrapError(f"{path}: expected one YAML mapping", _HINT)
    return loaded


def position_of(error: Exception) -> str:
    """Return ":line:column" (from 1) where a parser stopped, or "" if it does not say."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""
