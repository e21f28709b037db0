"""Reading a file that may be anything: a pipe, a device, larger than there is memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bootstrap.errors import BootstrapError


def read_regular(
    path: Path, limit: int, *, irregular: BootstrapError, large: BootstrapError
) -> bytes:
    """Return the bytes of a regular file.

    Raises `irregular` for what is none, `large` for more than `limit` bytes, which are not read,
    and OSError.
    """
    # a pipe without a writer would block the open itself
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise irregular
        if status.st_size > limit:
            raise large
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            raw = stream.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(raw) > limit:  # it grew, or its size is not known (as in /proc)
        raise large
    return raw
