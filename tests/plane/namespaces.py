"""Namespaces of the kernel for processes that need a network or a /var/run of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from tests.plane import isolate
from tests.plane.errors import PlaneError


def unshare(*kinds: str) -> list[str]:
    """Return the `unshare` command for namespaces such as "net"; root is not needed for it."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, *(f"--{kind}" for kind in kinds)]


def check_unshare() -> None:
    """Raise PlaneError if the machine does not let us make the namespaces that the plane needs."""
    run = subprocess.run([*unshare("net", "mount"), "true"], capture_output=True, text=True)
    if run.returncode != 0:
        raise PlaneError(
            "network and mount namespaces are needed: run as root (in a container, with "
            f"CAP_SYS_ADMIN) or allow user namespaces; {run.stderr.strip()}"
        )


def enter_network(handle: int, ports: Sequence[int]) -> list[str]:
    """Return what goes before a command that insists on listening on all addresses.

    Listeners for `ports` inside the namespace arrive at the other end of socket `handle`.
    """
    listed = ",".join(str(port) for port in ports)
    return [*unshare("net"), sys.executable, "-I", isolate.__file__, str(handle), listed]
