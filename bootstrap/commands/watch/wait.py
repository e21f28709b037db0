"""`bootstrap wait`: until one commit, exactly that or a later one, is running."""

from __future__ import annotations

from bootstrap.checkout.environments import load_root
from bootstrap.checkout.remote import commit_at_remote, descendants, missing_hint
from bootstrap.checkout.session import Session
from bootstrap.commands.watch.wait_loop import targets_of, wait_until
from bootstrap.environments.environment import Environment, check_given
from bootstrap.errors import BootstrapError
from bootstrap.git import Git


def wait_for_commit(
    environment: Environment,
    commit: str | None,
    session: Session,
    *,
    timeout_seconds: float,
) -> tuple[str, float]:
    """Wait until `environment` runs `commit` (None: what is pushed); return it and the seconds.

    Running means: that commit or a descendant is synced, its operation succeeded, every resource
    is healthy, and the controllers have seen the latest generation of each.
    Raises BootstrapError if the environment can never get there, is stuck, or out of time.
    """
    if commit is not None:
        check_given("--commit", commit)
    git, clusters = session.git, session.clusters
    root = load_root(session.repository)
    there = commit_at_remote(git, environment.repo_url, environment.target_revision)
    wanted = there if commit is None else _find(commit, environment, there, git)
    same = (root.url, root.revision) == (environment.repo_url, environment.target_revision)
    of_root = wanted if same else commit_at_remote(git, root.url, root.revision)
    seconds = wait_until(
        targets_of([environment], root, {"": of_root, environment.name: wanted}, clusters),
        cluster=clusters.argocd(),
        is_descendant=descendants(git, environment.repo_url),
        timeout_seconds=timeout_seconds,
        clock=session.clock,
        reporter=session.reporter,
    )
    return wanted, seconds[environment.name]


def see_running(
    environment: Environment, commit: str | None, session: Session, *, timeout_seconds: float
) -> tuple[str, float]:
    """Wait as `wait_for_commit` does, and say that it runs; return the commit and the seconds."""
    commit, seconds = wait_for_commit(environment, commit, session, timeout_seconds=timeout_seconds)
    session.reporter.step(
        f"{environment.name} is Synced and Healthy at {commit[:7]} ({seconds:.1f} s)"
    )
    return commit, seconds


def _find(commit: str, environment: Environment, there: str, git: Git) -> str:
    """Return the full id of `commit`, which must be part of what is pushed (`there`)."""
    full = git.resolve(commit)
    if full is None:
        raise BootstrapError(
            f"--commit {commit!r} is not known here, nor is it part of"
            f" {environment.target_revision} at {environment.repo_url}",
            missing_hint(git, "`git fetch`, or check the commit with `git log`"),
        )
    if not git.is_ancestor(full, there):
        known = "not known to be" if git.is_shallow() else "not"
        raise BootstrapError(
            f"commit {full[:7]} is {known} part of {environment.target_revision} at"
            f" {environment.repo_url}, which {environment.name} follows",
            missing_hint(
                git,
                f"push it (or merge it into {environment.target_revision}), then run this again",
            ),
        )
    return full
