"""A user's clone in a temporary folder, and our command line run inside it."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bootstrap.__main__ import run

ORIGIN = "https://git.example.com/team/agents.git"
FLEET_ORIGIN = "file:///nowhere/fleet.git"
"""That of the template of a fleet; a copy has its own."""
GITIGNORE = Path(__file__).parents[2] / ".gitignore"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it said on stderr."""
        return self.err.splitlines()

    def json(self) -> Any:
        """Its data."""
        return json.loads(self.out)


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class WorkTree:
    """A Git work tree with a chart, our .gitignore and an origin."""

    root: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def git(self, *arguments: str) -> str:
        """Run Git in the tree and return what it prints."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file and the folders above it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return (self.root / path).read_text()

    def run(
        self, *arguments: str, stdin: bytes = b"", folder: str = ".", terminal: bool = False
    ) -> Ended:
        """Run `bootstrap` in this process, in `folder` of the tree; a `terminal` can be asked."""
        self.capsys.readouterr()
        with self.monkeypatch.context() as patch:
            patch.chdir(self.root / folder)
            kind = _Terminal if terminal else io.TextIOWrapper
            patch.setattr(sys, "stdin", kind(io.BytesIO(stdin)))
            code = run(list(arguments))
        captured = self.capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    def run_process(self, *arguments: str, stdin: bytes = b"", **variables: str) -> Ended:
        """Run `python -m bootstrap` in the tree as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "bootstrap", *arguments],
            cwd=self.root,
            input=stdin,
            env={**os.environ, **variables},
            capture_output=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def snapshot(self) -> dict[str, tuple[int, int, bytes]]:
        """Return mode, time of change and content of all that lies in the tree, less .git."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            if name.split("/")[0] == ".git":
                continue
            status = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            modified = 0 if path.is_dir() else status.st_mtime_ns
            found[name] = (status.st_mode, modified, content)
        return found

    def contents(self) -> dict[str, bytes]:
        """Return every file of the tree, less .git."""
        return {
            name: content
            for name, (mode, _time, content) in self.snapshot().items()
            if stat.S_ISREG(mode)
        }


def make_tree(root: Path) -> Path:
    """Make a work tree at `root`, on branch main with one commit."""
    (root / "helm/agentsmith").mkdir(parents=True)
    (root / "helm/agentsmith/Chart.yaml").write_text("name: agentsmith\n")
    (root / ".gitignore").write_bytes(GITIGNORE.read_bytes())
    for command in (
        ["init", "--quiet", "--initial-branch=main", "--template="],
        ["remote", "add", "origin", ORIGIN],
        ["add", "--all"],
        ["commit", "--quiet", "--message=Start"],
        # as a clone has it
        ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"],
    ):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root
