"""What a push costs where there are many environments: `python -m benchmarks.push`.

On the control plane of the tests: a push that touches one environment, announced by webhook, to
Synced and Healthy, with one environment and with many in one run; and how many manifests Argo CD
rendered for it, which should be one.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.loop import Live, announce
from tests.plane.git_server import GitServer
from tests.plane.plane import Plane
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace, make_workspace

_MISSED = re.compile(r'"cacheKey":"([^"]*)".*"msg":"manifest cache miss')


@dataclass(frozen=True, slots=True)
class Push:
    """One push: seconds to Healthy, and how many manifests were rendered meanwhile."""

    seconds: float
    rendered: int


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Measure, print, and return the ratio of many environments to one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=int, default=50)
    parser.add_argument("--pushes", type=int, default=5)
    options = parser.parse_args(arguments)
    with Plane() as plane, tempfile.TemporaryDirectory() as folder:
        server = GitServer(Path(folder) / "git").start()
        try:
            workspace = make_workspace(
                Path(folder), server.create("fleet"), {"KUBECONFIG": str(plane.kubeconfig)}
            )
            one = _measure(plane, workspace, 1, options.pushes)
            many = _measure(plane, workspace, options.environments, options.pushes)
        finally:
            server.stop()
    for size, pushes in ((1, one), (options.environments, many)):
        print(
            f"{size} environments: {statistics.median(p.seconds for p in pushes):.1f} s from push"
            f" to Healthy (median of {[round(p.seconds, 1) for p in pushes]}),"
            f" manifests rendered: {[p.rendered for p in pushes]}"
        )
    ratio = statistics.median(p.seconds for p in many) / statistics.median(p.seconds for p in one)
    print(f"many environments take {ratio:.2f} times as long as one")
    return {"push": ratio}


def _measure(plane: Plane, workspace: Workspace, size: int, pushes: int) -> list[Push]:
    cert = ["--cert", "environments/env-0/sealing-cert.pem"]
    for number in range(size):
        if not (workspace.root / f"environments/env-{number}").exists():
            source = cert if number else ["--from-cluster"]
            workspace.bootstrap("init", f"env-{number}", *source)
    workspace.push(f"Environments: {size}")
    workspace.bootstrap("up", "--timeout", "15m")
    before = workspace.git("rev-parse", "HEAD")
    found = []
    for number in range(pushes + 1):
        image = f"agentsmith-dispatcher:{size}-{number}"
        workspace.write("environments/env-0/values.yaml", f"image:\n  dispatcher: {image}\n")
        rendered = _rendered(plane)
        began = time.monotonic()
        after = workspace.push(f"Release {image}")
        announce(plane, workspace, before, after)
        live = Live(plane, "env-0", "agentsmith-env-0")
        wait_for(lambda at=after, on=live: on.at(at), "the push", timeout=120, interval=0.05)
        found.append(Push(time.monotonic() - began, _rendered(plane) - rendered))
        before = after
    return found[1:]  # the first fills caches


def _rendered(plane: Plane) -> int:
    log = plane.run_dir / "logs" / "argocd-repo-server.log"
    # it looks into its cache twice, before and after it has the repository to itself
    return len(set(_MISSED.findall(log.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
