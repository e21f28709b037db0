"""What a fleet costs, side by side in one run: `python -m benchmarks.fleet`.

Rendering against a loop of `helm template`; one more environment beside few and beside many; the
status of all of them, as an API server on loopback tells it.
Machines differ and so does their load, so what counts are the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import best_of, ms
from bootstrap.argocd.helm_source import HelmSource
from bootstrap.sealing.certificate import generate_key

PROJECT = Path(__file__).resolve().parents[1]
_ORIGIN = "https://git.example.com/team/agents.git"


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Measure, print, and return each ratio by its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--render", type=int, nargs="*", default=[10, 100, 500])
    parser.add_argument("--init", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--status", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--helm", type=Path, help="[default: Helm 4, built from its pinned source]")
    options = parser.parse_args(arguments)
    helm = options.helm or _build_helm()
    ratios = {f"render {size}": _render(size, helm, options.rounds) for size in options.render}
    if options.init:
        ratios["init"] = _init(options.init, options.rounds)
    if options.status:
        ratios["status"] = _status(options.status, options.rounds)
    return ratios


class Fleet:
    """A repository with `size` environments."""

    def __init__(self, root: Path, size: int) -> None:
        from tests.support.fleet import add_chart, add_environment

        self.root = root
        self.environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        add_chart(root)
        (root / ".gitignore").write_bytes((PROJECT / ".gitignore").read_bytes())
        made = [
            add_environment(root, f"env{number}", values=_values(number)) for number in range(size)
        ]
        self.sources: list[HelmSource] = sorted(made, key=lambda source: source.name)
        subprocess.run(
            ["git", "init", "--quiet", "--template=", "--initial-branch=main", str(root)],
            check=True,
        )
        subprocess.run(["git", "-C", str(root), "remote", "add", "origin", _ORIGIN], check=True)

    def bootstrap(self, *arguments: str) -> bytes:
        """Run our command line in the repository, as a process."""
        command = [sys.executable, "-m", "bootstrap", *arguments]
        return self.run(command, self.root)

    def run(self, command: Sequence[str], folder: Path) -> bytes:
        """Run a command and return what it prints."""
        done = subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr.decode()}")
        return done.stdout


def _values(number: int) -> str:
    """Return a values.yaml as fleets have them: images of their own, some more settings."""
    replicas = 1 + number % 3
    return (
        f"image:\n  agent: registry.example.com/agentsmith:1.{number}\n"
        f"  dispatcher: registry.example.com/agentsmith-dispatcher:1.{number}\n"
        f"dispatcher:\n  replicas: {replicas}\n"
        f"commonLabels:\n  team: team-{number % 7}\n"
    )


def _render(size: int, helm: Path, rounds: int) -> float:
    with _fleet(size) as fleet:
        fleet.environment["BOOTSTRAP_HELM"] = str(helm)

        def loop() -> bytes:
            return b"".join(
                f"# environment {item.name}\n".encode()
                + fleet.run(_template(helm, item), fleet.root)
                for item in fleet.sources
            )

        if fleet.bootstrap("render", "--all") != loop():
            raise RuntimeError("render --all is not what helm template prints")
        ours, theirs = best_of(rounds, lambda: fleet.bootstrap("render", "--all"), loop)
    print(f"{size} environments rendered: {ms(ours)}; helm template in a loop {ms(theirs)}")
    cores = os.cpu_count() or 1
    share = ours / (theirs / cores)
    print(f"  render --all / (loop / {cores} cores): {share:.2f} (wanted: at most 1.15)")
    return share


def _template(helm: Path, source: HelmSource) -> list[str]:
    files = [f"{name}={path}" for name, path in source.file_parameters]
    return [
        str(helm), "template", source.release, source.chart, "--namespace", source.namespace,
        "--include-crds", "--skip-tests",
        *(argument for path in source.value_files for argument in ("--values", path)),
        *(argument for file in files for argument in ("--set-file", file)),
    ]  # fmt: skip


def _init(sizes: Sequence[int], rounds: int) -> float:
    took = {}
    for size in sizes:
        with _fleet(size) as fleet:
            certificate = fleet.root / "certificate.pem"
            certificate.write_text(generate_key(datetime.now(UTC)).certificate.pem)
            name = "one-more"

            def init(fleet: Fleet = fleet, name: str = name) -> None:
                fleet.bootstrap("init", name, "--cert", "certificate.pem")

            def forget(root: Path = fleet.root, name: str = name) -> None:
                shutil.rmtree(root / f"environments/{name}", ignore_errors=True)
                (root / f"argocd/applications/{name}.yaml").unlink(missing_ok=True)

            (took[size],) = best_of(rounds, init, before=forget)
        print(f"init beside {size} environments: {ms(took[size])}")
    found = took[sizes[-1]] / took[sizes[0]]
    print(f"  beside {sizes[-1]} / beside {sizes[0]}: {found:.2f} (wanted: about 1)")
    return found


def _status(sizes: Sequence[int], rounds: int) -> float:
    from tests.unit.http_server import serve

    took, calls = {}, {}
    for size in sizes:
        asked: list[str] = []
        with _fleet(size) as fleet:
            commit = _commit(fleet)
            with serve(_answers(fleet, commit), asked) as url:
                fleet.environment["KUBECONFIG"] = str(_write_kubeconfig(fleet.root, url))

                def status(fleet: Fleet = fleet) -> None:
                    fleet.bootstrap("status", "--exit-code", "-o", "json")

                (took[size],) = best_of(rounds, status)
        calls[size] = len(asked) // rounds
        print(f"status of {size} environments: {ms(took[size])}, {calls[size]} requests")
    if len(set(calls.values())) > 1:
        raise RuntimeError("the number of requests depends on how many environments there are")
    each = (took[sizes[-1]] - took[sizes[0]]) / max(1, sizes[-1] - sizes[0])
    print(f"  one more environment: {each * 1000:.2f} ms")
    return took[sizes[-1]] / took[sizes[0]]


def _commit(fleet: Fleet) -> str:
    """Commit everything, and let the remote's URL lead to the repository itself."""
    identity = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.com")
    for command in (
        ["config", f"url.file://{fleet.root}.insteadOf", _ORIGIN],
        ["add", "--all"],
        [*identity, "commit", "--quiet", "--message", "Fleet"],
    ):
        fleet.run(["git", *command], fleet.root)
    return fleet.run(["git", "rev-parse", "HEAD"], fleet.root).decode().strip()


def _answers(fleet: Fleet, commit: str) -> dict[str, tuple[int, bytes]]:
    """Return what an API server says of a fleet that is Synced and Healthy at `commit`."""
    items = [
        {
            "metadata": {"name": f"agentsmith-{source.name}", "namespace": "argocd"},
            "spec": {"source": {"repoURL": _ORIGIN, "targetRevision": "main"}},
            "status": {
                "sync": {"status": "Synced", "revision": commit},
                "health": {"status": "Healthy"},
                "operationState": {
                    "phase": "Succeeded",
                    "finishedAt": "2026-01-01T00:00:00Z",
                    "syncResult": {"revision": commit},
                    "operation": {"sync": {"revision": commit}},
                },
                "summary": {"images": [f"registry.example.com/agentsmith:{source.name}"]},
                "resources": [
                    {"kind": "ConfigMap", "version": "v1", "name": f"c{number}", "status": "Synced"}
                    for number in range(18)
                ],
            },
        }
        for source in fleet.sources
    ]
    listed = json.dumps({"kind": "ApplicationList", "items": items}).encode()
    none = b'{"items": []}'
    return {
        **{
            f"/apis/batch/v1/namespaces/{item.namespace}/jobs": (200, none)
            for item in fleet.sources
        },
        "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications": (200, listed),
        "/apis/batch/v1/jobs": (200, none),
    }


def _write_kubeconfig(root: Path, url: str) -> Path:
    file = root / ".git" / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "stub",
        "clusters": [{"name": "stub", "cluster": {"server": url}}],
        "users": [{"name": "stub", "user": {"token": "none"}}],
        "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "stub"}}],
    }
    file.write_text(json.dumps(config))
    return file


@contextmanager
def _fleet(size: int) -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as folder:
        yield Fleet(Path(folder), size)


def _build_helm() -> Path:
    from tests.tools.build import ensure

    return ensure("helm4")["helm4"]


if __name__ == "__main__":
    main()
