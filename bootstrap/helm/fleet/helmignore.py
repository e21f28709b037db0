"""Which files of a chart's folder are not part of it, as `.helmignore` says.

Rules: https://helm.sh/docs/chart_template_guide/helm_ignore_file/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_SIMPLE = re.compile(r"[^!/\[\]\\]+/?")


def ignored_by(text: str) -> Callable[[str], bool] | None:
    """Return the test whether a path is ignored, None if `text` holds more than plain names."""
    lines = (line.strip() for line in text.splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    if not all(_SIMPLE.fullmatch(pattern) and "**" not in pattern for pattern in patterns):
        return None

    def is_ignored(path: str) -> bool:
        *folders, name = PurePosixPath(path).parts
        if folders == ["templates"] and name.startswith(".") and len(name) > 1:
            return True  # always
        return _matches(folders, (item.rstrip("/") for item in patterns)) or _matches(
            [name], (item for item in patterns if not item.endswith("/"))
        )

    return is_ignored


def _matches(names: list[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
