"""Run a command in a network namespace of its own that can reach chosen loopback ports outside.

`python isolate.py FD PORTS COMMAND...` runs inside the new namespace: it listens there on 127.0.0.1
at each port, hands these listeners out through the socket FD, and becomes the command. Whoever
holds the listeners accepts on them from outside, because a socket stays in the namespace in which
it was made. It is run as a script and imports nothing of ours.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


def _main() -> None:
    handle, ports, command = int(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    listeners = [socket.create_server(("127.0.0.1", int(port)), backlog=128) for port in ports]
    with socket.socket(fileno=handle) as outside:
        socket.send_fds(outside, [b"listeners"], [listener.fileno() for listener in listeners])
    os.execvp(command[0], command)


if __name__ == "__main__":
    _main()
