"""What Git has of a folder now, and had of a file before it was removed."""

from __future__ import annotations

from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.git.blobs import text_at
from bootstrap.git.process import last_line, run_git
from bootstrap.git.work_tree import Git


def tracked_files(root: Path, folder: str) -> list[str]:
    """Return the files below `folder` that Git tracks, sorted; all paths relative to `root`."""
    done = run_git(root, "--literal-pathspecs", "ls-files", "-z", "--", f"{folder}/")
    if done.code:
        raise BootstrapError(
            f"git ls-files failed: {last_line(done.stderr)}",
            "mend the repository; `git status` says more",
        )
    return sorted(filter(None, done.stdout.split("\0")))


def committed_files(root: Path, commit: str, folder: str) -> list[str]:
    """Return the names of what a commit has right in `folder`, sorted."""
    done = run_git(root, "ls-tree", "-z", "--name-only", "--full-tree", commit, "--", f"{folder}/")
    if done.code:
        raise BootstrapError(
            f"git ls-tree failed: {last_line(done.stderr)}",
            "mend the repository; `git status` says more",
        )
    return sorted(path.rpartition("/")[2] for path in done.stdout.split("\0") if path)


def last_removal(root: Path, path: str) -> tuple[str, str] | None:
    """Return the last commit up to HEAD that removed `path` and what it removed, if one did."""
    done = run_git(
        root, "--literal-pathspecs", "log", "--max-count=1", "--no-renames", "--diff-filter=D",
        "--no-show-signature", "--format=%H", "--", path,
    )  # fmt: skip
    commit = done.stdout.strip()
    text = text_at(root, f"{commit}^", path) if done.code == 0 and commit else None
    return None if text is None else (commit, text)


def text_at_head(git: Git, path: str) -> str | None:
    """Return the text of a file as the last commit has it; None if that, or any, is not there."""
    head = git.head()
    return text_at(git.root, head, path) if head else None
