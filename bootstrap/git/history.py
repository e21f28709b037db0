"""Questions about many commits, each with one run of Git."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.git.process import Completed, last_line, run_git
from bootstrap.git.work_tree import COMMIT_ID
from bootstrap.rollout.history import Commit

_FORMAT = "--format=%H%x1f%an%x1f%cI%x1f%s"


class GitHistory:
    """The commits in the object store of the work tree at `root`."""

    def __init__(self, root: Path) -> None:
        """Ask about the work tree whose top is `root`."""
        self._root = root

    def find(self, commits: Iterable[str]) -> dict[str, Commit]:
        """Return those of `commits` that are in this clone, by their full id."""
        wanted = [commit for commit in dict.fromkeys(commits) if COMMIT_ID.fullmatch(commit)]
        if not wanted:
            return {}
        done = run_git(
            self._root, "log", "--no-walk=unsorted", "--ignore-missing", "--no-show-signature",
            "-z", _FORMAT, "--stdin", stdin="\n".join(wanted) + "\n",
        )  # fmt: skip
        return {item.id: item for item in _parse(done)} if done.code == 0 else {}

    def touching(self, starts: Sequence[str], paths: Sequence[str], limit: int) -> list[Commit]:
        """Return the newest commits, from `starts` back, that changed anything below `paths`."""
        if not starts:
            return []
        done = run_git(
            self._root, "log", "--date-order", "--no-show-signature", "-z", _FORMAT,
            f"--max-count={limit}", "--end-of-options", *starts, "--", *paths,
        )  # fmt: skip
        if done.code:
            raise BootstrapError(
                f"git log failed: {last_line(done.stderr)}",
                "mend the repository; `git status` says more",
            )
        return _parse(done)

    def last_touching(self, commit: str, paths: Sequence[str]) -> str | None:
        """Return the last commit up to `commit` (in this clone) that changed any of `paths`."""
        found = self.touching([commit], paths, 1)
        return found[0].id if found else None

    def is_known_to_remotes(self, commit: str, path: str) -> bool:
        """Tell whether `commit`, or any remote branch as last fetched, ever had file `path`."""
        # without --full-history a branch that added and removed it before its merge is left out
        done = run_git(
            self._root, "--literal-pathspecs", "log", "--full-history", "--no-show-signature",
            "--format=%H", "--max-count=1", "--remotes", commit, "--", path,
        )  # fmt: skip
        return done.code != 0 or bool(done.stdout.strip())

    def changed(self, old: str, new: str, paths: Sequence[str]) -> set[str] | None:
        """Return the files below `paths` that differ, None if either is not in this clone."""
        done = run_git(
            self._root, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options",
            old, new, "--", *paths,
        )  # fmt: skip
        return set(filter(None, done.stdout.split("\0"))) if done.code == 0 else None


def _parse(done: Completed) -> list[Commit]:
    found = []
    for record in done.stdout.split("\0"):
        fields = record.strip("\n").split("\x1f", 3)
        if len(fields) == 4:
            commit, author, at, subject = fields
            found.append(Commit(commit, author, datetime.fromisoformat(at), subject))
    return found
