"""Seeing to it that the controller of every environment holds the key it is sealed for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.checkout.environment_files import CERTIFICATE_FILE, KEY_FILE, load_pinned
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.cluster.controller_keys import OUR_KEYS
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.protocols import Clock, Reporter, looks
from bootstrap.sealing.certificate import (
    SealingCertificate,
    key_belongs_to,
    parse_certificate,
    parse_private_key,
)

_RESTART_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """The sealing keys of this repository, and what it takes to give them away."""

    repository: Repository
    clock: Clock
    now: Callable[[], datetime]
    reporter: Reporter

    def give(self, cluster: Cluster, environments: Sequence[Environment]) -> bool:
        """Add the keys that the controller in `cluster` lacks, and see that it has read them.

        Returns whether any was added. Raises BootstrapError if a key is neither there nor here,
        before any is added.
        """
        namespace = cluster.sealing.find_service().namespace
        held = held_keys(cluster, namespace)
        pinned = {item.name: load_pinned(item, self.repository) for item in environments}
        missing = {
            item.name: self._require_key(item, pinned[item.name], namespace)
            for item in environments
            if pinned[item.name].fingerprint not in held
        }
        times = [held.get(item.fingerprint) for item in pinned.values()]
        since = [time for time in times if time is not None]
        if not missing and not _is_unread(cluster, namespace, since):
            return False
        self.reporter.step(f"cluster of the sealed-secrets controller: {cluster.context}")
        try:
            for name, key in missing.items():
                self._add(cluster, namespace, name, pinned[name], key)
        finally:
            # whatever stopped us: a key that was added and not read would fail without a word
            restart_controller(
                cluster, namespace, clock=self.clock, now=self.now, reporter=self.reporter
            )
        return bool(missing)

    def restart(self, cluster: Cluster) -> None:
        """Have the controller look at every SealedSecret again, as it does when it starts."""
        restart_controller(
            cluster,
            cluster.sealing.find_service().namespace,
            clock=self.clock,
            now=self.now,
            reporter=self.reporter,
        )

    def _add(
        self,
        cluster: Cluster,
        namespace: str,
        environment: str,
        certificate: SealingCertificate,
        key: str,
    ) -> None:
        name = f"{OUR_KEYS}{certificate.fingerprint[:8]}"
        cluster.sealing_keys.add_key(namespace, name, certificate=certificate.pem, private_key=key)
        self.reporter.step(f"sealing key of {environment} added to the controller in {namespace}")

    def _require_key(
        self, environment: Environment, certificate: SealingCertificate, namespace: str
    ) -> str:
        key = _own_key(environment, certificate, self.repository)
        if key is not None:
            return key
        raise BootstrapError(
            f"the controller in {namespace} has not the key for"
            f" {environment.path(CERTIFICATE_FILE)}, and it is not here either",
            f"put {environment.path(KEY_FILE)} back from its backup, or pin the"
            f" controller's certificate (`bootstrap init {environment.name}"
            " --from-cluster`) and seal again",
        )


def keys_of(session: Session) -> SealingKeys:
    """Return the sealing keys of the repository of `session`."""
    return SealingKeys(session.repository, session.clock, session.now, session.reporter)


def held_keys(cluster: Cluster, namespace: str) -> dict[str, datetime | None]:
    """Return the fingerprints of the controller's keys, and when we gave it those of ours."""
    held: dict[str, datetime | None] = {}
    for pem, created in cluster.sealing_keys.dated_certificates(namespace):
        with contextlib.suppress(BootstrapError):  # somebody else's Secret, which it skips as well
            held[parse_certificate(pem, source="a sealing key").fingerprint] = created
    return held


def _is_unread(cluster: Cluster, namespace: str, since: Sequence[datetime]) -> bool:
    """Tell whether a key came after the controller started: a run may have ended in between."""
    deployment = cluster.sealing_keys.find_deployment(namespace) if since else None
    started = cluster.sealing_keys.started(deployment) if deployment else None
    return started is not None and max(since) > started


def restart_controller(
    cluster: Cluster,
    namespace: str,
    *,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
) -> None:
    """Have the controller read its keys and every SealedSecret, as it does when it starts.

    Waits until it is up.
    """
    deployment = cluster.sealing_keys.find_deployment(namespace)
    if deployment is None:
        reporter.warn(
            f"found no Deployment of the sealed-secrets controller in {namespace}: restart it"
            " yourself, as it reads its keys only when it starts"
        )
        return
    cluster.sealing_keys.restart(deployment, now())
    reporter.step(f"restarting {namespace}/{deployment.name}, which reads its keys at its start")
    for look in looks(clock, _RESTART_SECONDS, pause=0.5):
        if cluster.sealing_keys.is_rolled_out(deployment):
            return
        if look.is_last:
            raise BootstrapError(
                f"Deployment {namespace}/{deployment.name} did not come back in time",
                f"`kubectl -n {namespace} rollout status deployment {deployment.name}`",
            )


def _own_key(
    environment: Environment, certificate: SealingCertificate, repository: Repository
) -> str | None:
    """Return the PEM block of the local private key if it is the certificate's."""
    path = environment.path(KEY_FILE)
    text = repository.read(path)
    if text is None or not key_belongs_to(parse_private_key(text, source=path), certificate):
        return None
    return text[text.index("-----BEGIN ") :]
