"""A work tree whose remote is real: a bare repository, and a second person's clone of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from tests.unit.work_tree import WorkTree


@dataclass(frozen=True)
class Shared:
    """The tree of one person, the remote, and what a second person would have."""

    tree: WorkTree
    remote: Path

    def other(self) -> WorkTree:
        """Return a fresh clone."""
        root = self.remote.parent / "other"
        subprocess.run(["git", "clone", "--quiet", str(self.remote), str(root)], check=True)
        return replace(self.tree, root=root)

    def pushed(self, path: str, branch: str = "main") -> str:
        """Return the text of a file at the remote."""
        return self.ask("show", f"{branch}:{path}")

    def ask(self, *arguments: str) -> str:
        """Run Git at the remote."""
        return subprocess.run(
            ["git", "-C", str(self.remote), *arguments], capture_output=True, text=True, check=True
        ).stdout

    def push(self, message: str) -> str:
        """Commit all, push, and return the commit."""
        self.tree.git("add", "--all")
        self.tree.git("commit", "--quiet", "--message", message)
        self.tree.git("push", "--quiet")
        return self.tree.git("rev-parse", "HEAD").strip()


def share(tree: WorkTree, folder: Path) -> Shared:
    """Push the tree, which has an environment prod, to a remote of its own."""
    remote = folder / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(remote)], check=True)
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=Add environment prod")
    # Applications name the first URL; pushes and questions go to the second
    tree.git("remote", "set-url", "origin", str(remote))
    tree.git("push", "--quiet", "--set-upstream", "origin", "main")
    return Shared(tree, remote)
