"""Where an environment and the root Application are cloned from, as `bootstrap init` sets it."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.argocd.application_file import parse_root
from bootstrap.checkout.environments import not_ours
from bootstrap.constants import ROOT_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.repo_url import RemoteUrl, parse_remote_url, same_repository
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.planned_file import is_generated
from bootstrap.protocols import Reporter


def default_url(repository: Repository, git: Git, reporter: Reporter) -> str:
    """Return the URL of a new environment: origin's, in the form that the project uses."""
    root = _present_root(repository)
    try:
        remote = _origin(git)
    except BootstrapError:
        if root is None:
            raise
        return root[0]
    if root and remote.url != root[0] and same_repository(remote.url, root[0]):
        return root[0]  # each person's clone has its own form; Argo CD has credentials for one
    for warning in remote.warnings:
        reporter.warn(warning)
    return remote.url


def describe_root(
    environment: Environment,
    others: Sequence[Environment],
    *,
    asked: bool,
    repository: Repository,
    git: Git,
) -> tuple[str, str]:
    """Return URL and revision of the root Application; `asked` if the environment's is new.

    Its revision is where the Applications' files are committed, which one environment's
    --revision (a tag, say) need not be: so it is set once and then kept. Its URL follows only
    where every environment is: a root that looks elsewhere deletes the others' Applications.
    """
    root = _present_root(repository)
    if root is None:
        return environment.repo_url, git.current_branch() or environment.target_revision
    url, revision = root
    follows = asked and all(other.repo_url == environment.repo_url for other in others)
    return (environment.repo_url if follows else url), revision


def warn_of_other_root(environment: Environment, root_url: str, reporter: Reporter) -> None:
    """Say that the root Application does not follow the environment's URL."""
    if environment.repo_url != root_url:
        reporter.warn(
            f"{environment.name} is cloned from {environment.repo_url}, but {ROOT_FILE} stays at"
            f" {root_url}, where the Applications of the other environments are"
        )


def _present_root(repository: Repository) -> tuple[str, str] | None:
    text = repository.read(ROOT_FILE)
    if text is None:
        return None
    if not is_generated(text):
        raise not_ours(ROOT_FILE)
    return parse_root(text)


def _origin(git: Git) -> RemoteUrl:
    raw = git.remote_url("origin")
    if raw is None:
        raise BootstrapError(
            "the repository has no remote `origin`, so there is no URL for Argo CD to clone",
            "add it with `git remote add origin URL`, or pass --repo-url",
        )
    return parse_remote_url(raw, source="remote origin")
