"""Seeing to it that the controller of every environment holds the key it is sealed for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.certificate import (
    SealingCertificate,
    key_belongs_to,
    parse_certificate,
    parse_private_key,
)
from bootstrap.cluster import Cluster
from bootstrap.commands.reporter import Reporter
from bootstrap.commands.sealing_certificate import CERTIFICATE_FILE, KEY_FILE
from bootstrap.commands.wait import Clock
from bootstrap.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.repository import Repository

_RESTART_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """The sealing keys of this repository, and what it takes to give them away."""

    repository: Repository
    clock: Clock
    now: Callable[[], datetime]
    reporter: Reporter

    def give(self, cluster: Cluster, environments: Sequence[Environment]) -> bool:
        """Add the keys that the controller in `cluster` lacks; restart it if any was added.

        Returns whether any was. Raises BootstrapError if a key is neither there nor here.
        """
        namespace = cluster.sealing.find_service().namespace
        held = {
            parse_certificate(pem, source=f"a sealing key in {namespace}").fingerprint
            for pem in cluster.sealing.certificates(namespace)
        }
        added = False
        for environment in environments:
            certificate = load_pinned(environment, self.repository)
            if certificate.fingerprint in held:
                continue
            key = _own_key(environment, certificate, self.repository)
            if key is None:
                raise BootstrapError(
                    f"the controller in {namespace} has not the key for"
                    f" {environment.path(CERTIFICATE_FILE)}, and it is not here either",
                    f"put {environment.path(KEY_FILE)} back from its backup, or pin the"
                    f" controller's certificate (`bootstrap init {environment.name}"
                    " --from-cluster`) and seal again",
                )
            name = f"sealed-secrets-key-agentsmith-{certificate.fingerprint[:8]}"
            cluster.sealing.add_key(namespace, name, certificate=certificate.pem, private_key=key)
            self.reporter.step(
                f"sealing key of {environment.name} added to the controller in {namespace}"
            )
            held.add(certificate.fingerprint)
            added = True
        if added:
            restart_controller(
                cluster,
                namespace,
                clock=self.clock,
                now=self.now,
                reporter=self.reporter,
            )
        return added


def restart_controller(
    cluster: Cluster,
    namespace: str,
    *,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
) -> None:
    """Have the controller read its keys, which it does only when it starts; wait until it is up."""
    deployment = cluster.sealing.find_deployment(namespace)
    if deployment is None:
        reporter.warn(
            f"found no Deployment of the sealed-secrets controller in {namespace}: restart it"
            " yourself, as it reads its keys only when it starts"
        )
        return
    cluster.sealing.restart(deployment, now())
    reporter.step(f"restarting {namespace}/{deployment.name}, which reads its keys at its start")
    deadline = clock.monotonic() + _RESTART_SECONDS
    while not cluster.sealing.is_rolled_out(deployment):
        if clock.monotonic() > deadline:
            raise BootstrapError(
                f"Deployment {namespace}/{deployment.name} did not come back in time",
                f"`kubectl -n {namespace} rollout status deployment {deployment.name}`",
            )
        clock.sleep(0.5)


def load_pinned(environment: Environment, repository: Repository) -> SealingCertificate:
    """Return the certificate that the environment is sealed for."""
    path = environment.path(CERTIFICATE_FILE)
    text = repository.read(path)
    if text is None:
        raise BootstrapError(
            f"{path} is missing", f"restore it, or run `bootstrap init {environment.name}`"
        )
    return parse_certificate(text, source=path)


def _own_key(
    environment: Environment, certificate: SealingCertificate, repository: Repository
) -> str | None:
    """Return the PEM block of the local private key if it is the certificate's."""
    path = environment.path(KEY_FILE)
    text = repository.read(path)
    if text is None or not key_belongs_to(parse_private_key(text, source=path), certificate):
        return None
    return text[text.index("-----BEGIN ") :]
