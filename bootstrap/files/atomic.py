"""The steps that an all-or-nothing write is made of, each with what undoes it."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from bootstrap.errors import BootstrapError

PRIVATE_MODE = 0o600


def make_folders(folder: Path, undo: contextlib.ExitStack) -> None:
    """Make `folder` and those above it; `undo` removes what was made and is still empty."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        undo.callback(remove_if_empty, parent)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder in which nothing is left."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def temporary_name(target: Path) -> Path:
    """Return a new name beside `target`."""
    # the end of the name stays, so what ignores the file ignores this one too
    return target.parent / f".{secrets.token_hex(4)}.tmp.{target.name}"


def write_new(file: Path, content: bytes, mode: int | None) -> None:
    """Write a file that is not there yet; without `mode` it is made like any other."""
    descriptor = os.open(
        file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else PRIVATE_MODE
    )
    with os.fdopen(descriptor, "wb") as stream:
        if mode is not None:
            os.fchmod(descriptor, mode)
        stream.write(content)


def keep(target: Path, names: contextlib.ExitStack) -> Path | None:
    """Keep what is at `target` under a second name, None if nothing is; `names` drops it again."""
    if not target.exists():
        return None
    kept = temporary_name(target)
    names.callback(drop, kept)
    try:
        kept.hardlink_to(target)
    except OSError:  # a file system without links
        write_new(kept, target.read_bytes(), mode_of(target))
    return kept


def drop(file: Path) -> None:
    """Remove a file of ours if it can be."""
    with contextlib.suppress(OSError):  # what stays is ignored by Git, and the next run's to clean
        file.unlink(missing_ok=True)


def put_back(path: str, target: Path, kept: Path | None, temporary: Path | None = None) -> None:
    """Undo the step that put `temporary` in the place of `target`, or took `target` away."""
    try:
        if temporary and temporary.exists():
            return  # it never got to its place
        if kept:
            kept.replace(target)
        else:
            target.unlink(missing_ok=True)
    except OSError as error:
        raise BootstrapError(
            f"{path} is changed and could not be put back: {(error.strerror or '').lower()}",
            f"look at it with `git diff {path}`, mend the disk, then run this again",
        ) from error


def mode_of(target: Path) -> int | None:
    """Return the permissions of `target`, None if there is none."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
