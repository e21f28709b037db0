"""`bootstrap repo add`: credentials for a private repository, for Argo CD."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bootstrap.argocd.credentials import (
    CredentialKind,
    RepositoryCredentials,
    build_secret,
    empty_sealed,
    secret_name,
    secret_values,
)
from bootstrap.checkout.environment_files import CERTIFICATE_FILE, load_pinned
from bootstrap.checkout.environments import (
    load_environments,
    load_names,
    load_root,
    require_environment,
)
from bootstrap.checkout.ownership import check_ours
from bootstrap.checkout.sealing_memory import load_memory
from bootstrap.cluster import Cluster
from bootstrap.constants import REPOSITORIES_DIR, ROOT_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.repo_url import parse_remote_url
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Change, Repository
from bootstrap.git import Git
from bootstrap.planned_file import PlannedFile
from bootstrap.sealing.certificate import check_not_expired
from bootstrap.sealing.crypto import seal_value
from bootstrap.sealing.sealed_secret import merge_values, parse_sealed_secret, render_sealed_secret


@dataclass(frozen=True, slots=True)
class RepoAdded:
    """What was done, or would be; no credential."""

    url: str
    kind: CredentialKind
    secret: str
    project: str
    action: str | None
    """Of the Secret: created, configured, unchanged; None where no cluster was touched."""
    change: Change | None = None
    """Of the file in Git, with --seal."""


def find_url(asked: str | None, repository: Repository, git: Git) -> str:
    """Return the URL that Argo CD clones: as asked, that of the root Application, or origin's."""
    if asked is not None:
        return parse_remote_url(asked, source="--url").url
    if repository.exists(ROOT_FILE):
        return load_root(repository).url
    origin = git.remote_url()
    if origin is None:
        raise UsageError("there is no remote origin", "say the repository with --url")
    return parse_remote_url(origin, source="remote origin").url


def apply_credentials(
    url: str,
    credentials: RepositoryCredentials,
    project: str,
    *,
    repository: Repository,
    cluster: Cluster,
    dry_run: bool,
) -> RepoAdded:
    """Give Argo CD the credentials, and have it look at the repository again."""
    name = secret_name(url)
    if repository.exists(ROOT_FILE):
        check_ours(load_root(repository), [], cluster, command="bootstrap repo add")
    known = cluster.secrets.read_repositories()
    for other in known:
        if other.secret == name and other.project not in {"", project}:
            raise BootstrapError(
                f"Argo CD has credentials for {url} for project {other.project}, which would lose"
                f" them to project {project or '(all)'}",
                f"ask who has that project; to replace theirs: `argocd repo rm {url}` first",
            )
    for other in known:
        if other.secret != name and (other.url, other.project) == (url, project):
            raise BootstrapError(
                f"Argo CD has credentials for {url} already, in Secret {other.secret}",
                f"take it away first: `argocd repo rm {url}`",
            )
    if dry_run:
        action = "configured" if any(item.secret == name for item in known) else "created"
        return RepoAdded(url, credentials.kind, name, project, action)
    action = cluster.secrets.apply(build_secret(url, secret_values(url, credentials, project)))
    for application in [
        load_names(repository).root,
        *(item.application for item in load_environments(repository) if item.repo_url == url),
    ]:
        cluster.argocd.refresh(application)
    return RepoAdded(url, credentials.kind, name, project, action)


def seal_credentials(
    url: str,
    credentials: RepositoryCredentials,
    project: str,
    environment: str,
    *,
    repository: Repository,
    now: datetime,
    dry_run: bool,
) -> RepoAdded:
    """Write the credentials into Git, sealed for the controller that opens `environment`'s.

    Argo CD can't fetch the credentials that it fetches with: `bootstrap up` applies the file.
    """
    chosen = require_environment(repository, environment)
    if not chosen.destination.in_cluster:
        raise UsageError(
            f"--seal {environment}: it runs in another cluster than Argo CD, where its key is",
            "name an environment that runs in Argo CD's cluster",
        )
    values = secret_values(url, credentials, project)
    path = f"{REPOSITORIES_DIR}/{secret_name(url)}.yaml"
    with repository.lock():
        file = _seal(path, url, values, chosen, repository, now)
        (change,) = (repository.plan if dry_run else repository.write)([file])
    return RepoAdded(url, credentials.kind, secret_name(url), project, None, change)


def _seal(
    path: str,
    url: str,
    values: dict[str, bytes],
    environment: Environment,
    repository: Repository,
    now: datetime,
) -> PlannedFile:
    certificate = load_pinned(environment, repository)
    check_not_expired(certificate, now=now, source=environment.path(CERTIFICATE_FILE))
    memory = load_memory(environment, certificate, repository)
    target = empty_sealed(url)
    text = repository.read(path)
    if text is not None:
        present = parse_sealed_secret(text, path=path, namespace=target.namespace, name=target.name)
        kept = {key: sealed for key, sealed in present.encrypted.items() if key in values}
        target = replace(target, encrypted=kept)
    merge = merge_values(
        target,
        values,
        seal=lambda value: seal_value(certificate.public_key, value, target.label),
        is_unchanged=lambda _key, ciphertext, value: (
            memory.is_own_key and memory.open(ciphertext, target.label) == value
        ),
    )
    return render_sealed_secret(merge.result, path, owner="bootstrap repo add")
