"""`bootstrap keys fetch`: pin the newest certificate of the cluster's controller."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.checkout.environment_files import SEALED_FILE, find_sealed
from bootstrap.checkout.pinning import choose_certificate
from bootstrap.checkout.session import Session
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Change
from bootstrap.sealing.certificate import SealingCertificate


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What was, or in a dry run would be, done; no change where it is pinned already."""

    environment: Environment
    certificate: SealingCertificate
    changes: tuple[Change, ...]


def fetch(
    environment: Environment,
    session: Session,
    *,
    dry_run: bool = False,
) -> FetchResult:
    """Pin the certificate, unless values are sealed for another one."""
    repository = session.repository

    def from_cluster() -> tuple[str, str]:
        cluster = session.clusters.argocd()
        return cluster.sealing.fetch_certificate(), f"the certificate of {cluster.context}"

    with repository.lock():
        sealed = find_sealed(environment, repository)
        # values are looked at here, as the ways out are other ones than those of `init`
        certificate, files = choose_certificate(
            environment,
            from_cluster,
            None,
            repository=repository,
            now=session.now(),
            reporter=session.reporter,
        )
        if files and sealed and sealed.encrypted:
            raise BootstrapError(
                f"{environment.path(SEALED_FILE)} holds {len(sealed.encrypted)} values sealed for"
                " another certificate, which would stay behind",
                f"`bootstrap keys rotate {environment.name} --from-cluster` seals them again and"
                " pins it",
            )
        changes = repository.plan(files) if dry_run else repository.write(files)
    return FetchResult(environment, certificate, tuple(changes))
