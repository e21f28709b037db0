"""Where an environment and the root Application are cloned from, as `bootstrap init` sets it."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.argocd.application_file import parse_root
from bootstrap.checkout.environments import not_ours
from bootstrap.checkout.remote import may_be_same, origin, other_origin
from bootstrap.constants import ROOT_FILE
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.names import DEFAULT_NAMES, Names, check_repository_name
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.planned_file import is_generated
from bootstrap.protocols import Reporter


def present_root(repository: Repository) -> Root | None:
    """Return what the root Application follows, None without one; one not ours is an error."""
    text = repository.read(ROOT_FILE)
    if text is None:
        return None
    if not is_generated(text):
        raise not_ours(ROOT_FILE)
    return parse_root(text)


def choose_names(asked: str | None, root: Root | None) -> Names:
    """Return what the repository's objects are called: as its first `init` said, then for good."""
    if asked is None:
        return root.names if root else DEFAULT_NAMES
    names = check_repository_name(asked)
    if root is not None and root.names != names:
        raise UsageError(
            f"this repository is called {root.names.repository} ({ROOT_FILE}), not {asked}",
            f"`bootstrap rename {asked}` changes every file at once; or leave --name out",
        )
    return names


def default_url(
    name: str, root: Root | None, others: Sequence[Environment], git: Git, reporter: Reporter
) -> str:
    """Return the URL of a new environment: the root's, else origin's.

    Each person's clone has a form of its own; Argo CD has credentials for one. A remote that is
    another repository than the root follows is an error: its environment would never be seen.
    """
    try:
        remote = origin(git)
    except BootstrapError:
        if root is None:
            raise
        return root.url
    same = same_repository if not others else may_be_same
    if root is not None and same(remote.url, root.url):
        return root.url
    if root is not None and others:
        raise BootstrapError(
            f"remote origin is {remote.url}, but Argo CD follows {root.url} ({ROOT_FILE})",
            f"if the repository moved: `bootstrap init --all --repo-url {remote.url}`; if origin is"
            f" your fork of it: `bootstrap init {name} --repo-url {root.url}`",
        )
    for warning in remote.warnings:
        reporter.warn(warning)
    return remote.url


def warn_of_other_origin(environment: Environment, git: Git, reporter: Reporter) -> None:
    """Say that the clone's remote is another repository than the environment is cloned from."""
    other = other_origin(environment.repo_url, git)
    if other is not None:
        reporter.warn(
            f"{environment.name} is cloned from {environment.repo_url}, but remote origin is"
            f" {other}: if the repository moved, `bootstrap init --all --repo-url {other}`"
        )


def default_revision(name: str, root: Root | None, git: Git, reporter: Reporter) -> str:
    """Return what a new environment follows: what the root does, else the default branch.

    The branch that happens to be checked out is often that of a pull request, which is deleted
    after its merge.
    """
    if root is not None:
        return root.revision
    branch = git.current_branch()
    default = git.default_branch()
    if default is not None and default != branch:
        # as it was when this was cloned: it may have been renamed since
        default = git.ask_default_branch() or default
    if default is None:
        default = git.ask_default_branch()
    if default is not None:
        if branch not in {default, None}:
            reporter.warn(
                f"{name} follows {default}, the remote's default branch, not {branch}, which is"
                " checked out here: --revision says otherwise"
            )
        return default
    if branch is None:
        raise BootstrapError(
            "HEAD is detached, so there is no branch for Argo CD to follow",
            "check out a branch, or pass --revision",
        )
    reporter.warn(
        f"{name} follows {branch}, which is checked out here: the remote's default branch is not"
        " known; --revision says otherwise"
    )
    return branch


def describe_root(
    environment: Environment,
    others: Sequence[Environment],
    root: Root | None,
    *,
    asked: bool,
    revision: str,
) -> Root:
    """Return the root as it is to be; `asked` if the environment's URL is new.

    Its revision is where the Applications' files are committed, which one environment's
    --revision (a tag, say) need not be: so it is set once, to `revision`, and then kept. Its URL
    follows only where every environment is: a root that looks elsewhere deletes the others'
    Applications.
    """
    if root is None:
        return Root(environment.repo_url, revision, environment.names)
    follows = asked and all(other.repo_url == environment.repo_url for other in others)
    return Root(environment.repo_url if follows else root.url, root.revision, root.names)


def warn_of_other_root(environment: Environment, root: Root, reporter: Reporter) -> None:
    """Say that the root Application does not follow the environment's URL."""
    if environment.repo_url != root.url:
        reporter.warn(
            f"{environment.name} is cloned from {environment.repo_url}, but {ROOT_FILE} stays at"
            f" {root.url}, where the Applications of the other environments are"
        )
