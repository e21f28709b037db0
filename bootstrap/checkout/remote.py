"""What is pushed: the commits that Argo CD gets to see, and whether the user's work is in them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from bootstrap.constants import ARGOCD_DIR, CHART_PATH
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.repo_url import (
    RemoteUrl,
    parse_remote_url,
    same_but_for_an_alias,
    same_repository,
)
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.protocols import Reporter

UNSHALLOW = "this clone has the newest commits only: `git fetch --unshallow`, then run this again"


def pushed_commits(
    environments: Sequence[Environment],
    root: Root,
    git: Git,
) -> dict[str, str]:
    """Return the commit that each environment ("" is the root) has at the remote.

    Raises BootstrapError if work that Argo CD would have to see is not there yet.
    """
    paths = [CHART_PATH, ARGOCD_DIR, *(environment.folder for environment in environments)]
    changed = git.uncommitted(paths)
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise BootstrapError(
            f"not committed yet: {', '.join(changed[:3])}{more}",
            "commit and push: Argo CD sees only what is pushed",
        )
    commits = {"": commit_at_remote(git, root.url, root.revision)}
    for environment in environments:
        commit = commit_at_remote(git, environment.repo_url, environment.target_revision)
        _check_pushed(environment, commit, paths, git)
        commits[environment.name] = commit
    if git.head() and git.differs(commits[""], ARGOCD_DIR):
        raise BootstrapError(
            f"{ARGOCD_DIR}/ here is not what is pushed to {root.revision}, which the root"
            " Application follows",
            f"`git push`, or check out {root.revision} and `git pull`, then run this again",
        )
    return commits


def commit_at_remote(git: Git, url: str, revision: str) -> str:
    """Return the commit that `revision` has at `url`, and have it in the object store."""
    ask = remote_for(git, url)
    commit = git.remote_commit(ask, revision)
    if commit is None:
        raise BootstrapError(
            f"revision {revision} is not pushed: {url} has no such branch or tag",
            f"`git push origin {revision}`",
        )
    if not git.has_commit(commit):
        git.fetch(ask, revision)
    return commit


def remote_for(git: Git, url: str) -> str:
    """Return what to ask for the repository at `url`.

    The user's own remote may reach it by other means (SSH, a token) than Argo CD does.
    """
    for read in (git.remote_url, git.configured_url):  # each a process
        own = read("origin")
        if own and _is_same(own, url):
            return "origin"
    return url


def origin(git: Git) -> RemoteUrl:
    """Return the URL of remote origin as Argo CD would have it; BootstrapError without one."""
    raw = git.configured_url("origin")
    if raw is None:
        raise BootstrapError(
            "the repository has no remote `origin`, so there is no URL for Argo CD to clone",
            "add it with `git remote add origin URL`, or pass --repo-url",
        )
    return parse_remote_url(raw, source="remote origin")


def other_origin(url: str, git: Git) -> str | None:
    """Return the URL of origin if it is another repository than `url`, None where nobody knows."""
    try:
        remote = origin(git).url
    except BootstrapError:
        return None
    if may_be_same(remote, url) or remote_for(git, url) == "origin":
        return None
    return remote


def may_be_same(one: str, other: str) -> bool:
    """Tell whether two URLs name one repository, or nobody can tell.

    A path is one machine's, and a host without a dot one of its user's SSH configuration.
    """
    is_path = one.startswith("file:") or other.startswith("file:")
    return is_path or same_repository(one, other) or same_but_for_an_alias(one, other)


def _is_same(own: str, url: str) -> bool:
    try:
        return same_repository(parse_remote_url(own, source="remote origin").url, url)
    except BootstrapError:
        return False


def _check_pushed(environment: Environment, commit: str, paths: list[str], git: Git) -> None:
    if environment.target_revision != git.current_branch():
        return  # a tag or another branch: what is checked out here need not be on it
    unpushed = git.unpushed(commit, paths)
    if unpushed:
        more = f" (and {len(unpushed) - 1} more)" if len(unpushed) > 1 else ""
        raise BootstrapError(
            f"not pushed yet: {unpushed[0]}{more}", "`git push`, then run this again"
        )


def descendants(git: Git, url: str) -> Callable[[str, str], bool]:
    """Return the test whether Argo CD's commit came after ours: a newer push may overtake us."""

    @functools.cache
    def is_descendant(commit: str, wanted: str) -> bool:
        if not git.has_commit(commit):
            try:
                git.fetch(remote_for(git, url), commit)
            except BootstrapError:
                return False  # not to be had by its id; what we can't compare is not ours
        return git.is_ancestor(wanted, commit)

    return is_descendant


def missing_hint(git: Git, otherwise: str) -> str:
    """Return how to get at a commit that is not here, or is not known to be an ancestor."""
    return UNSHALLOW if git.is_shallow() else otherwise


def warn_if_shallow(git: Git, reporter: Reporter) -> None:
    """Say that the oldest commit here looks as if it had made everything."""
    if git.is_shallow():
        reporter.warn(
            "this clone has the newest commits only, and its oldest one seems to have changed every"
            " file: `git fetch --unshallow` brings the others"
        )
