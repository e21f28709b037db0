"""What a file will have that it has not: a unified diff."""

from __future__ import annotations

import difflib


def diff_of(path: str, before: str | None, after: str) -> str:
    """Return the unified diff of a text file, "" if nothing differs."""
    lines = difflib.unified_diff(
        (before or "").splitlines(keepends=True),
        after.splitlines(keepends=True),
        fromfile=f"a/{path}" if before is not None else "/dev/null",
        tofile=f"b/{path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
