"""`bootstrap wait`: until one commit, exactly that or a later one, is running."""

from __future__ import annotations

from bootstrap.checkout.clusters import Places
from bootstrap.checkout.environments import load_root
from bootstrap.checkout.remote import commit_at_remote, descendants, missing_hint
from bootstrap.commands.watch.wait_loop import targets_of, wait_until
from bootstrap.environments.environment import Environment, check_given
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.protocols import Clock, Reporter


def wait_for_commit(
    environment: Environment,
    commit: str | None,
    *,
    repository: Repository,
    git: Git,
    places: Places,
    timeout_seconds: float,
    clock: Clock,
    reporter: Reporter,
) -> tuple[str, float]:
    """Wait until `environment` runs `commit` (None: what is pushed); return it and the seconds.

    Running means: that commit or a descendant is synced, its operation succeeded, every resource
    is healthy, and the controllers have seen the latest generation of each.
    Raises BootstrapError if the environment can never get there, is stuck, or out of time.
    """
    if commit is not None:
        check_given("--commit", commit)
    root = load_root(repository)
    there = commit_at_remote(git, environment.repo_url, environment.target_revision)
    wanted = there if commit is None else _find(commit, environment, there, git)
    same = (root.url, root.revision) == (environment.repo_url, environment.target_revision)
    of_root = wanted if same else commit_at_remote(git, root.url, root.revision)
    seconds = wait_until(
        targets_of([environment], root, {"": of_root, environment.name: wanted}, places),
        cluster=places.home(),
        is_descendant=descendants(git, environment.repo_url),
        timeout_seconds=timeout_seconds,
        clock=clock,
        reporter=reporter,
    )
    return wanted, seconds[environment.name]


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
