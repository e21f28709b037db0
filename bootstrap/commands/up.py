"""`bootstrap up`: give Argo CD its start, then wait until the pushed commit is running."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bootstrap.application import build_project, build_root, parse_root
from bootstrap.certificate import (
    SealingCertificate,
    key_belongs_to,
    parse_certificate,
    parse_private_key,
)
from bootstrap.cluster import Cluster
from bootstrap.commands.init import CERTIFICATE_FILE, KEY_FILE, SEALED_FILE
from bootstrap.commands.project_files import load_environments, require_environment
from bootstrap.commands.reporter import Reporter
from bootstrap.commands.wait import Clock, Target, wait_until
from bootstrap.constants import ARGOCD_DIR, CHART_PATH, ROOT_FILE, ROOT_NAME
from bootstrap.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.remote_url import parse_remote_url, same_repository
from bootstrap.repository import Repository
from bootstrap.sealed_secret import parse_sealed_secret

_APIS = {
    "argoproj.io": (
        "Argo CD",
        "kubectl create namespace argocd && kubectl apply --server-side -n argocd -f"
        " https://raw.githubusercontent.com/argoproj/argo-cd/stable/manifests/install.yaml",
    ),
    "bitnami.com": (
        "sealed-secrets",
        "helm install sealed-secrets sealed-secrets --namespace kube-system"
        " --repo https://bitnami-labs.github.io/sealed-secrets",
    ),
}


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the user asked for; seconds count from the moment that the cluster has our objects."""

    timeout_seconds: float
    wait: bool = True
    force_conflicts: bool = False


@dataclass(frozen=True, slots=True)
class UpResult:
    """What was applied, and where each environment is."""

    applied: tuple[tuple[str, str], ...]
    """(object, "created" | "configured" | "unchanged")."""
    commits: dict[str, str]
    """Environment to the commit that it was brought, or is on its way, to."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Environment to the time that it took; empty without waiting."""


def up(
    name: str | None,
    options: UpOptions,
    *,
    repository: Repository,
    git: Git,
    connect: Callable[[], Cluster],
    connect_destination: Callable[[], Cluster] | None,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
) -> UpResult:
    """Bring environment `name`, or all of them, up at the commit that is pushed.

    `connect` gives the cluster that Argo CD runs in; `connect_destination` the one that the
    environments run in, where that is another.
    """
    everything = load_environments(repository)
    chosen = [require_environment(repository, name)] if name else everything
    if not chosen:
        raise BootstrapError("there is no environment yet", "make one with `bootstrap init prod`")
    root_url, root_revision = _load_root(repository)
    commits = _pushed_commits(chosen, root_url, root_revision, repository, git)
    _warn_of_unsealed(chosen, repository, reporter)
    cluster = connect()
    _check_apis(cluster)
    _give_keys(chosen, cluster, connect_destination, repository, options, clock, now, reporter)
    applied = []
    for manifest in (build_project(everything, root_url), build_root(root_url, root_revision)):
        what = f"{manifest['kind']} {manifest['metadata']['name']}"
        done = cluster.apply(manifest, force=options.force_conflicts)
        reporter.step(f"{what} {done}")
        applied.append((what, done))
    cluster.refresh(ROOT_NAME)
    by_name = {environment.name: commits[environment.name] for environment in chosen}
    if not options.wait:
        return UpResult(tuple(applied), by_name)
    targets = [Target(ROOT_NAME, "root", None, commits[""])]
    targets += [
        Target(
            environment.application,
            environment.name,
            _health_source(environment, cluster, connect_destination),
            commits[environment.name],
        )
        for environment in chosen
    ]
    seconds = wait_until(
        targets,
        cluster=cluster,
        is_descendant=_descendants(git, root_url),
        timeout_seconds=options.timeout_seconds,
        clock=clock,
        reporter=reporter,
    )
    return UpResult(tuple(applied), by_name, seconds)


def _load_root(repository: Repository) -> tuple[str, str]:
    text = repository.read(ROOT_FILE)
    if text is None:
        raise BootstrapError(f"{ROOT_FILE} is missing", "write it with `bootstrap init ENV`")
    return parse_root(text)


def _pushed_commits(
    environments: Sequence[Environment],
    root_url: str,
    root_revision: str,
    repository: Repository,
    git: Git,
) -> dict[str, str]:
    """Return the commit that each environment ("" is the root) has at the remote.

    Raises BootstrapError if work that Argo CD would have to see is not there yet.
    """
    paths = [CHART_PATH, ARGOCD_DIR, *(environment.folder for environment in environments)]
    changed = git.uncommitted(paths)
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise BootstrapError(
            f"not committed yet: {', '.join(changed[:3])}{more}",
            "commit and push: Argo CD sees only what is pushed",
        )
    commits = {"": _remote_commit(git, root_url, root_revision)}
    for environment in environments:
        commit = _remote_commit(git, environment.repo_url, environment.target_revision)
        _check_pushed(environment, commit, paths, git)
        commits[environment.name] = commit
    return commits


def _remote_commit(git: Git, url: str, revision: str) -> str:
    # the user's own remote may reach the repository by other means (SSH, a token) than Argo CD
    own = git.remote_url("origin")
    ask = "origin" if own and _is_same(own, url) else url
    commit = git.remote_commit(ask, revision)
    if commit is None:
        raise BootstrapError(
            f"revision {revision} is not pushed: {url} has no such branch or tag",
            f"`git push origin {revision}`",
        )
    if not git.has_commit(commit):
        git.fetch(ask, revision)
    return commit


def _is_same(own: str, url: str) -> bool:
    try:
        return same_repository(parse_remote_url(own, source="remote origin").url, url)
    except BootstrapError:
        return False


def _check_pushed(environment: Environment, commit: str, paths: list[str], git: Git) -> None:
    if environment.target_revision != git.current_branch():
        return  # a tag or another branch: what is checked out here need not be on it
    unpushed = git.unpushed(commit, paths)
    if unpushed:
        more = f" (and {len(unpushed) - 1} more)" if len(unpushed) > 1 else ""
        raise BootstrapError(
            f"not pushed yet: {unpushed[0]}{more}", "`git push`, then run this again"
        )


def _warn_of_unsealed(
    environments: Sequence[Environment], repository: Repository, reporter: Reporter
) -> None:
    for environment in environments:
        path = environment.path(SEALED_FILE)
        text = repository.read(path)
        if text is None:
            raise BootstrapError(f"{path} is missing", f"run `bootstrap init {environment.name}`")
        sealed = parse_sealed_secret(text, path=path, namespace=environment.namespace)
        if not sealed.encrypted:
            reporter.warn(
                f"{environment.name} has no sealed secret yet, and the dispatcher waits for them:"
                " `bootstrap seal FILE`"
            )


def _check_apis(cluster: Cluster) -> None:
    missing = cluster.missing_apis({"argoproj.io": "Argo CD", "bitnami.com": "sealed-secrets"})
    if missing:
        names = " and ".join(f"{_APIS[group][0]} ({group})" for group in missing)
        raise BootstrapError(
            f"cluster {cluster.context} has not the resource definitions of {names}",
            "; ".join(_APIS[group][1] for group in missing),
        )


def _health_source(
    environment: Environment, cluster: Cluster, destination: Callable[[], Cluster] | None
) -> tuple[Cluster, str] | None:
    if environment.destination.in_cluster:
        return cluster, environment.namespace
    return (destination(), environment.namespace) if destination else None


def _give_keys(
    environments: Sequence[Environment],
    cluster: Cluster,
    destination: Callable[[], Cluster] | None,
    repository: Repository,
    options: UpOptions,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
) -> None:
    """See to it that the controller of every environment holds the key it is sealed for."""
    by_cluster: dict[int, tuple[Cluster, list[Environment]]] = {}
    for environment in environments:
        source = _health_source(environment, cluster, destination)
        if source is None:
            reporter.warn(
                f"{environment.name} runs in another cluster: pass --destination-context to give"
                " its sealed-secrets controller the sealing key"
            )
            continue
        by_cluster.setdefault(id(source[0]), (source[0], []))[1].append(environment)
    for where, members in by_cluster.values():
        _give_keys_to(where, members, repository, options, clock, now, reporter)


def _give_keys_to(
    cluster: Cluster,
    environments: Sequence[Environment],
    repository: Repository,
    options: UpOptions,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
) -> None:
    namespace = cluster.find_sealing_service().namespace
    held = {
        parse_certificate(pem, source=f"a sealing key in {namespace}").fingerprint
        for pem in cluster.sealing_certificates(namespace)
    }
    added = False
    for environment in environments:
        certificate = _pinned(environment, repository)
        if certificate.fingerprint in held:
            continue
        key = _own_key(environment, certificate, repository)
        if key is None:
            raise BootstrapError(
                f"the controller in {namespace} has not the key for"
                f" {environment.path(CERTIFICATE_FILE)}, and it is not here either",
                f"put {environment.path(KEY_FILE)} back from its backup, or pin the controller's"
                f" certificate (`bootstrap init {environment.name} --from-cluster`) and seal again",
            )
        name = f"sealed-secrets-key-agentsmith-{certificate.fingerprint[:8]}"
        cluster.add_sealing_key(namespace, name, certificate=certificate.pem, private_key=key)
        reporter.step(f"sealing key of {environment.name} added to the controller in {namespace}")
        held.add(certificate.fingerprint)
        added = True
    if added:
        _restart_controller(cluster, namespace, options, clock, now, reporter)


def _restart_controller(
    cluster: Cluster,
    namespace: str,
    options: UpOptions,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
) -> None:
    deployment = cluster.find_sealing_deployment(namespace)
    if deployment is None:
        reporter.warn(
            f"found no Deployment of the sealed-secrets controller in {namespace}: restart it"
            " yourself, as it reads its keys only when it starts"
        )
        return
    cluster.restart(deployment, now())
    reporter.step(f"restarting {namespace}/{deployment.name}, which reads its keys at its start")
    deadline = clock.monotonic() + options.timeout_seconds
    while not cluster.is_rolled_out(deployment):
        if clock.monotonic() > deadline:
            raise BootstrapError(
                f"Deployment {namespace}/{deployment.name} did not come back in time",
                f"`kubectl -n {namespace} rollout status deployment {deployment.name}`",
            )
        clock.sleep(0.5)


def _pinned(environment: Environment, repository: Repository) -> SealingCertificate:
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


def _descendants(git: Git, url: str) -> Callable[[str, str], bool]:
    """Return the test whether Argo CD's commit came after ours: a newer push may overtake us."""

    @functools.cache
    def is_descendant(commit: str, wanted: str) -> bool:
        if not git.has_commit(commit):
            own = git.remote_url("origin")
            try:
                git.fetch("origin" if own and _is_same(own, url) else url, commit)
            except BootstrapError:
                return False  # not to be had by its id; what we can't compare is not ours
        return git.is_ancestor(wanted, commit)

    return is_descendant
