"""What `bootstrap doctor` looks at in the cluster: what runs there, its clock, Argo CD's view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from bootstrap.argocd.ownership import Claim, refusal
from bootstrap.checkout.environments import load_root
from bootstrap.checkout.ownership import Live, find_claims, read_live
from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.cluster_list import list_clusters
from bootstrap.commands.doctor.credentials import examine_credentials
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.commands.doctor.keys import examine_keys, examine_rights
from bootstrap.commands.doctor.secrets import examine_secrets
from bootstrap.commands.doctor.versions import examine_versions
from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.environments.environment import Environment, Root
from bootstrap.files.repository import Repository
from bootstrap.rollout.belonging import judge_belonging, judge_root
from bootstrap.rollout.comparison import find_broken
from bootstrap.rollout.files import files_of

_SKEW_SECONDS = 30.0
_SECRET = "argocd-secret"  # noqa: S105 - the name of a Secret, not one


def examine(
    environments: Sequence[Environment],
    cluster: Cluster,
    repository: Repository,
    now: Callable[[], datetime],
) -> list[Finding]:
    """Return what is to say of the cluster that Argo CD runs in; nothing in it is changed."""
    return [
        *examine_versions(cluster, repository),
        *guarded("clock", lambda: _clock(cluster, now)),
        *examine_rights(cluster),
        *guarded("argocd", lambda: _applications(environments, cluster, repository)),
        *examine_credentials(environments, cluster, repository),
        *guarded("webhook", lambda: _webhook(cluster), Severity.INFO, _NO_WEBHOOK),
        *guarded("clusters", lambda: _clusters(environments, cluster, repository)),
        *examine_keys(environments, cluster, repository),
        *examine_secrets(environments, cluster, repository),
    ]


_NO_WEBHOOK = "without a webhook Argo CD sees a push minutes later, when it next looks"


def _clock(cluster: Cluster, now: Callable[[], datetime]) -> Iterator[Finding]:
    before = now()
    _version, theirs = cluster.inspection.read_version()
    if theirs is None:
        yield Finding("clock", Severity.INFO, "the API server does not tell its time")
        return
    # the answer was written between the two moments, in whole seconds
    ahead = (theirs - now()).total_seconds()
    behind = (before - theirs).total_seconds() - 1
    skew = max(ahead, behind)
    if skew > _SKEW_SECONDS:
        word = "ahead of" if ahead > 0 else "behind"
        yield Finding(
            "clock", Severity.WARNING, f"the cluster is {skew:.0f} s {word} this machine",
            "certificates are made valid from, and keys compared by, the time",
            "set both clocks by NTP: `timedatectl set-ntp true`",
        )  # fmt: skip
    else:
        yield Finding("clock", Severity.OK, "the clocks of cluster and machine agree")


def _applications(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> Iterator[Finding]:
    if not environments:
        return
    root = load_root(repository)
    names = root.names
    found = read_live(root, environments, cluster)
    live = found.applications
    claims = find_claims(root, environments, found)
    yield from _not_ours(claims, environments, found, root)
    if claims:
        return
    if names.root not in live:
        if judge_root(live, root) is not None:
            return
        yield Finding(
            "argocd", Severity.INFO, f"Argo CD has no Application {names.root} yet",
            "it has not been told of this repository", "`bootstrap up`",
        )  # fmt: skip
        return
    asked = {names.root: None, **{item.application: item for item in environments}}
    broken = False
    for application, environment in asked.items():
        title = environment.name if environment else "root"
        present = live.get(application)
        verdict = find_broken(present, files_of(environment)) if present else None
        if verdict:
            broken = True
            yield Finding(
                "argocd", Severity.ERROR, f"{title}: {verdict.message}",
                "Argo CD can't compare it with Git, so no push has an effect", verdict.hint,
            )  # fmt: skip
    if not broken:
        yield Finding("argocd", Severity.OK, "Argo CD reads the repository")


def _not_ours(
    claims: Sequence[Claim], environments: Sequence[Environment], live: Live, root: Root
) -> Iterator[Finding]:
    """Yield what stands between Argo CD and this repository: others, deletions, nobody there."""
    for claim in claims:
        refused = refusal([claim], root, "bootstrap up")
        yield Finding(
            "argocd", Severity.ERROR, claim.message(root.url),
            "two repositories of the same names take each other's environments away", refused.hint,
        )  # fmt: skip
    verdicts = [judge_root(live.applications, root)]
    verdicts += [judge_belonging(live.applications, root, item) for item in environments]
    for verdict in verdicts:
        # what is another repository's was named above
        if verdict is not None and not verdict.is_foreign:
            yield Finding(
                "argocd", Severity.ERROR, verdict.message,
                "what is pushed does not reach the cluster, or what runs there is going",
                verdict.hint,
            )  # fmt: skip


def _webhook(cluster: Cluster) -> Iterator[Finding]:
    keys = cluster.inspection.read_secret_keys(ARGOCD_NAMESPACE, _SECRET) or []
    found = [key for key in keys if key.startswith("webhook.")]
    if found:
        yield Finding("webhook", Severity.OK, f"{_SECRET} holds {', '.join(found)}")
    else:
        yield Finding(
            "webhook", Severity.INFO, f"{_SECRET} holds no secret of a webhook", _NO_WEBHOOK,
            "`bootstrap webhook set --provider PROVIDER`",
        )  # fmt: skip


def _clusters(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> Iterator[Finding]:
    away = {item.name for item in environments if not item.destination.in_cluster}
    if not away:
        return
    for entry in list_clusters(repository, lambda: cluster):
        names = [name for name in entry.environments if name in away]
        where = entry.name or entry.server
        if names and entry.known:
            yield Finding(
                "clusters", Severity.OK, f"Argo CD knows {where}, where {', '.join(names)} runs"
            )
        elif names:
            yield Finding(
                "clusters", Severity.ERROR,
                f"Argo CD does not know {where}, where {', '.join(names)} is to run",
                "it can deploy only to clusters that it has credentials for",
                "`argocd cluster add CONTEXT`, or see `bootstrap clusters`",
            )  # fmt: skip
