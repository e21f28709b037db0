"""Whether the controller holds the keys, and whether the user may do what `bootstrap up` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bootstrap.checkout.environment_files import CERTIFICATE_FILE, KEY_FILE, load_pinned
from bootstrap.cluster import Cluster
from bootstrap.cluster.inspection import Access
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.commands.keys.give import held_keys
from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository

_ARGOCD_RIGHTS = (
    Access("get", "argoproj.io", "applications", ARGOCD_NAMESPACE),
    Access("list", "argoproj.io", "applications", ARGOCD_NAMESPACE),
    Access("patch", "argoproj.io", "applications", ARGOCD_NAMESPACE),
    Access("get", "argoproj.io", "appprojects", ARGOCD_NAMESPACE),
    Access("patch", "argoproj.io", "appprojects", ARGOCD_NAMESPACE),
    Access("list", "", "services"),
)


def examine_rights(cluster: Cluster) -> list[Finding]:
    """Return what `bootstrap up` needs and the current user may not do."""
    return guarded("rights", lambda: _rights(cluster))


def _rights(cluster: Cluster) -> Iterator[Finding]:
    refused = [item for item in _ARGOCD_RIGHTS if not cluster.inspection.may(item)]
    if _ARGOCD_RIGHTS[-1] not in refused:
        namespace = cluster.sealing.find_service().namespace
        refused += [
            item for item in _rights_at_controller(namespace) if not cluster.inspection.may(item)
        ]
    for item in refused:
        yield Finding(
            "rights", Severity.ERROR, f"you may not {item}", "`bootstrap up` needs to",
            f"use a context whose user may: `kubectl auth can-i {item}`",
        )  # fmt: skip
    if not refused:
        yield Finding("rights", Severity.OK, "you may do what `bootstrap up` needs to")


def _rights_at_controller(namespace: str) -> list[Access]:
    return [
        Access("list", "", "secrets", namespace),
        Access("get", "", "secrets", namespace),
        Access("create", "", "secrets", namespace),
        Access("patch", "", "secrets", namespace),
        Access("get", "", "services/proxy", namespace),
        Access("list", "apps", "deployments", namespace),
        Access("patch", "apps", "deployments", namespace),
        Access("list", "", "pods", namespace),
    ]


def examine_keys(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> list[Finding]:
    """Return whether the controller can open what the environments of this cluster have sealed."""
    here = [item for item in environments if item.destination.in_cluster]
    away = [item for item in environments if not item.destination.in_cluster]
    findings = [
        Finding(
            f"{item.name}: controller", Severity.INFO,
            f"{item.name} runs in another cluster, whose controller was not asked", "",
            f"`bootstrap secrets check {item.name} --context CONTEXT --from-cluster`",
        )
        for item in away
    ]  # fmt: skip
    if here:
        findings += guarded("controller", lambda: _held(here, cluster, repository))
    return findings


def _held(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> Iterator[Finding]:
    namespace = cluster.sealing.find_service().namespace
    held = held_keys(cluster, namespace)
    for environment in environments:
        check = f"{environment.name}: controller"
        path = environment.path(CERTIFICATE_FILE)
        if load_pinned(environment, repository).fingerprint in held:
            yield Finding(
                check, Severity.OK, f"the controller in {namespace} holds the key of {path}"
            )
        elif repository.exists(environment.path(KEY_FILE)):
            yield Finding(
                check, Severity.INFO,
                f"the controller in {namespace} has not the key of {path} yet",
                "`bootstrap up` gives it", f"`bootstrap keys give {environment.name}`",
            )  # fmt: skip
        else:
            yield Finding(
                check, Severity.ERROR,
                f"the controller in {namespace} has not the key of {path}, and it is not here",
                "no sealed value of the environment can be opened",
                f"put {environment.path(KEY_FILE)} back from its backup, or `bootstrap keys"
                " restore FILE`",
            )  # fmt: skip
