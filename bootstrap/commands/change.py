"""What `upgrade`, `promote`, `rollback`, `pause` and `resume` share: edits that are published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bootstrap.commands.publish import Plan, Published, PublishOptions, publish
from bootstrap.commands.reporter import Reporter
from bootstrap.constants import VALUES_FILE
from bootstrap.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.hold import check_hold, release_hold
from bootstrap.manifest import Manifest
from bootstrap.repository import Repository


@dataclass(frozen=True, slots=True)
class Edit:
    """A file as it was and as it is to be; None for a file that was not there."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a change takes place: who is asked and told, and how far it goes."""

    repository: Repository
    git: Git
    reporter: Reporter
    publishing: PublishOptions
    preview: Callable[[Sequence[Edit]], None]
    """Shows edits before they are carried out."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed, or with a dry run would be."""

    environment: Environment
    published: Published
    values: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    """Dotted key to its value before and after, of those that changed."""
    restored: str | None = None
    """The commit that a rollback went back to."""


def read_file(environment: Environment, file: str, repository: Repository) -> str:
    """Return the text of a file that every environment has."""
    path = environment.path(file)
    text = repository.read(path)
    if text is None:
        raise BootstrapError(
            f"{path} is missing", f"restore it, or run `bootstrap init {environment.name}`"
        )
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
        Plan(tuple(Manifest(item.path, item.after) for item in edits), message),
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
