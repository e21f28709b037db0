"""The Git edge: read-only questions to the user's own Git, as a subprocess."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import BootstrapError

# A hook or an alias runs us with GIT_DIR and friends set, which would answer for another
# repository than the one we are asked about. How to reach a remote stays the user's business.
_KEPT_VARIABLES = frozenset(
    {
        "GIT_ASKPASS",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_EXEC_PATH",
        "GIT_HTTP_PROXY_AUTHMETHOD",
        "GIT_PROXY_COMMAND",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_NO_VERIFY",
        "GIT_TERMINAL_PROMPT",
    }
)
_LOCAL_SECONDS = 60
_REMOTE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Completed:
    """How a Git command ended; `stdout` is text, `stderr` is cleaned of credentials."""

    code: int
    stdout: str
    stderr: str


class Git:
    """Questions about the work tree at `root` (absolute)."""

    def __init__(self, root: Path) -> None:
        """Ask about the work tree whose top is `root`."""
        self.root = root
        self._ignored: set[Path] = set()

    @classmethod
    def find(cls, folder: Path) -> Git:
        """Return the Git of the work tree that `folder` is in, or raise BootstrapError."""
        done = _run(folder, "rev-parse", "--show-toplevel")
        if done.code:
            raise _not_a_work_tree(folder, done)
        return cls(Path(done.stdout.rstrip("\n")))

    def current_branch(self) -> str | None:
        """Return the branch that is checked out (it may have no commit yet), None if detached."""
        done = _run(self.root, "symbolic-ref", "--quiet", "--short", "HEAD")
        return done.stdout.strip() or None

    def remote_url(self, remote: str = "origin") -> str | None:
        """Return the URL that Git uses for `remote`, or None without such a remote."""
        done = _run(self.root, "remote", "get-url", remote)
        return done.stdout.strip() or None if done.code == 0 else None

    def head(self) -> str | None:
        """Return the commit that is checked out, or None before the first."""
        return self._commit("HEAD")

    def remote_commit(self, url: str, revision: str) -> str | None:
        """Return the commit that branch or tag `revision` has at `url`, None if it has none.

        A full commit id stands for itself. Raises BootstrapError if `url` does not answer.
        """
        if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision):
            return revision
        done = _run(self.root, "ls-remote", "--", url, revision, f"{revision}^{{}}", remote=True)
        if done.code:
            raise BootstrapError(
                f"repository {url} can't be read from here: {_last_line(done.stderr)}",
                "check the URL and your access: `git ls-remote` must work",
            )
        pairs = (line.partition("\t") for line in done.stdout.splitlines())
        refs = {name: commit for commit, _tab, name in pairs}
        names = [revision, f"refs/heads/{revision}"]
        names += [f"refs/tags/{revision}^{{}}", f"refs/tags/{revision}"]
        return next((refs[name] for name in names if name in refs), None)

    def fetch(self, url: str, revision: str) -> None:
        """Bring `revision` from `url` into the object store; no branch or file is touched."""
        done = _run(
            self.root, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
            "--", url, revision, remote=True,
        )  # fmt: skip
        if done.code:
            raise BootstrapError(
                f"repository {url} can't be fetched from: {_last_line(done.stderr)}",
                "check your access with `git fetch`",
            )

    def has_commit(self, commit: str) -> bool:
        """Tell whether `commit` is in the object store."""
        return self._commit(commit) is not None

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Tell whether `commit` is `of` or one of its ancestors; both must be known here."""
        return _run(self.root, "merge-base", "--is-ancestor", commit, of).code == 0

    def uncommitted(self, paths: list[str]) -> list[str]:
        """Return what differs from the last commit below `paths` (relative to the root).

        Ignored files do not count, untracked ones do.
        """
        done = self._ask(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *paths
        )
        return sorted(entry[3:] for entry in done.stdout.split("\0") if entry)

    def unpushed(self, remote_commit: str, paths: list[str]) -> list[str]:
        """Return one line per commit below `paths` that HEAD has and `remote_commit` has not."""
        done = self._ask("log", "--format=%h %s", f"{remote_commit}..HEAD", "--", *paths)
        return done.stdout.splitlines()

    def differs(self, commit: str, path: str) -> bool:
        """Tell whether HEAD has anything else below `path` than `commit` has."""
        done = _run(self.root, "diff", "--quiet", "--no-ext-diff", commit, "HEAD", "--", path)
        if done.code > 1:
            raise BootstrapError(
                f"git diff failed: {_last_line(done.stderr)}", "mend the repository"
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
        return _is_only_ignored(folder, file) or (
            not _is_tracked(folder, file) and _is_ignored(folder, file)
        )

    def ignored(self, paths: list[str]) -> set[str]:
        """Return those of `paths` (relative to the root) that are ignored and not tracked, surely.

        One question for all of them. What is a link, or lies in a repository within this one, is
        left out: `refuse_if_git_would_see` looks closer.
        """
        plain = [path for path in paths if self._is_plain(path)]
        done = _run(self.root, "check-ignore", "-z", "--stdin", stdin="\0".join(plain))
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
        done = _run(self.root, *arguments)
        if done.code:
            raise BootstrapError(
                f"git {arguments[0]} failed: {_last_line(done.stderr)}",
                "mend the repository; `git status` says more",
            )
        return done

    def _commit(self, revision: str) -> str | None:
        done = _run(
            self.root, "rev-parse", "--quiet", "--verify", "--end-of-options",
            f"{revision}^{{commit}}",
        )  # fmt: skip
        return done.stdout.strip() if done.code == 0 else None


def refuse_if_git_would_see(path: Path, name: str | None = None) -> None:
    """Raise BootstrapError if `path` is, or could become, part of any repository it lies in.

    A file outside every work tree is fine. Both a link and what it leads to are looked at.
    `name` is what errors call it, where that is not its path.
    """
    shown = name or path
    for candidate in dict.fromkeys([_absolute(path), path.resolve()]):
        folder = candidate.parent
        if _is_only_ignored(folder, candidate):
            continue
        top = _run(folder, "rev-parse", "--show-toplevel")
        if top.code:
            if _is_bare_or_none(top.stderr):
                continue
            raise _not_a_work_tree(folder, top)
        if _is_tracked(folder, candidate):
            raise BootstrapError(
                f"{shown} is tracked by Git, so its plaintext is or will be in the history",
                f"`git rm --cached {candidate.name}`, add it to .gitignore, and replace every"
                " secret in it that was ever pushed",
            )
        if not _is_ignored(folder, candidate):
            raise BootstrapError(
                f"{shown} is not ignored by Git, so the next `git add` would commit its plaintext",
                f"name it *.local.yaml, or add {candidate.name} to .gitignore",
            )


def _is_only_ignored(folder: Path, path: Path) -> bool:
    """Tell, in one question, that `path` is ignored and not tracked; False says nothing more.

    Without --no-index Git never calls a tracked file ignored. A name with wildcards may look
    tracked because of another file, which is a False.
    """
    return _run(folder, "check-ignore", "--quiet", "--", str(path)).code == 0


def would_be_seen(path: Path) -> bool:
    """Tell whether `path` (it need not be there) is or could become part of a repository."""
    folder = path.parent.resolve()
    top = _run(folder, "rev-parse", "--show-toplevel")
    if top.code:
        if _is_bare_or_none(top.stderr):
            return False
        raise _not_a_work_tree(folder, top)
    target = _absolute(path)
    return _is_tracked(folder, target) or not _is_ignored(folder, target)


def _is_tracked(folder: Path, path: Path) -> bool:
    done = _run(folder, "--literal-pathspecs", "ls-files", "--error-unmatch", "--", str(path))
    if done.code not in {0, 1}:  # a damaged index, say: then nobody knows
        raise BootstrapError(
            f"Git can't tell whether {path} is tracked: {_last_line(done.stderr)}",
            "mend the repository; `git status` says more",
        )
    return done.code == 0


def _is_ignored(folder: Path, path: Path) -> bool:
    return _run(folder, "check-ignore", "--quiet", "--no-index", "--", str(path)).code == 0


def _absolute(path: Path) -> Path:
    # without following a link in the last part: the link itself is what Git would add
    return path.parent.resolve() / path.name


def git_environment() -> dict[str, str]:
    """Return the environment to run Git in: nothing in it points at another repository."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES or "GIT_CONFIG_KEY_" in name
        or "GIT_CONFIG_VALUE_" in name
    }  # fmt: skip
    environment["LC_ALL"] = "C"
    if not sys.stdin.isatty():
        environment.setdefault("GIT_TERMINAL_PROMPT", "0")
    return environment


def _run(
    folder: Path, *arguments: str, remote: bool = False, stdin: str | None = None
) -> Completed:
    environment = git_environment()
    command = ["git", "-c", "core.quotePath=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command,
            env=environment,
            **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_REMOTE_SECONDS if remote else _LOCAL_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise BootstrapError("git is not installed, or not on PATH", "install Git") from None
    except subprocess.TimeoutExpired:
        raise BootstrapError(
            f"git {arguments[0]} gave no answer in time", "check the network and try again"
        ) from None
    return Completed(done.returncode, done.stdout, _without_credentials(done.stderr))


def _is_bare_or_none(stderr: str) -> bool:
    return "not a git repository" in stderr or "must be run in a work tree" in stderr


def _not_a_work_tree(folder: Path, done: Completed) -> BootstrapError:
    if _is_bare_or_none(done.stderr):
        return BootstrapError(
            f"{folder} is not in a Git work tree",
            "run bootstrap inside your clone of the repository (or `git init` one)",
        )
    return BootstrapError(
        f"Git refuses {folder}: {_last_line(done.stderr)}",
        "mend that first; `git status` says more",
    )


def _without_credentials(text: str) -> str:
    return re.sub(r"://[^/\s@]+@", "://", text)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return (fatal or lines or ["no reason given"])[-1]
