"""The node's own control groups, under one folder of each hierarchy."""

from __future__ import annotations

import contextlib
import os
import signal

from tests.node.machine import cgroup_roots
from tests.plane.waiting import wait_for


class Cgroups:
    """One group per hierarchy, all of one name; the kubelet puts every pod below it."""

    def __init__(self, name: str) -> None:
        """Choose the name; `create` makes the groups."""
        self.name = name
        self._folders = [root / name for root in cgroup_roots()]

    def create(self) -> None:
        """Make the groups."""
        for folder in self._folders:
            folder.mkdir(exist_ok=True)

    def delete(self) -> None:
        """Kill whatever is still in the groups, then remove them."""
        wait_for(lambda: not self._kill(), f"the groups of {self.name} to be empty")
        for folder in self._folders:
            if folder.exists():
                for child in sorted(folder.rglob("*"), reverse=True):
                    if child.is_dir():
                        child.rmdir()
                folder.rmdir()

    def _kill(self) -> set[int]:
        """Return the processes that were still there, each of which got SIGKILL."""
        found = set()
        for folder in self._folders:
            for tasks in folder.rglob("cgroup.procs"):
                found |= {int(line) for line in tasks.read_text().split()}
        for pid in found:
            if pid > 1 and pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return found
