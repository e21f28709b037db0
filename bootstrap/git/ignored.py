"""Whether Git sees a file, or would at the next `git add`: asked before plaintext is touched."""

from __future__ import annotations

from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.git.process import is_bare_or_none, last_line, not_a_work_tree, run_git
from bootstrap.shell import from_here


def refuse_if_git_would_see(path: Path, name: str | None = None) -> None:
    """Raise BootstrapError if `path` is, or could become, part of any repository it lies in.

    A file outside every work tree is fine. Both a link and what it leads to are looked at.
    `name` is what errors call it, where that is not its path.
    """
    shown = name or path
    for candidate in dict.fromkeys([_absolute(path), path.resolve()]):
        folder = candidate.parent
        if is_only_ignored(folder, candidate):
            continue
        top = run_git(folder, "rev-parse", "--show-toplevel")
        if top.code:
            if is_bare_or_none(top.stderr):
                continue
            raise not_a_work_tree(folder, top)
        if is_tracked(folder, candidate):
            raise BootstrapError(
                f"{shown} is tracked by Git, so its plaintext is or will be in the history",
                f"`git rm --cached {from_here(str(candidate))}`, add it to .gitignore, and"
                " replace every secret in it that was ever pushed",
            )
        if not is_ignored(folder, candidate):
            raise BootstrapError(
                f"{shown} is not ignored by Git, so the next `git add` would commit its plaintext",
                f"name it *.local.yaml, or add {candidate.name} to .gitignore",
            )


def is_only_ignored(folder: Path, path: Path) -> bool:
    """Tell, in one question, that `path` is ignored and not tracked; False says nothing more.

    Without --no-index Git never calls a tracked file ignored. A name with wildcards may look
    tracked because of another file, which is a False.
    """
    return run_git(folder, "check-ignore", "--quiet", "--", str(path)).code == 0


def would_be_seen(path: Path) -> bool:
    """Tell whether `path` (it need not be there) is or could become part of a repository."""
    folder = path.parent.resolve()
    top = run_git(folder, "rev-parse", "--show-toplevel")
    if top.code:
        if is_bare_or_none(top.stderr):
            return False
        raise not_a_work_tree(folder, top)
    target = _absolute(path)
    return is_tracked(folder, target) or not is_ignored(folder, target)


def is_tracked(folder: Path, path: Path) -> bool:
    """Tell whether the repository that `folder` is in tracks `path`."""
    done = run_git(folder, "--literal-pathspecs", "ls-files", "--error-unmatch", "--", str(path))
    if done.code not in {0, 1}:  # a damaged index, say: then nobody knows
        raise BootstrapError(
            f"Git can't tell whether {path} is tracked: {last_line(done.stderr)}",
            "mend the repository; `git status` says more",
        )
    return done.code == 0


def is_ignored(folder: Path, path: Path) -> bool:
    """Tell whether its rules ignore `path`, tracked or not."""
    return run_git(folder, "check-ignore", "--quiet", "--no-index", "--", str(path)).code == 0


def _absolute(path: Path) -> Path:
    # without following a link in the last part: the link itself is what Git would add
    return path.parent.resolve() / path.name
