"""`bootstrap init --all` and `bootstrap rename`: what all environments share, changed at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bootstrap.argocd.application import render_application, render_root
from bootstrap.argocd.ownership import Objects, repository_of
from bootstrap.argocd.platform import ROOT_FILE as PLATFORM_ROOT_FILE
from bootstrap.argocd.platform import parse_chart_application, render_platform
from bootstrap.argocd.platform_charts import PLATFORM_CHARTS, PlatformChart, chart_path
from bootstrap.argocd.project import render_project
from bootstrap.checkout.environment_files import SEALED_FILE, load_sealed
from bootstrap.checkout.environments import load_environments, load_root, owned
from bootstrap.checkout.platform import platform_files
from bootstrap.checkout.removed import load_leaving
from bootstrap.constants import REPOSITORIES_DIR
from bootstrap.environments.environment import Environment, Root, check_revision
from bootstrap.environments.names import (
    DEFAULT_NAMES,
    Names,
    check_environment_name,
    check_repository_name,
)
from bootstrap.environments.repo_url import parse_remote_url, same_repository
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Change, Repository
from bootstrap.planned_file import PlannedFile, is_generated
from bootstrap.protocols import Reporter
from bootstrap.sealing.sealed_secret import SealedSecret, render_sealed_secret
from bootstrap.shell import from_here


@dataclass(frozen=True, slots=True)
class RewriteOptions:
    """What all environments are to share from now on; None keeps what they have."""

    name: str | None = None
    repo_url: str | None = None
    revision: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class RewriteResult:
    """What was, or with a dry run would be, changed."""

    before: Root
    after: Root
    files: tuple[PlannedFile, ...]
    changes: tuple[Change, ...]
    kept: tuple[str, ...]
    """What was left as it is, a line each, and why."""
    steps: tuple[str, ...]
    """What a person does next."""

    @property
    def changed(self) -> bool:
        """Whether any file differs."""
        return any(change.action != "unchanged" for change in self.changes)


def rewrite(
    options: RewriteOptions,
    *,
    repository: Repository,
    ask_live: Callable[[], Objects],
    reporter: Reporter,
) -> RewriteResult:
    """Give root, project, Applications and platform another name, URL or branch in one go.

    `ask_live` gives Argo CD's Applications: a name can't change under what runs. It raises where
    nobody answers, and gives none where the user says that there never was any.
    """
    before = load_root(repository)
    after = _after(before, options, reporter)
    if after.names != before.names:
        _check_never_up(before, after.names, ask_live())
    with repository.lock():
        environments = load_environments(repository)
        kept: list[str] = []
        moved = [_move(item, before, after, options, repository, kept) for item in environments]
        for item in moved:
            check_environment_name(item.name, after.names)
        _check_places(moved)
        leaving = [replace(item, names=after.names) for item in load_leaving(repository)]
        files = [
            *_empty_secrets(environments, moved),
            owned(render_project([*moved, *leaving], after), repository),
            owned(render_root(after), repository),
            *(owned(render_application(item), repository) for item in moved),
            *_platform(before, after, repository),
        ]
        kept += _credentials(before, after, repository)
        kept += _others_of_platform(before, after, repository)
        changes = repository.plan(files) if options.dry_run else repository.write(files)
    return RewriteResult(
        before, after, tuple(files), tuple(changes), tuple(kept), tuple(_steps(before, after))
    )


def _after(before: Root, options: RewriteOptions, reporter: Reporter) -> Root:
    after = before
    if options.name is not None:
        after = replace(after, names=check_repository_name(options.name))
    if options.repo_url is not None:
        remote = parse_remote_url(options.repo_url, source="--repo-url")
        for warning in remote.warnings:
            reporter.warn(warning)
        after = replace(after, url=remote.url)
    if options.revision is not None:
        after = replace(after, revision=check_revision(options.revision))
    return after


def _check_never_up(before: Root, names: Names, live: Objects) -> None:
    """Refuse another name where Argo CD runs what has the old one.

    The root would delete the Applications of the old names, and they their workloads.
    """
    project = before.names.project
    ours = sorted(
        name
        for name, application in live.items()
        if (application.get("spec") or {}).get("project") == project
        and same_repository(repository_of(application) or before.url, before.url)
    )
    if not ours:
        return
    loose = "; ".join(
        f"`kubectl -n argocd patch application {name} --type merge -p"
        ' \'{"metadata":{"finalizers":null}}\'` and `kubectl -n argocd delete application'
        f" {name}`"
        for name in [before.names.root, *(item for item in ours if item != before.names.root)]
    )
    raise BootstrapError(
        f"Argo CD runs this repository as {before.names.repository} ({', '.join(ours)}): under"
        f" another name its root would delete them, and what they run",
        f"let go of them first, the root before the others; what runs stays: {loose}; then"
        f" `bootstrap rename {names.repository}`, commit, push, `bootstrap up`",
    )


def _move(
    environment: Environment,
    before: Root,
    after: Root,
    options: RewriteOptions,
    repository: Repository,
    kept: list[str],
) -> Environment:
    """Return the environment as it is to be; what it does not share with the root stays."""
    name, moved = environment.name, replace(environment, names=after.names)
    if options.repo_url is not None and environment.repo_url != after.url:
        if same_repository(environment.repo_url, before.url):
            moved = replace(moved, repo_url=after.url)
        else:
            kept.append(
                f"{name} is cloned from {environment.repo_url}, not {before.url}: `bootstrap init"
                f" {name} --repo-url {after.url}` if it moved, too"
            )
    if environment.target_revision != after.revision and options.revision is not None:
        is_ours = same_repository(environment.repo_url, before.url)
        if is_ours and environment.target_revision == before.revision != after.revision:
            moved = replace(moved, target_revision=after.revision)
        else:
            of = "" if is_ours else f" of {environment.repo_url}"
            kept.append(
                f"{name} follows {environment.target_revision}{of}: `bootstrap init {name}"
                f" --revision {after.revision}` if it is to follow that, too"
            )
    is_derived = environment.namespace in {
        environment.names.namespace(name),
        DEFAULT_NAMES.namespace(name),
    }
    if (
        options.name is not None
        and is_derived
        and environment.namespace != after.names.namespace(name)
    ):
        if _is_empty(environment, repository):
            moved = replace(moved, namespace=after.names.namespace(name))
        else:
            kept.append(
                f"{name} keeps namespace {environment.namespace}, for which its values are sealed;"
                f" where another repository has that, seal them again for another one: delete"
                f" {environment.path(SEALED_FILE)}, then `bootstrap init {name} --namespace"
                f" {after.names.namespace(name)}` and `bootstrap seal FILE --env {name}`"
            )
    return moved


def _is_empty(environment: Environment, repository: Repository) -> bool:
    path = environment.path(SEALED_FILE)
    text = repository.read(path)
    if text is None:
        return True
    return is_generated(text) and not load_sealed(environment, repository).encrypted


def _empty_secrets(
    before: Sequence[Environment], after: Sequence[Environment]
) -> Iterator[PlannedFile]:
    """Yield the files of those that nothing is sealed for yet, for their new namespaces."""
    for old, new in zip(before, after, strict=True):
        if old.namespace != new.namespace:
            yield render_sealed_secret(SealedSecret(new.namespace), new.path(SEALED_FILE))


def _check_places(environments: Sequence[Environment]) -> None:
    taken: dict[tuple[object, str], str] = {}
    for item in environments:
        other = taken.setdefault((item.destination, item.namespace), item.name)
        if other != item.name:
            raise BootstrapError(
                f"namespace {item.namespace} would be that of {other} and of {item.name}",
                f"give one another first: `bootstrap init {item.name} --namespace NAMESPACE`",
            )


def _platform(before: Root, after: Root, repository: Repository) -> Iterator[PlannedFile]:
    """Yield the files of the platform, if there is one; of the charts' own, every other byte stays.

    They are the user's, and name our repository and project only where we wrote that.
    """
    if not repository.exists(PLATFORM_ROOT_FILE):
        return
    charts: list[PlatformChart] = []
    for path in (chart_path(known.name) for known in PLATFORM_CHARTS):
        text = repository.read(path)
        if text is None:
            continue
        changed = _replace_field(text, "repoURL", before.url, after.url)
        changed = _replace_field(changed, "targetRevision", before.revision, after.revision)
        changed = _replace_field(changed, "project", before.names.platform, after.names.platform)
        charts.append(parse_chart_application(changed, path=path))
        yield PlannedFile(path, changed)
    for file in render_platform(after, charts):
        yield owned(file, repository)


def _others_of_platform(before: Root, after: Root, repository: Repository) -> Iterator[str]:
    """Yield the files of people in argocd/platform that say what is another now."""
    known = {chart_path(item.name) for item in PLATFORM_CHARTS}
    for path, text in platform_files(repository):
        if path in known:
            continue
        for field, old, new in (
            ("repoURL", before.url, after.url),
            ("project", before.names.platform, after.names.platform),
        ):
            if _replace_field(text, field, old, new) != text:
                yield f"{path} is yours, and has {field} {old}: write {new} there"


def _replace_field(text: str, field: str, old: str, new: str) -> str:
    if old == new:
        return text
    pattern = rf"^(\s*{field}:\s*['\"]?){re.escape(old)}(?=['\"]?\s*(?:#.*)?$)"
    return re.sub(pattern, lambda found: found[1] + new, text, flags=re.MULTILINE)


def _credentials(before: Root, after: Root, repository: Repository) -> Iterator[str]:
    if after.url == before.url and after.names == before.names:
        return
    for name in repository.repositories():
        yield (
            f"{REPOSITORIES_DIR}/{name}.yaml holds credentials for project {before.names.project}"
            f" and one URL: if Argo CD needs others now, `bootstrap repo add --seal ENV`"
        )


def _steps(before: Root, after: Root) -> Iterator[str]:
    yield f"git add {from_here('environments')} {from_here('argocd')} && git commit && git push"
    if not same_repository(before.url, after.url):
        yield "`bootstrap repo add` if Argo CD needs credentials for the new address"
        yield "`bootstrap webhook set --provider PROVIDER` if the provider is another"
        yield "bootstrap up --adopt"
    else:
        yield "bootstrap up"


def check_asked(options: RewriteOptions) -> None:
    """Raise UsageError where nothing is asked for."""
    if (options.name, options.repo_url, options.revision) == (None, None, None):
        raise UsageError(
            "--all changes what all environments share", "give --name, --repo-url or --revision"
        )
