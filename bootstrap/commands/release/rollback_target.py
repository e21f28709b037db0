"""Where a rollback goes: the revision asked for, or the newest synced one that is different."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bootstrap.checkout.remote import missing_hint, remote_for
from bootstrap.cluster import Cluster
from bootstrap.constants import CONFIG_FILE, VALUES_FILE
from bootstrap.environments.environment import Environment, check_given
from bootstrap.environments.hold import Hold, read_hold, release_hold
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.git.blobs import text_at
from bootstrap.rollout.sync_history import healthy_revision, synced_revisions
from bootstrap.shell import from_here

RESTORED = (VALUES_FILE, CONFIG_FILE)
"""What a rollback restores, less what is sealed: all else that the Application reads."""
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def asked_revision(revision: str, environment: Environment, files: Sequence[str], git: Git) -> str:
    """Return the commit of `revision`, which must have the `files` of the environment."""
    commit = git.resolve(check_given("--to", revision))
    if commit is None:
        raise BootstrapError(
            f"--to {revision!r} is no commit, tag or branch that is known here",
            missing_hint(
                git, f"`git fetch`, or find one with `git log -- {from_here(environment.folder)}`"
            ),
        )
    for file in files:
        if text_at(git.root, commit, environment.path(file)) is None:
            raise BootstrapError(
                f"{commit[:7]} has no {environment.path(file)}",
                f"find a commit that has it with `git log -- {from_here(environment.folder)}`",
            )
    return commit


def newest_synced(
    environment: Environment, files: Sequence[str], git: Git, connect: Callable[[], Cluster]
) -> tuple[str, bool]:
    """Return the newest revision that was synced with success and has other `files` than HEAD.

    And whether it is known to be healthy: Argo CD says so only of the one that runs now.
    What an earlier rollback went back over is passed over: it was taken back for a reason.
    """
    cluster = connect()
    application = cluster.argocd.read_applications().get(environment.application)
    if application is None:
        raise BootstrapError(
            f"cluster {cluster.context} has no Application {environment.application}",
            "name another --context, or the revision: --to REV",
        )
    known = [
        commit
        for commit in synced_revisions(application)
        if _is_here(commit, environment, git) and git.is_ancestor(commit, "HEAD")
    ]
    present = contents(environment, files, git, "HEAD")
    holds = [hold for at in ("HEAD", *known) if (hold := _hold_at(environment, git, at))]
    for commit in known:
        found = contents(environment, files, git, commit)
        taken_back = any(_is_within(commit, hold, git) for hold in holds)
        if None not in found and found != present and not taken_back:
            return commit, commit == healthy_revision(application)
    raise BootstrapError(
        f"Argo CD's history of {environment.name} has no synced revision with other files than"
        " these (it keeps the last 10 syncs; one that is not healthy now does not count)",
        missing_hint(
            git,
            f"choose one from `git log -- {from_here(environment.folder)}` and name it: --to REV",
        ),
    )


def contents(
    environment: Environment, files: Sequence[str], git: Git, commit: str
) -> list[str | None]:
    """Return the texts of `files` as `commit` has them, without any hold."""
    texts = [text_at(git.root, commit, environment.path(file)) for file in files]
    return [None if text is None else release_hold(text) for text in texts]


def _is_here(commit: str, environment: Environment, git: Git) -> bool:
    if not git.has_commit(commit):
        try:
            git.fetch(remote_for(git, environment.repo_url), commit)
        except BootstrapError:
            return False  # a history that was rewritten: nobody has it any more
    return git.has_commit(commit)


def _hold_at(environment: Environment, git: Git, commit: str) -> Hold | None:
    text = text_at(git.root, commit, environment.path(VALUES_FILE))
    return read_hold(text) if text is not None else None


def _is_within(commit: str, hold: Hold, git: Git) -> bool:
    """Tell whether `commit` came after what a rollback restored, up to what it took back."""
    return (
        bool(_COMMIT.fullmatch(hold.revision) and _COMMIT.fullmatch(hold.origin))
        and commit != hold.revision
        and git.is_ancestor(hold.revision, commit)
        and git.is_ancestor(commit, hold.origin)
    )
