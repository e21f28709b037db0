"""What `upgrade`, `promote`, `rollback`, `pause` and `resume` share: edits that are published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bootstrap.checkout.environment_files import missing_file
from bootstrap.checkout.environments import load_root, require_environment
from bootstrap.checkout.ownership import check_if_reachable, check_ours
from bootstrap.checkout.publish import Plan, Published, PublishOptions, publish
from bootstrap.checkout.session import Session
from bootstrap.commands.watch.wait import see_running
from bootstrap.constants import VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.hold import check_hold, release_hold
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.planned_file import PlannedFile
from bootstrap.protocols import Reporter


@dataclass(frozen=True, slots=True)
class Edit:
    """A file as it was and as it is to be; None for a file that was not there."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a change takes place: who is asked and told, and how far it goes."""

    session: Session
    publishing: PublishOptions
    preview: Callable[[Sequence[Edit]], None]
    """Shows edits before they are carried out."""
    dry_run: bool = False
    wait: bool = False
    """Whether what is pushed is then awaited, so that it must be something that can come."""

    @property
    def repository(self) -> Repository:
        """The clone's files."""
        return self.session.repository

    @property
    def git(self) -> Git:
        """The clone's history."""
        return self.session.git

    @property
    def reporter(self) -> Reporter:
        """Who is told."""
        return self.session.reporter

    def reach(self, environment: Environment) -> None:
        """Ask the cluster that is then waited for.

        Raises BootstrapError if it does not answer, or has there what is another repository's.
        """
        cluster = self.session.clusters.argocd()
        check_ours(load_root(self.repository), [environment], cluster, command="--wait")

    def look(self, environment: Environment, command: str) -> None:
        """Ask it where it answers, for a change of what another repository's Argo CD would do."""
        check_if_reachable(
            environment, self.repository, self.session.clusters, self.reporter, command=command
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed, or with a dry run would be."""

    environment: Environment
    published: Published
    values: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    """Dotted key to its value before and after, of those that changed."""
    restored: str | None = None
    """The commit that a rollback went back to."""


def see_through(
    run: Callable[[Workplace], Changed],
    place: Workplace,
    *,
    timeout_seconds: float,
    show: Callable[[Changed], None],
    finish: Callable[[Changed, float | None], None],
) -> None:
    """Run a change, `show` it, and wait for it if `place` says so.

    `finish` gets the seconds that this took. It is called however the waiting ends: what was
    pushed is pushed.
    """
    changed = run(place)
    show(changed)
    seconds = None
    try:
        if place.wait and not place.dry_run:
            _commit, seconds = see_running(
                changed.environment, changed.published.commit, place.session,
                timeout_seconds=timeout_seconds,
            )  # fmt: skip
    finally:
        finish(changed, seconds)


def find_environment(name: str, place: Workplace, *, switches: bool = False) -> Environment:
    """Return environment `name`; if it can't come to what is to be awaited, that is an error.

    `switches`: it is its sync that changes, so how that was does not matter.
    """
    environment = require_environment(place.repository, name)
    if place.wait:
        _check_follows(environment, place.git.current_branch())
        if not switches:
            _check_syncs(environment)
        if not place.dry_run:
            place.reach(environment)
    return environment


def _check_follows(environment: Environment, branch: str | None) -> None:
    revision = environment.target_revision
    if branch is None or revision in {branch, "HEAD"}:  # which branch HEAD is, the remote knows
        return
    raise BootstrapError(
        f"{environment.name} follows {revision}, not {branch}, so --wait can't succeed;"
        " nothing was changed",
        f"check out {revision} if that is a branch; or give --push for --wait, and"
        f" `bootstrap wait {environment.name}` once it is merged",
    )


def _check_syncs(environment: Environment) -> None:
    name = environment.name
    if environment.paused:
        raise BootstrapError(
            f"the sync of {name} is paused, so --wait can't succeed; nothing was changed",
            f"end that first with `bootstrap resume {name} --push`, or give --push for --wait",
        )
    if not environment.automated:
        raise BootstrapError(
            f"the sync of {name} is manual, so --wait can't succeed; nothing was changed",
            f"give --push for --wait, then `argocd app sync {environment.application}` and"
            f" `bootstrap wait {name}`",
        )


def read_file(environment: Environment, file: str, repository: Repository) -> str:
    """Return the text of a file that every environment has."""
    text = repository.read(environment.path(file))
    if text is None:
        raise missing_file(environment, file)
    return text


def read_values(environment: Environment, repository: Repository, *, release: bool) -> str:
    """Return values.yaml, for an edit; a hold is an error, or with `release` left out."""
    text = read_file(environment, VALUES_FILE, repository)
    if release:
        return release_hold(text)
    check_hold(text, name=environment.name)
    return text


def carry_out(
    environment: Environment, edits: Sequence[Edit], message: str, place: Workplace
) -> Published:
    """Show and publish `edits`; the repository must be locked."""
    place.preview(edits)
    return publish(
        Plan(tuple(PlannedFile(item.path, item.after) for item in edits), message),
        place.publishing,
        environments=[environment],
        repository=place.repository,
        git=place.git,
        reporter=place.reporter,
        dry_run=place.dry_run,
    )


def describe_values(values: Mapping[str, tuple[object, object]]) -> list[str]:
    """Return a line for each value that changed."""
    return [
        f"{key}: {_shown(before)} -> {_shown(after)}" for key, (before, after) in values.items()
    ]


def _shown(value: object) -> str:
    if value is None:
        return "(not set)"
    return str(value).lower() if isinstance(value, bool) else str(value)
