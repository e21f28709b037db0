"""`bootstrap doctor`: what is wrong, or soon will be; it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.checkout.environment_files import KEY_FILE
from bootstrap.checkout.environments import load_applications, require_application
from bootstrap.checkout.session import Session
from bootstrap.commands.doctor import chart as doctor_chart
from bootstrap.commands.doctor import cluster as doctor_cluster
from bootstrap.commands.doctor import environment as doctor_environment
from bootstrap.commands.doctor import repository as doctor_repository
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository


def doctor(
    name: str | None,
    session: Session,
    *,
    offline: bool,
    needs_cluster: bool = False,
) -> list[Finding]:
    """Look at the repository, at environment `name` or all of them, and at the cluster.

    `offline` asks neither the cluster nor the remote. `needs_cluster` makes one that does not
    answer an error: a person named it.
    """
    repository, git, now = session.repository, session.git, session.now
    applications, everyone, findings = _load(name, repository)
    environments = [item.environment for item in applications]
    findings += doctor_repository.examine(environments, repository, git, offline=offline)
    findings += doctor_chart.examine(applications, repository)
    # one question for all of them, whose answer is remembered where each is looked at
    git.ignored([item.path(KEY_FILE) for item in environments])
    for environment in environments:
        findings += doctor_environment.examine(environment, everyone, repository, git, now())
    if offline:
        return findings
    try:
        cluster = session.clusters.argocd()
        cluster.inspection.read_version()
    except BootstrapError as error:
        severity = Severity.ERROR if needs_cluster else Severity.WARNING
        return [
            *findings,
            Finding(
                "cluster", severity, f"{error.message}; so nothing of it was checked",
                "`bootstrap up` needs it", f"{error.hint}; or leave it out with --offline",
            ),
        ]  # fmt: skip
    return findings + doctor_cluster.examine(environments, cluster, repository, now)


def _load(
    name: str | None, repository: Repository
) -> tuple[list[ApplicationFile], list[Environment], list[Finding]]:
    """Return the Applications to look at, and all environments; an unreadable one is a finding."""
    named = [] if name is None else [require_application(repository, name)]
    found: list[ApplicationFile] = []

    def load() -> Sequence[Finding]:
        found.extend(load_applications(repository))
        return [] if found else [_no_environment()]

    findings = guarded("environments", load)
    return named or found, [item.environment for item in found], findings


def _no_environment() -> Finding:
    return Finding(
        "environments", Severity.INFO, "there is no environment yet", "",
        "make one with `bootstrap init prod`",
    )  # fmt: skip
