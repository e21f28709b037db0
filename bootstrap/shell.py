"""Paths as a shell takes them in the folder that the user is in, for lines that are copied."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def from_here(*paths: str) -> str:
    """Return `paths`, relative to the top of the work tree, quoted for the current folder."""
    try:
        here = Path.cwd()
    except OSError:
        return shlex.join(paths)  # the folder is gone; no path leads anywhere from it
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    return shlex.join(os.path.relpath(top / path, here) for path in paths)
