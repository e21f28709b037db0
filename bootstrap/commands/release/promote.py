"""`bootstrap promote`: what runs in one environment, in the files of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.checkout.environment_files import require_sealed
from bootstrap.checkout.environments import require_environment
from bootstrap.commands.release.change import (
    Changed,
    Edit,
    Workplace,
    carry_out,
    describe_values,
    find_environment,
    read_file,
    read_values,
)
from bootstrap.commands.release.upgrade import IMAGES, name_versions
from bootstrap.constants import CONFIG_FILE, VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.image import parse_image
from bootstrap.environments.values import (
    Value,
    get_value,
    join_key,
    list_values,
    set_value,
    split_key,
)
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository


@dataclass(frozen=True, slots=True)
class PromoteOptions:
    """What the user asked for beside the images."""

    config: bool = False
    """Whether agentsmith.yml is copied."""
    values: tuple[str, ...] = ()
    """Dotted keys of values.yaml."""
    release_hold: bool = False


def promote(source: str, target: str, options: PromoteOptions, place: Workplace) -> Changed:
    """Copy images, and what `options` name, from environment `source` to `target`."""
    repository = place.repository
    named = [split_key(dotted) for dotted in options.values]
    if source == target:
        raise UsageError(f"{source} can't be promoted to itself", "name two environments")
    with repository.lock():
        origin = require_environment(repository, source)
        goal = find_environment(target, place)
        files = (VALUES_FILE, CONFIG_FILE) if options.config else (VALUES_FILE,)
        if place.publishing.commits:
            _check_committed(origin, files, place)
        _check_secrets(origin, goal, repository)
        path = goal.path(VALUES_FILE)
        before = read_file(goal, VALUES_FILE, repository)
        after = read_values(goal, repository, release=options.release_hold)
        changed: dict[str, tuple[object, object]] = {}
        for keys, value in _wanted(origin, named, place):
            present = get_value(after, keys, path=path)
            edited = set_value(after, keys, value, path=path)
            if edited != after:
                changed[join_key(keys)] = (present, value.value)
            after = edited
        edits = [Edit(path, before, after)]
        if options.config:
            edits.append(
                Edit(
                    goal.path(CONFIG_FILE),
                    repository.read(goal.path(CONFIG_FILE)),
                    read_file(origin, CONFIG_FILE, repository),
                )
            )
        message = _message(source, target, changed, edits)
        published = carry_out(goal, edits, message, place)
    return Changed(goal, published, changed)


def _wanted(
    origin: Environment, named: Sequence[tuple[str, ...]], place: Workplace
) -> Iterator[tuple[tuple[str, ...], Value]]:
    path = origin.path(VALUES_FILE)
    text = read_file(origin, VALUES_FILE, place.repository)
    images = {image: get_value(text, ("image", image), path=path) for image in IMAGES}
    if not any(images.values()):
        raise BootstrapError(
            f"{path} sets no image, so there is none to promote",
            f"set it first: `bootstrap upgrade {origin.name} --dispatcher IMAGE --agent IMAGE`",
        )
    for image, found in images.items():
        if found is None:
            place.reporter.warn(f"{path} does not set image.{image}; it is not promoted")
            continue
        yield (
            ("image", image),
            Value(str(parse_image(str(found), source=f"image.{image} of {path}"))),
        )
    for keys in named:
        yield from list_values(text, keys, path=path)


def _check_committed(origin: Environment, files: tuple[str, ...], place: Workplace) -> None:
    changed = place.git.uncommitted([origin.path(file) for file in files])
    if changed:
        raise BootstrapError(
            f"{changed[0]} has changes that are not committed, so they never ran in {origin.name}",
            "commit and push them, and see them run, before you promote them",
        )


def _check_secrets(origin: Environment, goal: Environment, repository: Repository) -> None:
    missing = sorted(_sealed_keys(origin, repository) - _sealed_keys(goal, repository))
    if missing:
        raise BootstrapError(
            f"{goal.name} lacks sealed secrets that {origin.name} has: {', '.join(missing)}",
            f"seal them first: `bootstrap seal FILE --env {goal.name}`",
        )


def _sealed_keys(environment: Environment, repository: Repository) -> set[str]:
    return set(require_sealed(environment, repository, lenient=True).encrypted)


def _message(
    source: str, target: str, values: dict[str, tuple[object, object]], edits: list[Edit]
) -> str:
    versions = name_versions(values)
    subject = f"Promote {source} to {target}{f': {versions}' if versions else ''}"
    lines = describe_values(values)
    lines += [
        f"{CONFIG_FILE}: as in {source}"
        for item in edits
        if item.path.endswith(CONFIG_FILE) and item.before != item.after
    ]
    body = "\n".join(lines)
    return f"{subject}\n\n{body}\n" if lines else f"{subject}\n"
