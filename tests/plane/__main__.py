"""Run a plane until Ctrl-C: `python -m tests.plane`."""

from __future__ import annotations

import signal
import sys
import time

from tests.plane.errors import PlaneError
from tests.plane.plane import Plane
from tests.tools.build import ToolError


def main() -> int:
    """Start a plane, say how to reach it, and stop it on Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        began = time.monotonic()
        with Plane() as plane:
            print(f"ready in {time.monotonic() - began:.1f} s; Ctrl-C stops it", file=sys.stderr)
            print(f"export KUBECONFIG={plane.kubeconfig}")
            print(f"# Argo CD: {plane.argocd_url}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except (PlaneError, ToolError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
