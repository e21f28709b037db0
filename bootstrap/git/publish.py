"""What changes a repository: commits of given files, and pushes that never force."""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.errors import BootstrapError, UsageError
from bootstrap.git.process import Completed, last_line, run_git
from bootstrap.shell import from_here

_IDENTITY = "Author identity unknown", "Committer identity unknown", "empty ident name"

# by the first we are behind; by the others somebody was quicker between our look and our push
_OVERTAKEN = "[rejected]", "(failed to update ref)", "(cannot lock ref"


def commit_paths(root: Path, paths: Sequence[str], message: str) -> str:
    """Commit what `paths` (relative to `root`) hold now, and nothing else; return the commit.

    What is staged of other files stays staged. The user's hooks run, and may refuse.
    """
    listed = run_git(root, "--literal-pathspecs", "ls-files", "-z", "--", *paths)
    known = set(listed.stdout.split("\0"))
    new = [path for path in paths if path not in known and (root / path).exists()]
    kept = [path for path in paths if path in known or path in new]
    with contextlib.ExitStack() as undo:
        if new:
            _must(run_git(root, "--literal-pathspecs", "add", "--intent-to-add", "--", *new), "add")
            undo.callback(run_git, root, "--literal-pathspecs", "reset", "--quiet", "--", *new)
        done = run_git(
            root, "--literal-pathspecs", "commit", "--quiet", "--only", "--file=-", "--", *kept,
            remote=True, stdin=message,
        )  # fmt: skip
        if done.code:
            again = f"`git add {from_here(*kept)} && git commit`"
            raise _refused(
                done, f"the files are changed and not committed: mend the cause, then {again}"
            )
        undo.pop_all()
    return _must(run_git(root, "rev-parse", "HEAD"), "rev-parse").strip()


def restore(root: Path, paths: Sequence[str], made: Sequence[str]) -> None:
    """Bring `paths` (relative to `root`) to what HEAD has; those `made` go if it has them not."""
    listed = run_git(
        root, "--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *paths
    )
    known = [path for path in listed.stdout.split("\0") if path]
    if known:
        run_git(root, "--literal-pathspecs", "checkout", "--quiet", "HEAD", "--", *known)
    for path in set(made) - set(known):
        (root / path).unlink(missing_ok=True)


def commit_on_branch(root: Path, branch: str, files: Mapping[str, str | None], message: str) -> str:
    """Commit `files` (text by path, None removes) on top of HEAD as new `branch`.

    The work tree, the index and the branch that is checked out stay as they are.
    """
    reference = f"refs/heads/{branch}"
    # with --branch it knows what `git branch` refuses too: -x, HEAD
    if run_git(root, "check-ref-format", "--branch", branch).code:
        raise UsageError(f"--branch {branch!r} can't name a branch", "choose another name")
    if run_git(root, "rev-parse", "--quiet", "--verify", reference).code == 0:
        raise BootstrapError(
            f"branch {branch} exists already",
            f"choose another name, or delete it: `git branch -D {shlex.quote(branch)}`",
        )
    with tempfile.TemporaryDirectory(prefix="bootstrap-index-") as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        _must(run_git(root, "read-tree", "HEAD", variables=index), "read-tree")
        for path, text in files.items():
            if text is None:
                change = ["--force-remove", "--", path]
            else:
                blob = run_git(root, "hash-object", "-w", "--stdin", "--path", path, stdin=text)
                change = ["--add", "--cacheinfo", f"100644,{_must(blob, 'hash-object')},{path}"]
            _must(run_git(root, "update-index", *change, variables=index), "update-index")
        tree = _must(run_git(root, "write-tree", variables=index), "write-tree")
    sign = ["-S"] if _must_sign(root) else []
    made = run_git(root, "commit-tree", *sign, "-p", "HEAD", "-F", "-", tree, stdin=message)
    if made.code:
        raise _refused(made, "no file is changed: mend the cause, then run this again")
    commit = made.stdout.strip()
    _must(run_git(root, "update-ref", reference, commit, ""), "update-ref")
    return commit


def drop_branch(root: Path, branch: str, commit: str) -> None:
    """Delete a branch of ours, if it still is at `commit`: nobody has seen it."""
    run_git(root, "update-ref", "-d", f"refs/heads/{branch}", commit)


def push(root: Path, source: str, branch: str, remote: str = "origin") -> None:
    """Push `source` to `branch` at `remote`, never by force."""
    done = run_git(
        root, "push", "--porcelain", remote, f"{source}:refs/heads/{branch}", remote=True
    )
    if done.code == 0:
        return
    refused = next((line for line in done.stdout.splitlines() if line.startswith("!")), "")
    if any(text in refused for text in _OVERTAKEN):
        raise moved(remote, branch)
    why = refused.rpartition("\t")[2] or last_line(done.stderr)
    raise BootstrapError(
        f"{remote} does not take the push to {branch}: {why}",
        "the commit is kept here; mend the cause and `git push`, or use --branch NAME and open a"
        " pull request",
    )


def moved(remote: str, branch: str) -> BootstrapError:
    """Return the error for a remote branch that has what we have not."""
    return BootstrapError(
        f"{branch} at {remote} has commits that are not here: somebody pushed before you",
        "`git pull --rebase`, then run this again",
    )


def _must_sign(root: Path) -> bool:
    done = run_git(root, "config", "--type=bool", "--get", "commit.gpgSign")
    return done.stdout.strip() == "true"


def _must(done: Completed, what: str) -> str:
    if done.code:
        raise BootstrapError(
            f"git {what} failed: {last_line(done.stderr)}",
            "mend the repository; `git status` says more",
        )
    return done.stdout.strip()


def _refused(done: Completed, hint: str) -> BootstrapError:
    if any(text in done.stderr for text in _IDENTITY):
        return BootstrapError(
            "Git does not know who commits",
            "`git config user.name NAME` and `git config user.email ADDRESS`, then run this again",
        )
    said = done.stderr.strip() or done.stdout.strip()
    why = last_line(said) if said else "a hook of yours, which does not say why"
    return BootstrapError(f"Git refused the commit: {why}", hint)
