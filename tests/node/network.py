"""The node's network namespace: one veth pair inside, no link to the outside."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.plane.errors import PlaneError
from tests.plane.relay import Address, close_listener, relay

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
NODE_IP = "10.88.0.1"
_COMMANDS = (
    "ip link set lo up",
    # A kernel may lack dummy devices; a veth pair with both ends here does as well.
    "ip link add node0 type veth peer name node1",
    f"ip address add {NODE_IP}/24 dev node0",
    "ip link set node0 up",
    "ip link set node1 up",
    # A packet to a Service needs a route before its address is translated.
    "ip route replace default dev node0",
    "echo 1 > /proc/sys/net/ipv4/ip_forward",
)


class Network:
    """A named network namespace, and ways to do things in it."""

    def __init__(self, name: str) -> None:
        """Choose the name; `create` makes it."""
        self.name = name
        self.path = Path("/run/netns") / name
        self.enter = ["nsenter", f"--net={self.path}"]
        self._listeners: list[socket.socket] = []

    def create(self) -> None:
        """Make the namespace with the node's address. Raises PlaneError."""
        _run("ip", "netns", "add", self.name)
        _run(*self.enter, "sh", "-ec", "\n".join(_COMMANDS))

    def delete(self) -> None:
        """Close the ways in and remove the namespace; it ends with its last process."""
        for listener in self._listeners:
            close_listener(listener)
        self._listeners.clear()
        if self.path.exists():
            _run("ip", "netns", "delete", self.name)

    def run(self, function: Callable[[], T]) -> T:
        """Return `function()` called in the namespace; threads that it starts stay there."""
        answer: list[T] = []
        failure: list[BaseException] = []

        def inside() -> None:
            try:
                # Of the calling thread alone: the rest of the process stays where it is.
                handle = os.open(self.path, os.O_RDONLY)
                try:
                    libc = ctypes.CDLL(None, use_errno=True)
                    if libc.setns(handle, _CLONE_NEWNET) != 0:
                        raise PlaneError(f"setns: {os.strerror(ctypes.get_errno())}")
                finally:
                    os.close(handle)
                answer.append(function())
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=inside, name=f"in-{self.name}")
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return answer[0]

    def expose(self, target: Address) -> int:
        """Return a loopback port outside that leads to `target` inside."""
        listener = socket.create_server(("127.0.0.1", 0))
        self._listeners.append(listener)
        self.run(lambda: relay(listener, target))
        return int(listener.getsockname()[1])


def _run(*command: str) -> None:
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise PlaneError(f"{' '.join(command)}: {run.stderr.strip()}")
