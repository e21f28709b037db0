"""From planned files to what the user asked for: changed files, a commit, a push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Change, Repository
from bootstrap.git import Git
from bootstrap.git.publish import commit_on_branch, commit_paths, drop_branch, moved, push, restore
from bootstrap.planned_file import PlannedFile
from bootstrap.protocols import Reporter
from bootstrap.shell import from_here

_REMOTE = "origin"


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """How far a change goes: files only, or on to a commit and a push."""

    commit: bool = False
    push: bool = False
    """Also commits."""
    branch: str | None = None
    """Commit on a new branch of this name; the work tree stays as it is."""

    @property
    def commits(self) -> bool:
        """Whether there will be a commit."""
        return self.commit or self.push or self.branch is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """The files to write and to take away, and the message of their commit."""

    files: tuple[PlannedFile, ...]
    message: str
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """What was done; `commit` is None where there was nothing to commit, or nobody asked."""

    changes: tuple[Change, ...]
    commit: str | None = None
    branch: str | None = None
    """The branch that has, or is to have, the commit."""
    pushed: bool = False
    earlier: tuple[str, ...] = ()
    """Commits of the user ("id subject") that were not pushed yet and went along."""

    @property
    def changed(self) -> bool:
        """Whether any file differs."""
        return any(change.action != "unchanged" for change in self.changes)


def publish(
    plan: Plan,
    options: PublishOptions,
    *,
    environments: Sequence[Environment],
    repository: Repository,
    git: Git,
    reporter: Reporter,
    dry_run: bool = False,
) -> Published:
    """Carry out `plan`, under `repository.lock()`; `environments` are those that it changes.

    Everything that can be known beforehand is checked before a file is touched. With `push`, a
    commit of an earlier run that never got to the remote is pushed now.
    """
    current = git.current_branch()
    earlier: tuple[str, ...] = ()
    is_there = False
    if options.commits:
        _check_head(options, current, git)
        _check_clean(plan, git)
    if options.push:
        earlier, is_there = _check_remote(options, current, git)
    changes = tuple(repository.plan(plan.files, plan.removed))
    branch = options.branch or current
    if options.branch is not None:
        _check_plaintext(plan, changes, git)
    if dry_run:
        return Published(changes, branch=branch)
    differing = [item.path for item in changes if item.action != "unchanged"]
    if options.branch is not None:
        if not differing:
            return Published(changes)
        commit = commit_on_branch(git.root, options.branch, _files(plan, differing), plan.message)
        source = f"refs/heads/{options.branch}"
    else:
        repository.write(plan.files, plan.removed)
        if not options.commits:
            return Published(changes, branch=branch)
        public = [path for path in differing if path not in _private(plan)]
        made = [item.path for item in changes if item.action == "created" and item.path in public]
        commit = _commit(git, public, made, plan.message) if public else git.head() or ""
        source = "HEAD"
        if not public and (is_there or not options.push):
            return Published(changes, commit if options.push else None, branch)
    if options.push and branch:
        _warn_of_other_branch(environments, branch, reporter)
        _warn_of_earlier(earlier, reporter)
        _push(git, options, source, branch, commit, reporter)
    return Published(changes, commit, branch, options.push, earlier if options.push else ())


def _commit(git: Git, paths: list[str], made: list[str], message: str) -> str:
    try:
        return commit_paths(git.root, paths, message)
    except KeyboardInterrupt:
        # they were as HEAD has them, but for those `made` now; else running this again is refused
        restore(git.root, paths, made)
        raise


def _push(
    git: Git, options: PublishOptions, source: str, branch: str, commit: str, reporter: Reporter
) -> None:
    try:
        push(git.root, source, branch, _REMOTE)
    except (BootstrapError, KeyboardInterrupt) as error:
        if options.branch is not None:
            drop_branch(git.root, branch, commit)  # else running this again would stumble over it
        elif isinstance(error, KeyboardInterrupt):
            reporter.warn(f"commit {commit[:7]} is kept, and may not be pushed: run this again")
        raise


def _check_clean(plan: Plan, git: Git) -> None:
    """Refuse to commit what somebody else began in the same files."""
    private = _private(plan)
    paths = [item.path for item in plan.files if item.path not in private]
    changed = git.uncommitted([*paths, *plan.removed])
    if changed:
        back = f"`git checkout -- {from_here(changed[0])}`"
        raise BootstrapError(
            f"{changed[0]} has changes that are not committed yet",
            f"commit them first (or take them back: {back}), or leave out --commit, --push and"
            " --branch",
        )


def _check_plaintext(plan: Plan, changes: Sequence[Change], git: Git) -> None:
    """Refuse what the hook would: a commit on another branch is made without one."""
    from bootstrap.checkout.scan import check_contents  # the parsers, for --branch alone

    differing = [item.path for item in changes if item.action != "unchanged"]
    files = _files(plan, differing)
    found = check_contents(git.root, {path: text for path, text in files.items() if text})
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise BootstrapError(
            f"{found[0].path}:{found[0].line}: {found[0].what}{more}: plaintext is not committed",
            "take it out of the file it comes from, and seal it: `bootstrap secrets set KEY`",
        )


def _check_head(options: PublishOptions, current: str | None, git: Git) -> None:
    if git.head() is None:
        raise BootstrapError("there is no commit yet", "commit what is there first")
    if options.branch is None and current is None:
        raise BootstrapError(
            "HEAD is detached, so there is no branch to commit to",
            "check out a branch, or add --branch",
        )


def _check_remote(
    options: PublishOptions, current: str | None, git: Git
) -> tuple[tuple[str, ...], bool]:
    """Check that the push can go through.

    Returns the earlier commits that go along with it, and whether the remote has HEAD already.
    """
    if git.remote_url(_REMOTE) is None:
        raise BootstrapError(
            f"the repository has no remote `{_REMOTE}` to push to",
            f"add it with `git remote add {_REMOTE} URL`",
        )
    if options.branch is not None and git.remote_commit(_REMOTE, options.branch):
        raise BootstrapError(
            f"branch {options.branch} exists at {_REMOTE} already", "choose another name"
        )
    there = git.remote_commit(_REMOTE, current) if current else None
    if there is None or current is None:
        return (), False
    if not git.has_commit(there):
        git.fetch(_REMOTE, current)
    if options.branch is None and not git.is_ancestor(there, "HEAD"):
        raise moved(_REMOTE, current)
    return tuple(git.unpushed(there, [])), there == git.head()


def _warn_of_earlier(earlier: Sequence[str], reporter: Reporter) -> None:
    if earlier:
        more = f" and {len(earlier) - 3} more" if len(earlier) > 3 else ""
        reporter.warn(f"commits that were not pushed yet go along: {'; '.join(earlier[:3])}{more}")


def _files(plan: Plan, differing: list[str]) -> dict[str, str | None]:
    private = _private(plan)
    files: dict[str, str | None] = {
        item.path: item.content
        for item in plan.files
        if item.path in differing and item.path not in private
    }
    return files | {path: None for path in plan.removed if path in differing}


def _private(plan: Plan) -> set[str]:
    return {item.path for item in plan.files if item.private}


def _warn_of_other_branch(
    environments: Sequence[Environment], branch: str, reporter: Reporter
) -> None:
    for environment in environments:
        if environment.target_revision != branch:
            reporter.warn(
                f"{environment.name} follows {environment.target_revision}, not {branch}: it"
                " changes once this is merged there"
            )
