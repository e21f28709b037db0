"""`bootstrap up`: give Argo CD its start, then wait until the pushed commit is running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bootstrap.argocd.application import build_root
from bootstrap.argocd.ownership import refusal, repository_of
from bootstrap.argocd.platform import build_platform_project, build_platform_root
from bootstrap.argocd.products import ARGO_CD, SEALED_SECRETS, Product
from bootstrap.argocd.project import build_project, widen_project
from bootstrap.checkout.environment_files import SEALED_FILE, find_sealed
from bootstrap.checkout.environments import choose_environments, load_environments, load_root
from bootstrap.checkout.ownership import (
    Live,
    check_place,
    find_claims,
    read_live,
    still_ours,
)
from bootstrap.checkout.remote import descendants, pushed_commits
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.sealed_repositories import (
    give_repositories,
    load_sealed_repositories,
)
from bootstrap.commands.keys.give import keys_of
from bootstrap.commands.up.adopt import adopt
from bootstrap.commands.up.adopt_secret import check_secrets, hand_over
from bootstrap.commands.up.platform_files import has_platform, load_platform
from bootstrap.commands.watch.wait_loop import targets_of, wait_until
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.protocols import Reporter


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the user asked for; seconds count from the moment that the cluster has our objects."""

    timeout_seconds: float
    wait: bool = True
    force_conflicts: bool = False
    adopt: Callable[[str], None] | None = None
    """With --adopt: raises unless the user means to take over what the given URL has."""
    adopt_secret: Callable[[str], None] | None = None
    """With --adopt-secret: raises unless the user agrees to the loss that it is told."""


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
    session: Session,
    *,
    prepare: Callable[[Cluster], None] | None = None,
) -> UpResult:
    """Bring environment `name`, or all of them, up at the commit that is pushed.

    `prepare` may install what Argo CD's cluster lacks, once everything is known to be pushed.
    """
    repository, git, clusters = session.repository, session.git, session.clusters
    reporter = session.reporter
    everything = load_environments(repository)
    chosen = choose_environments(repository, name)
    root = load_root(repository)
    commits = pushed_commits(chosen, root, git)
    _warn_of_unsealed(chosen, repository, reporter)
    repositories = load_sealed_repositories(repository)
    cluster = clusters.argocd()
    live = _see_ours(everything, commits[""], options, root, cluster, session)
    for item in chosen:
        where = clusters.destination_of(item)
        if where is not None:
            check_place(item, where)
    taken = check_secrets(
        clusters.divide(chosen, "up"), repository, adopt=options.adopt_secret, reporter=reporter
    )
    if prepare is not None:
        prepare(cluster)
    _warn_of_unreached([item for item in chosen if not clusters.has(item)], reporter)
    divided = clusters.divide(chosen, "up")
    at_home = any(where is cluster for where, _members in divided)
    _check_products(cluster, [ARGO_CD, SEALED_SECRETS] if at_home or repositories else [ARGO_CD])
    for where, _members in divided:
        if where is not cluster:
            _check_products(where, [SEALED_SECRETS])
    given_up = hand_over(taken, reporter)
    keys = keys_of(session)
    for where, members in divided:
        if not keys.give(where, members) and where in given_up:
            keys.restart(where)
    give_repositories(cluster, repositories, session.clock, reporter)
    applied = []
    present = cluster.argocd.read_applications().values()
    project = widen_project(build_project(everything, root), present)
    check = still_ours(root, live)
    for manifest in (project, build_root(root)):
        what = f"{manifest['kind']} {manifest['metadata']['name']}"
        done = cluster.argocd.apply(manifest, force=options.force_conflicts, check=check)
        reporter.step(f"{what} {done}")
        applied.append((what, done))
    if options.adopt is not None:
        _adopt_platform(root, live, cluster, options, session)
    cluster.argocd.refresh(root.names.root)
    by_name = {environment.name: commits[environment.name] for environment in chosen}
    if not options.wait:
        return UpResult(tuple(applied), by_name)
    seconds = wait_until(
        targets_of(chosen, root, commits, clusters),
        cluster=cluster,
        is_descendant=descendants(git, root.url),
        timeout_seconds=options.timeout_seconds,
        clock=session.clock,
        reporter=reporter,
    )
    return UpResult(tuple(applied), by_name, seconds)


def _see_ours(
    everything: Sequence[Environment],
    commit: str,
    options: UpOptions,
    root: Root,
    cluster: Cluster,
    session: Session,
) -> Live:
    """Return what Argo CD has under our names; another repository's is an error, or adopted."""
    live = read_live(root, everything, cluster)
    claims = find_claims(root, everything, live)
    if claims and options.adopt is None:
        raise refusal(claims, root, "bootstrap up")
    if claims and options.adopt is not None:
        adopt(
            claims, live, root, everything, commit=commit, git=session.git,
            confirm=options.adopt, reporter=session.reporter,
        )  # fmt: skip
    elif options.adopt is not None:
        session.reporter.step(
            "nothing to adopt: what Argo CD has under these names is this repository's"
        )
    return live


def _adopt_platform(
    root: Root,
    live: Live,
    cluster: Cluster,
    options: UpOptions,
    session: Session,
) -> None:
    """Have the platform follow this repository too, where it is kept through one that moved."""
    present = live.applications.get(root.names.platform)
    if present is None or not has_platform(session.repository):
        return
    url = repository_of(present)
    if url is None or same_repository(url, root.url):
        return
    charts = load_platform(session.repository)
    for manifest in (build_platform_project(root, charts), build_platform_root(root)):
        done = cluster.argocd.apply(manifest, force=options.force_conflicts)
        session.reporter.step(f"{manifest['kind']} {manifest['metadata']['name']} {done}")


def _warn_of_unsealed(
    environments: Sequence[Environment], repository: Repository, reporter: Reporter
) -> None:
    for environment in environments:
        path = environment.path(SEALED_FILE)
        sealed = find_sealed(environment, repository)
        if sealed is None:
            raise BootstrapError(f"{path} is missing", f"run `bootstrap init {environment.name}`")
        if not sealed.encrypted:
            reporter.warn(
                f"{environment.name} has no sealed secret yet, and the dispatcher waits for them:"
                " `bootstrap seal FILE`"
            )


def _warn_of_unreached(environments: Sequence[Environment], reporter: Reporter) -> None:
    if environments:
        names = ", ".join(item.name for item in environments)
        reporter.warn(
            f"{names}: runs in another cluster; pass --destination-context to give the"
            " sealed-secrets controller there the sealing key"
        )


def _check_products(cluster: Cluster, wanted: Sequence[Product]) -> None:
    missing = [product for product in wanted if not cluster.has_kind(*product.mark)]
    if missing:
        names = " and ".join(f"{item.name} ({item.kinds[0]}, {item.version})" for item in missing)
        raise BootstrapError(
            f"cluster {cluster.context} has not the resource definitions of {names}",
            ("`bootstrap up --install`, or by hand: " if len(missing) > 1 else "")
            + "; ".join(item.install for item in missing),
        )
