"""What `bootstrap doctor` looks at in the environments' Secrets: are they the controller's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from bootstrap.checkout.taken_secrets import look_for_taken
from bootstrap.cluster import Cluster
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository


def examine_secrets(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> list[Finding]:
    """Return the Secrets of Argo CD's own cluster that stand where sealed ones are to be."""
    findings: list[Finding] = []
    for environment in environments:
        if environment.destination.in_cluster:
            findings += guarded(
                f"{environment.name}: secret",
                partial(_taken, environment, cluster, repository),
                Severity.INFO,
                "a Secret that is there already keeps the sealed one out",
            )
    return findings


def _taken(environment: Environment, cluster: Cluster, repository: Repository) -> Iterator[Finding]:
    taken = look_for_taken(environment, cluster, repository)
    if taken is not None:
        yield Finding(
            f"{environment.name}: secret", Severity.ERROR, taken.message,
            "the sealed values never reach the pods, and `bootstrap up` refuses", taken.hint,
        )  # fmt: skip
