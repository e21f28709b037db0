"""Read-only questions to the user's own Git about one work tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.git.ignored import is_ignored, is_only_ignored, is_tracked
from bootstrap.git.process import Completed, last_line, not_a_work_tree, run_git

COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Git:
    """Questions about the work tree at `root` (absolute)."""

    def __init__(self, root: Path) -> None:
        """Ask about the work tree whose top is `root`."""
        self.root = root
        self._ignored: set[Path] = set()

    @classmethod
    def find(cls, folder: Path) -> Git:
        """Return the Git of the work tree that `folder` is in, or raise BootstrapError."""
        done = run_git(folder, "rev-parse", "--show-toplevel")
        if done.code:
            raise not_a_work_tree(folder, done)
        return cls(Path(done.stdout.rstrip("\n")))

    def current_branch(self) -> str | None:
        """Return the branch that is checked out (it may have no commit yet), None if detached."""
        done = run_git(self.root, "symbolic-ref", "--quiet", "--short", "HEAD")
        return done.stdout.strip() or None

    def remote_url(self, remote: str = "origin") -> str | None:
        """Return the URL that Git uses for `remote`, or None without such a remote."""
        done = run_git(self.root, "remote", "get-url", remote)
        return done.stdout.strip() or None if done.code == 0 else None

    def configured_url(self, remote: str = "origin") -> str | None:
        """Return the URL of `remote` as it is written, before this user's own `insteadOf`."""
        done = run_git(self.root, "config", "--get", f"remote.{remote}.url")
        return done.stdout.strip() or None if done.code == 0 else None

    def default_branch(self, remote: str = "origin") -> str | None:
        """Return the remote's default branch as it was when this was cloned, None if unknown."""
        done = run_git(
            self.root, "symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD"
        )
        return done.stdout.strip().removeprefix(f"{remote}/") or None if done.code == 0 else None

    def ask_default_branch(self, remote: str = "origin") -> str | None:
        """Return the remote's default branch as the remote tells it, None without an answer."""
        try:
            done = run_git(self.root, "ls-remote", "--symref", "--", remote, "HEAD", remote=True)
        except BootstrapError:
            return None  # silent
        found = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", done.stdout, re.MULTILINE)
        return found[1] if done.code == 0 and found else None

    def has_tracking(self, branch: str, remote: str = "origin") -> bool:
        """Tell whether this clone ever saw `branch` at the remote."""
        return self._commit(f"refs/remotes/{remote}/{branch}") is not None

    def head(self) -> str | None:
        """Return the commit that is checked out, or None before the first."""
        return self._commit("HEAD")

    def remote_commit(self, url: str, revision: str) -> str | None:
        """Return what `remote_commits` has for one branch or tag."""
        return self.remote_commits(url, [revision])[revision]

    def remote_commits(self, url: str, revisions: Iterable[str]) -> dict[str, str | None]:
        """Return the commit of each branch or tag at `url`, None where there is none.

        A full commit id stands for itself. Raises BootstrapError if `url` does not answer.
        """
        asked = list(dict.fromkeys(revisions))
        names = [name for name in asked if not COMMIT_ID.fullmatch(name)]
        refs: dict[str, str] = {}
        if names:
            patterns = [pattern for name in names for pattern in (name, f"{name}^{{}}")]
            done = run_git(self.root, "ls-remote", "--", url, *patterns, remote=True)
            if done.code:
                raise BootstrapError(
                    f"repository {url} can't be read from here: {last_line(done.stderr)}",
                    "check the URL and your access: `git ls-remote` must work",
                )
            pairs = (line.partition("\t") for line in done.stdout.splitlines())
            refs = {name: commit for commit, _tab, name in pairs}
        return {name: name if name not in names else _ref(refs, name) for name in asked}

    def fetch(self, url: str, revision: str) -> None:
        """Bring `revision` from `url` into the object store; no branch or file is touched."""
        done = run_git(
            self.root, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
            "--refmap=", "--", url, revision, remote=True,
        )  # fmt: skip
        if done.code:
            raise BootstrapError(
                f"repository {url} can't be fetched from: {last_line(done.stderr)}",
                "check your access with `git fetch`",
            )

    def resolve(self, revision: str) -> str | None:
        """Return the commit that `revision` (an id or its beginning, a branch, a tag) means."""
        return self._commit(revision)

    def has_commit(self, commit: str) -> bool:
        """Tell whether `commit` is in the object store."""
        return self._commit(commit) is not None

    def is_shallow(self) -> bool:
        """Tell whether the clone has the newest commits only."""
        done = run_git(self.root, "rev-parse", "--is-shallow-repository")
        return done.stdout.strip() == "true"

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Tell whether `commit` is `of` or one of its ancestors; both must be known here."""
        return run_git(self.root, "merge-base", "--is-ancestor", commit, of).code == 0

    def uncommitted(self, paths: list[str]) -> list[str]:
        """Return what differs from the last commit below `paths` (relative to the root).

        Ignored files do not count, untracked ones do.
        """
        done = self._ask(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *paths
        )
        return sorted(entry[3:] for entry in done.stdout.split("\0") if entry)

    def changed_since(self, commit: str, paths: list[str]) -> set[str]:
        """Return the files below `paths` that the work tree has otherwise than `commit`.

        Ignored files do not count, untracked ones do.
        """
        changed = self._ask(
            "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, "--", *paths
        )
        new = self._ask("ls-files", "-z", "--others", "--exclude-standard", "--", *paths)
        return {path for done in (changed, new) for path in done.stdout.split("\0") if path}

    def unpushed(self, remote_commit: str, paths: list[str]) -> list[str]:
        """Return one line per commit below `paths` that HEAD has and `remote_commit` has not."""
        done = self._ask("log", "--format=%h %s", f"{remote_commit}..HEAD", "--", *paths)
        return done.stdout.splitlines()

    def differs(self, commit: str, path: str) -> bool:
        """Tell whether HEAD has anything else below `path` than `commit` has."""
        done = run_git(self.root, "diff", "--quiet", "--no-ext-diff", commit, "HEAD", "--", path)
        if done.code > 1:
            raise BootstrapError(
                f"git diff failed: {last_line(done.stderr)}", "mend the repository"
            )
        return done.code == 1

    def would_ignore(self, path: Path) -> bool:
        """Tell whether Git ignores `path` (absolute or relative to the root) and tracks it not.

        The repository that the file itself would lie in is asked: it may be one within ours.
        """
        file = self.root / path
        if file in self._ignored:
            return True
        folder = next(parent for parent in file.parents if parent.is_dir())
        return is_only_ignored(folder, file) or (
            not is_tracked(folder, file) and is_ignored(folder, file)
        )

    def ignored(self, paths: list[str]) -> set[str]:
        """Return those of `paths` (relative to the root) that are ignored and not tracked, surely.

        One question for all of them. What is a link, or lies in a repository within this one, is
        left out: `refuse_if_git_would_see` looks closer.
        """
        plain = [path for path in paths if self._is_plain(path)]
        done = run_git(self.root, "check-ignore", "-z", "--stdin", stdin="\0".join(plain))
        found = set(filter(None, done.stdout.split("\0"))) if done.code == 0 else set()
        self._ignored.update(self.root / path for path in found)
        return found

    def _is_plain(self, path: str) -> bool:
        file = self.root / path
        inner = [parent for parent in file.parents if parent.is_relative_to(self.root)]
        return not any(item.is_symlink() for item in (file, *inner)) and not any(
            (parent / ".git").exists() for parent in inner if parent != self.root
        )

    def hooks_folder(self) -> Path:
        """Return where Git looks for hooks: core.hooksPath, else its own folder."""
        done = self._ask("rev-parse", "--git-path", "hooks")
        return self.root / done.stdout.rstrip("\n")

    def common_folder(self) -> Path:
        """Return the folder that all work trees of the repository share (.git)."""
        return self.root / self._ask("rev-parse", "--git-common-dir").stdout.rstrip("\n")

    def _ask(self, *arguments: str) -> Completed:
        done = run_git(self.root, *arguments)
        if done.code:
            raise BootstrapError(
                f"git {arguments[0]} failed: {last_line(done.stderr)}",
                "mend the repository; `git status` says more",
            )
        return done

    def _commit(self, revision: str) -> str | None:
        done = run_git(
            self.root, "rev-parse", "--quiet", "--verify", "--end-of-options",
            f"{revision}^{{commit}}",
        )  # fmt: skip
        return done.stdout.strip() if done.code == 0 else None


def _ref(refs: dict[str, str], name: str) -> str | None:
    names = (name, f"refs/heads/{name}", f"refs/tags/{name}^{{}}", f"refs/tags/{name}")
    return next((refs[item] for item in names if item in refs), None)
