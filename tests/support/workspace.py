"""A user's fork: this checkout's files, pushed to a remote of its own, and a clone of that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Test User",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test User",
    "GIT_COMMITTER_EMAIL": "test@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """The clone at `root`, whose remote origin is `remote_url`."""

    root: Path
    remote_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment of every command."""

    def run(
        self, *command: str, input: str | None = None, check: bool = True, timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` in the clone; with `check`, a failure shows both of its streams."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=clean_environment() | dict(self.environment),
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def bootstrap(
        self, *arguments: str, input: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user does: as a process."""
        return self.run(sys.executable, "-m", "bootstrap", *arguments, input=input, check=check)

    def git(self, *arguments: str) -> str:
        """Run Git and return what it prints, without the last newline."""
        return self.run("git", *arguments).stdout.rstrip("\n")

    def write(self, path: str, text: str) -> None:
        """Write a file below the root."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Return the text of a file below the root."""
        return (self.root / path).read_text(encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace the one place in a file where `old` stands."""
        text = self.read(path)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def push(self, message: str) -> str:
        """Commit everything that is not ignored, push it, and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet")
        return self.git("rev-parse", "HEAD")


def make_workspace(
    folder: Path, remote_url: str, environment: Mapping[str, str] | None = None
) -> Workspace:
    """Push this checkout's files, as they are now, to the empty `remote_url` and clone that.

    The files count, not the last commit, so that a change is tested before it is committed.
    """
    seed = Workspace(folder / "seed", remote_url)
    seed.root.mkdir(parents=True)
    copy_project(seed.root)
    seed.git("init", "--quiet", "--initial-branch=main")
    seed.git("remote", "add", "origin", remote_url)
    seed.git("add", "--all")
    seed.git("commit", "--quiet", "--message", "Fork")
    seed.git("push", "--quiet", "--set-upstream", "origin", "main")
    clone = Workspace(folder / "clone", remote_url, environment or {})
    seed.git("clone", "--quiet", "--branch", "main", remote_url, str(clone.root))
    return clone


def move_origin(root: Path, old: str, new: str) -> None:
    """Have Argo CD's files in a copy of a clone speak of `new`, which is the copy's remote."""
    for file in (root / "argocd").rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(old, new), encoding="utf-8")


def copy_project(target: Path) -> None:
    """Copy every file of this checkout that Git has or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        env=clean_environment(),
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = PROJECT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)


def clean_environment() -> dict[str, str]:
    """Return the environment of a user with no Git settings, in which `bootstrap` is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    scripts = str(Path(sys.executable).parent)
    kept["PATH"] = f"{scripts}{os.pathsep}{kept['PATH']}"
    kept["PYTHONPATH"] = str(PROJECT)
    return kept | _IDENTITY
