"""What is known of an environment outside of Git: nothing, that Argo CD is at it, or the end."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.checkout.clusters import Clusters
from bootstrap.checkout.environments import load_root
from bootstrap.checkout.publish import PublishOptions
from bootstrap.checkout.remote import commit_at_remote, descendants
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.commands.destroy.application import Removal
from bootstrap.commands.destroy.namespace import NamespaceEnd, end_namespace
from bootstrap.commands.destroy.plan import Found, find_job_namespace
from bootstrap.constants import APPLICATIONS_DIR
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.git.history import GitHistory
from bootstrap.git.tracked import committed_files


@dataclass(frozen=True, slots=True)
class DestroyOptions:
    """What the user asked for."""

    publish: PublishOptions
    wait: bool = False
    without_cluster: bool = False
    """Remove the folder though nobody looked whether Argo CD has deleted what it made."""
    timeout_seconds: float = 300.0
    dry_run: bool = False


def was_never_pushed(environment: Environment, repository: Repository, git: Git) -> bool:
    """Tell whether no commit that a remote is known to have ever touched the Application.

    Then Argo CD never had it, by Git at least. What can't be told is False: no answer, or a clone
    that lacks older commits.
    """
    try:
        root = load_root(repository)
        at_remote = commit_at_remote(git, root.url, root.revision)
    except BootstrapError:
        return False
    if git.is_shallow():
        return False
    path = environment.application_path
    return not GitHistory(git.root).is_known_to_remotes(at_remote, path)


def see_it_gone(
    found: Found,
    removal: str,
    options: DestroyOptions,
    session: Session,
) -> NamespaceEnd | None:
    """Return what became of the namespace, None without --wait; raise while Argo CD is at it."""
    repository, git, clock = session.repository, session.git, session.clock
    reporter = session.reporter
    environment = found.environment
    name = environment.name
    root = load_root(repository)
    at_remote = commit_at_remote(git, root.url, root.revision)
    if not git.is_ancestor(removal, at_remote):
        raise BootstrapError(
            f"commit {removal[:7]}, which removes {environment.application_path}, is not in"
            f" {root.revision} at {root.url} yet",
            "push it, or merge its pull request, then run this again",
        )
    is_last = _is_last(environment, at_remote, root.revision, git)
    if options.without_cluster:
        reporter.warn(
            f"nobody looked whether Argo CD has deleted {name}: if it has not, its Application"
            f" {environment.application} can't be rendered any more for its pre-delete hook, and"
            " stays until you take its finalizers off"
        )
        return None
    home = _reach(name, options, session.clusters)
    place = session.clusters.destination_of(environment)
    job_namespace = find_job_namespace(environment, repository, git)
    removing = Removal(
        environment,
        root,
        removal,
        is_last=is_last,
        job_namespace=job_namespace,
        home=home,
        place=place,
        is_descendant=descendants(git, root.url),
        reporter=reporter,
    )
    if not options.wait:
        if not removing.is_done():
            raise BootstrapError(
                f"Argo CD has not deleted Application {environment.application} yet",
                "run this again when it has, or with --wait, which sees it through",
            )
        return None
    start = clock.monotonic()
    removing.wait(options.timeout_seconds, clock)
    left = max(0.0, options.timeout_seconds - (clock.monotonic() - start))
    if place is None:
        return None
    return end_namespace(
        environment,
        place,
        job_namespace=job_namespace,
        timeout_seconds=left,
        clock=clock,
        reporter=reporter,
    )


def _reach(name: str, options: DestroyOptions, clusters: Clusters) -> Cluster:
    try:
        return clusters.argocd()
    except BootstrapError as error:
        if options.wait:
            raise
        raise BootstrapError(
            f"whether Argo CD has deleted {name} is not known: {error.message}",
            f"{error.hint}; or, if no Argo CD ever had {name}: `bootstrap destroy {name}"
            " --without-cluster`",
        ) from error


def _is_last(environment: Environment, commit: str, revision: str, git: Git) -> bool:
    """Tell whether the root Application finds no other Application: at the remote, not here."""
    files = [
        name
        for name in committed_files(git.root, commit, APPLICATIONS_DIR)
        if name.endswith(".yaml")
    ]
    if f"{environment.name}.yaml" in files:
        raise BootstrapError(
            f"{revision} has {environment.application_path} again, by a push after its removal",
            "`git pull`, then run this again if it is to go",
        )
    return not files
