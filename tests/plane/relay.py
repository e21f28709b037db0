"""Two small relays to loopback addresses, in threads that end with the process."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

Address = tuple[str, int]


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _join(left: socket.socket, right: socket.socket) -> None:
    """Copy both ways until both sides have ended, then close both."""
    for side in (s for s in (left, right) if s.family == socket.AF_INET):
        side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    other = threading.Thread(target=_pump, args=(right, left), daemon=True)
    other.start()
    _pump(left, right)
    other.join()
    left.close()
    right.close()


def _serve(listener: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    def accept() -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def close_listener(listener: socket.socket) -> None:
    """Stop listening; connections that are open go on."""
    # A blocked accept() keeps a closed socket alive; shutdown wakes it.
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def relay(listener: socket.socket, target: Address) -> None:
    """Connect whatever arrives at `listener` to `target`, until the listener is closed."""

    def handle(connection: socket.socket) -> None:
        try:
            _join(connection, socket.create_connection(target, timeout=None))
        except OSError:
            connection.close()

    _serve(listener, handle)


class EgressProxy:
    """The HTTP CONNECT proxy through which the API server reaches the addresses of pods.

    The API server refuses a pod on loopback, so a pod has an address that exists nowhere and this
    proxy knows which loopback port it stands for.
    """

    def __init__(self, path: Path) -> None:
        """Listen on the socket file `path`; `routes` maps a pod's address to a loopback one."""
        self.routes: dict[Address, Address] = {}
        path.unlink(missing_ok=True)
        self._listener = socket.create_server(str(path), family=socket.AF_UNIX)
        _serve(self._listener, self._handle)

    def close(self) -> None:
        """Stop listening; open connections go on."""
        close_listener(self._listener)

    def _handle(self, connection: socket.socket) -> None:
        try:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                if not (byte := connection.recv(1)):
                    return
                request += byte
            host, _, port = request.split()[1].decode().rpartition(":")
            route = self.routes.get((host.strip("[]"), int(port)))
            if route is None:
                connection.sendall(b"HTTP/1.1 502 No such pod\r\n\r\n")
                connection.close()
                return
            target = socket.create_connection(route, timeout=None)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            _join(connection, target)
        except OSError:
            connection.close()
