"""`bootstrap repo list`: the credentials that Argo CD has or is to get, and what it reads so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bootstrap.argocd.credentials import CredentialKind
from bootstrap.argocd.known_repositories import (
    KnownRepository,
    find_reading,
    kind_of,
    shown_url,
    spelt_by_argocd,
)
from bootstrap.checkout.environments import load_environments, load_root
from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.sealed_repositories import load_sealed_repositories, url_of
from bootstrap.constants import REPOSITORIES_DIR, ROOT_FILE
from bootstrap.environments.names import DEFAULT_NAMES
from bootstrap.environments.repo_url import same_repository
from bootstrap.files.repository import Repository
from bootstrap.sealing.sealed_secret import SealedSecret


@dataclass(frozen=True, slots=True)
class RepositoryEntry:
    """Credentials of one Secret; no value of them."""

    url: str
    """Fit to be shown."""
    kind: CredentialKind | None
    project: str | None
    """That may use them: empty for all, None where only the sealed file knows."""
    secret: str
    file: str | None
    """Where they lie sealed in this repository."""
    is_given: bool
    """Whether Argo CD has them."""
    is_template: bool
    """Whether they are for every URL that begins like `url`."""
    is_ours: bool
    reads_root: bool
    """Whether Argo CD reads with them what argocd/root.yaml follows."""
    environments: tuple[str, ...]
    """Those that Argo CD reads with them."""


@dataclass(frozen=True, slots=True)
class RepositoryList:
    """What there is, and what of this repository none of it is for."""

    url: str | None
    """That of argocd/root.yaml; None before there is one."""
    entries: tuple[RepositoryEntry, ...]
    unread: tuple[str, ...]
    """URLs that root or environments follow, and for which no credentials are given or sealed."""


@dataclass(frozen=True, slots=True)
class _Own:
    """What this repository has Argo CD read: each environment's URL by name, the root's by ""."""

    urls: dict[str, str]
    project: str

    def has(self, item: KnownRepository) -> bool:
        """Tell whether credentials are for us; those of another project are somebody else's."""
        return item.project in {"", self.project} and any(
            same_repository(item.url, url) for url in self.urls.values()
        )


def list_repositories(repository: Repository, connect: Callable[[], Cluster]) -> RepositoryList:
    """Return what Argo CD reads us with first, then what else is ours, then what others have."""
    own = _load_own(repository)
    sealed = {item.name: item for item in load_sealed_repositories(repository)}
    secrets = connect().secrets
    known, templates = secrets.read_repositories(), secrets.read_templates()
    reading = {
        name: find_reading(url, own.project, known, templates) for name, url in own.urls.items()
    }
    entries = [_describe(item, own, reading, is_sealed=item.secret in sealed) for item in known]
    entries += [_describe(item, own, reading, is_template=True) for item in templates]
    waiting = [item for name, item in sealed.items() if all(name != at.secret for at in known)]
    entries += [_describe_waiting(item) for item in waiting]
    entries.sort(key=lambda item: (not _reads(item), not item.is_ours, item.url, item.secret))
    to_come = {spelt_by_argocd(url_of(item)) for item in waiting}
    unread = {
        url: None  # each once, the root's first
        for name, url in own.urls.items()
        if reading[name] is None and spelt_by_argocd(url) not in to_come
    }
    root = own.urls.get("")
    return RepositoryList(
        None if root is None else shown_url(root), tuple(entries), tuple(map(shown_url, unread))
    )


def _load_own(repository: Repository) -> _Own:
    root = load_root(repository) if repository.exists(ROOT_FILE) else None
    urls = {"": root.url} if root else {}
    urls |= {item.name: item.repo_url for item in load_environments(repository)}
    return _Own(urls, (root.names if root else DEFAULT_NAMES).project)


def _describe(
    item: KnownRepository,
    own: _Own,
    reading: dict[str, KnownRepository | None],
    *,
    is_sealed: bool = False,
    is_template: bool = False,
) -> RepositoryEntry:
    readers = [name for name, found in reading.items() if found is item]
    return RepositoryEntry(
        url=shown_url(item.url),
        kind=item.kind,
        project="" if is_template else item.project,
        secret=item.secret,
        file=_path(item.secret) if is_sealed else None,
        is_given=True,
        is_template=is_template,
        is_ours=is_sealed or (not is_template and own.has(item)),
        reads_root="" in readers,
        environments=tuple(name for name in readers if name),
    )


def _describe_waiting(item: SealedSecret) -> RepositoryEntry:
    return RepositoryEntry(
        url=shown_url(url_of(item)),
        kind=kind_of(item.encrypted),
        project=None if "project" in item.encrypted else "",
        secret=item.name,
        file=_path(item.name),
        is_given=False,
        is_template=False,
        is_ours=True,
        reads_root=False,
        environments=(),
    )


def _reads(item: RepositoryEntry) -> bool:
    return item.reads_root or bool(item.environments)


def _path(secret: str) -> str:
    return f"{REPOSITORIES_DIR}/{secret}.yaml"
