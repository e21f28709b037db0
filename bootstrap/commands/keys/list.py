"""`bootstrap keys list`: which sealing keys there are, and where each of them is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bootstrap.checkout.environment_files import find_certificate
from bootstrap.checkout.environments import load_environments
from bootstrap.checkout.private_keys import load_local_keys
from bootstrap.cluster import Cluster
from bootstrap.files.repository import Repository
from bootstrap.sealing.certificate import SealingCertificate, parse_certificate


@dataclass(slots=True)
class KeyEntry:
    """One key pair, by its certificate."""

    fingerprint: str
    not_after: datetime | None = None
    """None where only the private key is known."""
    pinned: list[str] = field(default_factory=list)
    """The environments that are sealed for it."""
    files: list[str] = field(default_factory=list)
    """Where its private key lies here."""
    in_controller: bool | None = None
    """None where no cluster was asked."""
    newest: bool = False
    """Whether the controller hands it out."""


def list_keys(repository: Repository, connect: Callable[[], Cluster] | None) -> list[KeyEntry]:
    """Return every key, those in use first."""
    entries: dict[str, KeyEntry] = {}
    certificates: list[SealingCertificate] = []

    def entry(certificate: SealingCertificate) -> KeyEntry:
        certificates.append(certificate)
        found = entries.setdefault(certificate.fingerprint, KeyEntry(certificate.fingerprint))
        found.not_after = certificate.not_after
        return found

    environments = load_environments(repository)
    for environment in environments:
        pinned = find_certificate(environment, repository)
        if pinned is not None:
            entry(pinned).pinned.append(environment.name)
    if connect:
        cluster = connect()
        for certificate in _certificates(cluster):
            entry(certificate).in_controller = True
        served = parse_certificate(
            cluster.sealing.fetch_certificate(), source=f"the certificate of {cluster.context}"
        )
        entry(served).newest = True
        for item in entries.values():
            item.in_controller = bool(item.in_controller)
    for environment in environments:
        for key in load_local_keys(environment, repository):
            name = key.fingerprint(certificates) or "unknown"
            found = entries.setdefault(name, KeyEntry(name))
            found.files.append(key.path)
            if connect:
                found.in_controller = bool(found.in_controller)
    return sorted(entries.values(), key=lambda item: (not item.pinned, item.fingerprint))


def _certificates(cluster: Cluster) -> list[SealingCertificate]:
    namespace = cluster.sealing.find_service().namespace
    return [
        parse_certificate(pem, source=f"a sealing key in {namespace}")
        for pem in cluster.sealing_keys.certificates(namespace)
    ]
