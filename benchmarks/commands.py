"""How fast commands answer, beside kubectl in one run: `python -m benchmarks.commands`.

On the control plane of the tests, with one environment that is Synced and Healthy. What counts are
ratios to a Python that imports the libraries alone, which no command can do without; kubectl is
shown for what people are used to. Every figure is the best of several rounds, taken in turns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import best_of, ms
from tests.plane.git_server import GitServer
from tests.plane.plane import Plane
from tests.support.workspace import Workspace, clean_environment, make_workspace
from tests.tools.build import ensure

_CLUSTER = "import typer, kubernetes.config, cryptography.x509, yaml"
# Typer loads pydantic when it reads its first argument
_SEALING = """
import cryptography.x509, yaml, typer
app = typer.Typer()
@app.command()
def seal(file: str, dry_run: bool = False): "Seal."
app(["file"])
"""
_TWO_COMMANDS = """
import typer
app = typer.Typer()
@app.command()
def one(name: str, loud: bool = False): "Say one."
@app.command()
def two(name: str, loud: bool = False): "Say two."
app(["--help"])
"""


@dataclass(frozen=True, slots=True)
class _Row:
    """A command, the program that is its floor, and how many times that it may take."""

    arguments: tuple[str, ...]
    floor: str
    goal: float


_ROWS = (
    _Row(("status",), _CLUSTER, 1.9),
    _Row(("history", "prod"), _CLUSTER, 1.9),
    _Row(("wait", "prod"), _CLUSTER, 1.9),
    _Row(("diff", "prod"), _CLUSTER, 3.4),
    _Row(("doctor", "prod"), _CLUSTER, 3.8),
    _Row(("seal", "secrets.local.yaml"), _SEALING, 1.5),
    _Row(("--help",), _TWO_COMMANDS, 1.5),
)


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Measure, print, and return the ratio of each command by its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    helm = str(ensure("helm4")["helm4"])
    kubectl = str(ensure("kubectl")["kubectl"])
    with Plane() as plane, tempfile.TemporaryDirectory() as folder:
        server = GitServer(Path(folder) / "git").start()
        try:
            environment = {"KUBECONFIG": str(plane.kubeconfig), "BOOTSTRAP_HELM": helm}
            workspace = make_workspace(Path(folder), server.create("one"), environment)
            _bring_up(workspace)
            return _measure(workspace, kubectl, options.rounds)
        finally:
            server.stop()


def _bring_up(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    workspace.write("secrets.local.yaml", "githubToken: a\nslackBotToken: b\n")
    workspace.bootstrap("seal", "secrets.local.yaml")
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")


def _measure(workspace: Workspace, kubectl: str, rounds: int) -> dict[str, float]:
    python = [sys.executable]
    floors = dict.fromkeys(row.floor for row in _ROWS)
    commands = [
        [kubectl, "get", "applications", "--namespace", "argocd"],
        *([*python, "-c", code] for code in floors),
        *([*python, "-m", "bootstrap", *row.arguments] for row in _ROWS),
    ]
    times = best_of(rounds, *(_contender(workspace, command) for command in commands))
    floor_times = dict(zip(floors, times[1 : 1 + len(floors)], strict=True))
    print(f"kubectl get applications: {ms(times[0])}")
    found = {}
    for row, seconds in zip(_ROWS, times[1 + len(floors) :], strict=True):
        name = row.arguments[0]
        found[name] = seconds / floor_times[row.floor]
        print(
            f"{name}: {ms(seconds)}, {found[name]:.2f} times what its libraries take to load"
            f" ({ms(floor_times[row.floor])}); goal {row.goal}"
        )
    return found


def _contender(workspace: Workspace, command: list[str]) -> Callable[[], None]:
    environment = clean_environment() | dict(workspace.environment)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> None:
        subprocess.run(
            command, cwd=workspace.root, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip

    return run


if __name__ == "__main__":
    main()
