"""Whether Argo CD will be able to read what it has not read yet: private repositories."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from bootstrap.argocd.credentials import secret_name
from bootstrap.argocd.known_repositories import find_reading
from bootstrap.checkout.environments import load_root
from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.sealed_repositories import load_sealed_repositories
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.constants import REPOSITORIES_DIR
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository
from bootstrap.git.anonymous import is_public

_CHECK = "credentials"
_WHY = "Argo CD reads a private repository only with credentials of its own"


def examine_credentials(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> list[Finding]:
    """Return what Argo CD lacks; of a repository that it reads, its Application says more."""
    return guarded(
        _CHECK, lambda: _credentials(environments, cluster, repository), Severity.INFO, _WHY
    )


def _credentials(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> Iterator[Finding]:
    if not environments:
        return
    live = cluster.argocd.read_applications()
    urls = {item.application: item.repo_url for item in environments}
    root = load_root(repository)
    urls[root.names.root] = root.url
    read = {url for name, url in urls.items() if name in live}
    unread = sorted(set(urls.values()) - read)
    if not unread:
        return
    known = cluster.secrets.read_repositories()
    templates = cluster.secrets.read_templates()
    sealed = {item.name for item in load_sealed_repositories(repository)}
    for url in unread:
        found = find_reading(url, root.names.project, known, templates)
        name = secret_name(url)
        if found:
            yield Finding(_CHECK, Severity.OK, f"Argo CD has Secret {found.secret} for {url}")
        elif name in sealed:
            path = f"{REPOSITORIES_DIR}/{name}.yaml"
            yield Finding(_CHECK, Severity.OK, f"`bootstrap up` gives Argo CD what {path} holds")
        else:
            yield _judge(url)


def _judge(url: str) -> Finding:
    public = is_public(url)
    if public:
        return Finding(_CHECK, Severity.OK, f"{url} can be read without credentials")
    option = "--username USER" if url.startswith(("https://", "http://")) else "--ssh-key FILE"
    mend = f"`bootstrap repo add --url {shlex.quote(url)} {option}`"
    if public is None:
        return Finding(
            _CHECK, Severity.INFO, f"it is not known whether {url} can be read without credentials",
            _WHY, f"if it is private, {mend}",
        )  # fmt: skip
    return Finding(_CHECK, Severity.ERROR, f"Argo CD has no credentials for {url}", _WHY, mend)
