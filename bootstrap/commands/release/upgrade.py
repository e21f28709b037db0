"""`bootstrap upgrade`: other images in an environment's values.yaml, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
from bootstrap.constants import VALUES_FILE
from bootstrap.environments.image import change_image, parse_image
from bootstrap.environments.values import Value, get_value, set_value
from bootstrap.errors import UsageError

IMAGES = ("dispatcher", "agent")


@dataclass(frozen=True, slots=True)
class UpgradeOptions:
    """What the user asked for."""

    images: Mapping[str, str] = field(default_factory=dict)
    """Of IMAGES: a whole reference, or only :TAG or @DIGEST."""
    release_hold: bool = False


def upgrade(name: str, options: UpgradeOptions, place: Workplace) -> Changed:
    """Set the images of environment `name`."""
    if not options.images and not options.release_hold:
        raise UsageError("nothing to upgrade to", "give --dispatcher IMAGE, --agent IMAGE or both")
    with place.repository.lock():
        environment = find_environment(name, place)
        path = environment.path(VALUES_FILE)
        before = read_file(environment, VALUES_FILE, place.repository)
        after = read_values(environment, place.repository, release=options.release_hold)
        values: dict[str, tuple[object, object]] = {}
        for image, wanted in options.images.items():
            field_name = f"image.{image}"
            present = get_value(after, ("image", image), path=path)
            known = present if isinstance(present, str) else None
            new = change_image(known, wanted, option=f"--{image}", field=f"{field_name} of {path}")
            if new != present:
                values[field_name] = (present, new)
                after = set_value(after, ("image", image), Value(new), path=path)
        for line in describe_values(values):
            place.reporter.step(f"{name}: {line}")
        message = _message(name, values)
        published = carry_out(environment, [Edit(path, before, after)], message, place)
    return Changed(environment, published, values)


def name_versions(values: Mapping[str, tuple[object, object]]) -> str:
    """Return the images among changed `values` in a few words, "" if there is none."""
    known = {key: after for key, (_before, after) in values.items() if isinstance(after, str)}
    return ", ".join(
        f"{image} {parse_image(known[f'image.{image}'], source=image).version}"
        for image in IMAGES
        if f"image.{image}" in known
    )


def _message(name: str, values: Mapping[str, tuple[object, object]]) -> str:
    if not values:
        return f"Release the hold of {name}\n"
    lines = "\n".join(describe_values(values))
    return f"Upgrade {name}: {name_versions(values)}\n\n{lines}\n"
