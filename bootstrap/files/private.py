"""Files outside the repository's plan: backups, and the hook that Git runs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.files.atomic import PRIVATE_MODE, sync, temporary_name, write_new

_PROGRAM_MODE = 0o755


def write_private(path: Path, content: bytes) -> None:
    """Write a file that is not there yet with mode 0600, whole or not at all.

    It appears under its name only when it is on the disk; one that is there is never replaced.
    """
    temporary = temporary_name(path)
    try:
        try:
            write_new(temporary, content, PRIVATE_MODE)
            sync(temporary)
            _put_in_place(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except FileExistsError:
        raise BootstrapError(
            f"{path} exists; it is left as it is", "choose another name: it may hold other keys"
        ) from None
    except OSError as error:
        raise BootstrapError(
            f"{path}: {(error.strerror or type(error).__name__).lower()}",
            "choose a folder that exists and that you may write to",
        ) from error


def _put_in_place(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)  # unlike a rename, it fails where there is one
    except FileExistsError:
        raise
    except OSError:  # a file system without links: a stick, say
        if os.path.lexists(path):
            raise FileExistsError from None
        temporary.rename(path)


def replace_program(path: Path, text: str) -> None:
    """Write a script that anyone may run, whole or not at all."""
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_new(temporary, text.encode(), _PROGRAM_MODE)
            sync(temporary)
            temporary.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        raise BootstrapError(
            f"{path}: {(error.strerror or type(error).__name__).lower()}",
            "check the folder and its permissions",
        ) from error
