"""`bootstrap init`: compute every file of an environment, check, then write them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bootstrap.argocd.application import render_application, render_root
from bootstrap.argocd.project import render_project
from bootstrap.checkout.environment_files import SEALED_FILE
from bootstrap.checkout.environments import (
    check_private,
    load_environment,
    load_environments,
    owned,
)
from bootstrap.checkout.missing_files import check_not_lost, check_values_not_lost
from bootstrap.checkout.pinning import choose_certificate
from bootstrap.checkout.removed import load_leaving, removal_hint
from bootstrap.checkout.session import Session
from bootstrap.commands.init.root_source import (
    choose_names,
    default_revision,
    default_url,
    describe_root,
    present_root,
    warn_of_other_origin,
    warn_of_other_root,
)
from bootstrap.environments.environment import (
    Environment,
    Root,
    check_namespace,
    check_revision,
    parse_destination,
)
from bootstrap.environments.names import Names, check_environment_name
from bootstrap.environments.repo_url import parse_remote_url
from bootstrap.environments.scaffold import starting_config, starting_values
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Change, Repository
from bootstrap.git import Git
from bootstrap.planned_file import PlannedFile, is_generated
from bootstrap.protocols import Reporter
from bootstrap.sealing.certificate import SealingCertificate
from bootstrap.sealing.sealed_secret import SealedSecret, parse_sealed_secret, render_sealed_secret
from bootstrap.yaml.documents import parse_mapping


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the user asked for; None keeps what the environment has, or takes the default."""

    name: str | None = None
    """Of the repository, which derives the names of all its objects from it."""
    repo_url: str | None = None
    revision: str | None = None
    namespace: str | None = None
    cluster: str | None = None
    automated: bool | None = None
    certificate: Callable[[], tuple[str, str]] | None = None
    """Gives PEM text and what to call its source; not called before the cheap checks passed."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class InitResult:
    """What was, or with `dry_run` would be, done."""

    environment: Environment
    certificate: SealingCertificate
    files: tuple[PlannedFile, ...]
    changes: tuple[Change, ...]
    made_key: bool
    """Whether this run made the private key, which the user must now keep safe."""
    others: bool
    """Whether there are other environments."""
    in_use: bool
    """Whether it was there before and has sealed values."""
    is_new: bool = False
    """Whether its Application was not there before."""

    @property
    def changed(self) -> bool:
        """Whether any file differs."""
        return any(change.action != "unchanged" for change in self.changes)


def init(
    name: str,
    options: InitOptions,
    session: Session,
) -> InitResult:
    """Write environment `name` and what Argo CD needs for it."""
    repository, git, reporter = session.repository, session.git, session.reporter
    root = present_root(repository)
    names = choose_names(options.name, root)
    check_environment_name(name, names)
    repository.check_chart()
    with repository.lock():
        existing = load_environment(repository, name)
        if existing is None:
            _check_not_leaving(name, repository)
        follows = _follows(name, options, existing, root, git, reporter)
        others = [item for item in load_environments(repository) if item.name != name]
        if existing is None and options.repo_url is None:
            url = default_url(name, root, others, git, reporter)
        else:
            url = ""
        environment = _describe(name, options, existing, names, url, follows, reporter)
        _check_place(environment, others)
        sealed = _load_sealed(environment, repository)
        if options.certificate is None and not (sealed and sealed.encrypted):
            check_not_lost(environment, repository, git, reporter)
        certificate, new_files = choose_certificate(
            environment,
            options.certificate,
            sealed,
            repository=repository,
            now=session.now(),
            reporter=reporter,
        )
        if sealed is None and not new_files:
            check_values_not_lost(environment, git)
        leaving = [item for item in load_leaving(repository) if item.name != name]
        asked = options.repo_url is not None or existing is None
        new_root = describe_root(
            environment, [*others, *leaving], root, asked=asked, revision=follows
        )
        if asked:
            warn_of_other_root(environment, new_root, reporter)
        elif environment.repo_url == new_root.url:
            warn_of_other_origin(environment, git, reporter)
        if existing and sealed and sealed.encrypted:
            _warn_of_move(existing, environment, reporter)
        files = [
            *_human_files(environment, repository),
            *new_files,
            *([] if sealed else [_empty_sealed_secret(environment)]),
            # Argo CD may look at any moment: what is pointed at is there before the pointer
            owned(render_project([*others, *leaving, environment], new_root), repository),
            owned(render_root(new_root), repository),
            owned(render_application(environment), repository),
        ]
        check_private(files, git)
        changes = repository.plan(files) if options.dry_run else repository.write(files)
    return InitResult(
        environment=environment,
        certificate=certificate,
        files=tuple(files),
        changes=tuple(changes),
        made_key=any(file.private for file in new_files),
        others=bool(others),
        in_use=existing is not None and sealed is not None and bool(sealed.encrypted),
        is_new=existing is None,
    )


def _describe(
    name: str,
    options: InitOptions,
    existing: Environment | None,
    names: Names,
    url: str,
    follows: str,
    reporter: Reporter,
) -> Environment:
    """Return the environment as asked for; what was not asked for stays, else has its default."""
    present = existing or Environment(
        name=name,
        namespace=names.namespace(name),
        repo_url=url,
        target_revision=follows,
        destination=parse_destination(None),
        names=names,
    )
    if options.repo_url is not None:
        remote = parse_remote_url(options.repo_url, source="--repo-url")
        for warning in remote.warnings:
            reporter.warn(warning)
        present = replace(present, repo_url=remote.url)
    if options.revision is not None:
        present = replace(present, target_revision=check_revision(options.revision))
    if options.namespace is not None:
        present = replace(present, namespace=options.namespace)
    if options.cluster is not None:
        present = replace(present, destination=parse_destination(options.cluster))
    if options.automated is not None:
        paused = present.paused and options.automated
        present = replace(present, automated=options.automated, paused=paused)
    check_namespace(present.namespace)
    return present


def _follows(
    name: str,
    options: InitOptions,
    existing: Environment | None,
    root: Root | None,
    git: Git,
    reporter: Reporter,
) -> str:
    """Return what a new root follows, and a new environment unless it is told otherwise."""
    if root is not None:
        return root.revision
    if existing is not None:
        return git.current_branch() or existing.target_revision
    if options.revision is not None:
        return git.default_branch() or git.current_branch() or options.revision
    return default_revision(name, root, git, reporter)


def _check_place(environment: Environment, others: list[Environment]) -> None:
    """Refuse a namespace that another environment has: their objects have the same names."""
    for other in others:
        if (other.namespace, other.destination) == (
            environment.namespace,
            environment.destination,
        ):
            raise BootstrapError(
                f"namespace {environment.namespace} belongs to environment {other.name} already",
                "give this environment one of its own with --namespace",
            )


def _check_not_leaving(name: str, repository: Repository) -> None:
    hint = removal_hint(repository, name)
    if hint is not None:
        raise BootstrapError(f"environment {name} is being removed", hint)


def _warn_of_move(old: Environment, new: Environment, reporter: Reporter) -> None:
    if old.destination == new.destination:
        return
    left, right = (item.destination.server or item.destination.name for item in (old, new))
    reporter.warn(
        f"{new.name} moves from cluster {left} to {right}: what runs in the old one stays there"
        " until you remove it, and the new one needs the key that its values are sealed for"
    )


def _human_files(environment: Environment, repository: Repository) -> list[PlannedFile]:
    starting = {
        "values.yaml": starting_values(environment),
        "agentsmith.yml": starting_config(),
    }
    paths = {environment.path(file): content for file, content in starting.items()}
    return [
        PlannedFile(path, content) for path, content in paths.items() if not repository.exists(path)
    ]


def _load_sealed(environment: Environment, repository: Repository) -> SealedSecret | None:
    path = environment.path(SEALED_FILE)
    text = repository.read(path)
    if text is None:
        return None
    document = parse_mapping(text, path=path)
    spec, metadata = document.get("spec"), document.get("metadata")
    if (
        is_generated(text)
        and isinstance(spec, dict)
        and spec.get("encryptedData") == {}
        and isinstance(metadata, dict)
        and metadata.get("namespace") != environment.namespace
    ):
        return None  # nothing is sealed, so nothing is lost by following a changed namespace
    return parse_sealed_secret(text, path=path, namespace=environment.namespace)


def _empty_sealed_secret(environment: Environment) -> PlannedFile:
    return render_sealed_secret(
        SealedSecret(namespace=environment.namespace), environment.path(SEALED_FILE)
    )
