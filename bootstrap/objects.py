"""Live objects of Kubernetes, which may lack anything: how they are read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


def one_line(text: str) -> str:
    """Return `text` on one line of bounded length, so that one error can't fill a terminal."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 400 else flat[:397] + "..."


def mapping(value: object) -> Mapping[str, Any]:
    """Return `value` if it is a mapping, else an empty one: live objects lack what they may."""
    return value if isinstance(value, Mapping) else {}


def secret_text(data: Mapping[str, str] | None, key: str) -> str:
    """Return a value of a Secret's `data` as text, "" if there is none; bad bytes are replaced."""
    return base64.b64decode((data or {}).get(key, "")).decode(errors="replace")
