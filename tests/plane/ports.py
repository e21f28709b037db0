"""Free loopback ports that stay ours between choosing and binding, and over restarts."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

from tests.plane.errors import PlaneError

# Below the range from which Linux gives ports to outgoing connections (32768 and up), so that no
# connection of a running test can take a port between two starts of a server.
_RANGE = range(20000, 32000)
_held: list[IO[str]] = []


def reserve_port() -> int:
    """Return a free TCP port of 127.0.0.1 that no other plane on this machine will choose.

    The reservation is a lock on a file and ends with this process. Raises PlaneError if none is
    free.
    """
    folder = Path(tempfile.gettempdir()) / f"agentsmith-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.sample(_RANGE, len(_RANGE)):
        handle = (folder / str(port)).open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            handle.close()
            continue
        _held.append(handle)
        return port
    raise PlaneError(f"no free port between {_RANGE.start} and {_RANGE.stop}")
