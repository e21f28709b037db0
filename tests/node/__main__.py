"""Run a node until Ctrl-C: `python -m tests.node`."""

from __future__ import annotations

import contextlib
import signal
import sys

from tests.node.node import Node
from tests.plane.errors import PlaneError
from tests.tools.build import ToolError


def main() -> int:
    """Start a node, say how to reach it, and stop it on Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Node() as node:
            for step, seconds in node.timings.items():
                print(f"{step}: {seconds:.1f} s", file=sys.stderr)
            print(f"export KUBECONFIG={node.kubeconfig}")
            print(f"# its network: {' '.join(node.network.enter)} COMMAND", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    except KeyboardInterrupt:
        return 130
    except (PlaneError, ToolError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
