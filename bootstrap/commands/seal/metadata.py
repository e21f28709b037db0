"""Labels and annotations of what is sealed: which go into Git, and that they hold no plaintext."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_

from bootstrap.constants import REDIS_URL_KEY, REDIS_URL_VALUE
from bootstrap.errors import BootstrapError
from bootstrap.plaintext.input import SecretInput
from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.metadata import (
    Entry,
    MetadataSearch,
    Plaintext,
    entries_of,
    without_plaintext,
)
from bootstrap.protocols import Reporter
from bootstrap.sealing.kept_metadata import NO_NAMES, Names, why_never
from bootstrap.sealing.sealed_secret import SealedSecret, apply_template
from bootstrap.sealing.template import SecretTemplate, choose_metadata

_NOT_SHOWN = "(a name that is not shown)"


@dataclass(frozen=True, slots=True)
class Laid:
    """A SealedSecret with what a manifest says laid over it; names that may be shown."""

    sealed: SealedSecret
    dropped: Names = NO_NAMES
    """Of the manifest, and not kept; who names one keeps it."""
    refused: Names = NO_NAMES
    """Of the manifest, and not kept whoever asks."""
    taken_out: tuple[Plaintext, ...] = ()
    """What stood in the file and held plaintext."""
    missed: Names = NO_NAMES
    """Asked for, but the manifest has no such thing."""


def lay_over(
    existing: SealedSecret,
    secrets: SecretInput,
    asked: Names,
    opened: Callable[[], Mapping[str, bytes]],
) -> Laid:
    """Return `existing` with the metadata of `secrets`; what stood there by name, stays.

    `opened` gives the values that are sealed already and can be opened here. Raises BootstrapError
    if anything to keep of the manifest holds plaintext.
    """
    template = secrets.template
    given = template.names if template else NO_NAMES
    if not given and not any(True for _entry in entries_of(existing)):
        return Laid(apply_template(existing, template) if template else existing, missed=asked)
    values = known_values({**opened(), **secrets.values})
    cleaned, taken_out = without_plaintext(existing, values)
    if template is None:
        return Laid(cleaned, taken_out=taken_out, missed=asked - _standing(cleaned))
    standing = _standing(cleaned)  # what was plaintext is not asked for by standing there
    chosen = choose_metadata(template, asked | standing)
    search = MetadataSearch(values)
    _refuse_plaintext(chosen, search, secrets.source)
    dropped = given - chosen.names
    never = Names(_never(dropped.labels), _never(dropped.annotations))
    return Laid(
        apply_template(cleaned, chosen),
        _shown(dropped - never, search),
        _shown(never, search),
        taken_out,
        asked - given - standing,
    )


def known_values(values: Mapping[str, bytes]) -> list[LocalValue]:
    """Return `values` as what to look for; the address of our own Redis is no secret."""
    return [
        LocalValue(key, value)
        for key, value in values.items()
        if (key, value) != (REDIS_URL_KEY, REDIS_URL_VALUE.encode())
    ]


def warn_of_plaintext(path: str, found: Iterable[Plaintext], reporter: Reporter) -> None:
    """Say what was taken out of the file at `path`, and that this is not enough."""
    for item in found:
        reporter.warn(
            f"{path}: {item}; it is taken out, but Git's history keeps it: have new secrets"
            " issued for those in it"
        )


def check_asked(missed: Iterable[Names]) -> None:
    """Refuse a name to keep that nothing had: it is misspelt, and what was meant would be lost."""
    nowhere = reduce(and_, missed)
    for option, names in (
        ("--keep-label", nowhere.labels),
        ("--keep-annotation", nowhere.annotations),
    ):
        if names:
            raise BootstrapError(
                f"{option}: the manifest has no {option.removeprefix('--keep-')}"
                f" {', '.join(sorted(names))}",
                f"write the name as the manifest has it, or leave {option} out",
            )


def _standing(existing: SealedSecret) -> Names:
    """Return what the file has for the Secret: somebody asked for it, or wrote it there."""
    entries = [entry for entry in entries_of(existing) if entry.of_secret]
    return Names(
        frozenset(entry.name for entry in entries if entry.kind == "label"),
        frozenset(entry.name for entry in entries if entry.kind == "annotation"),
    )


def _refuse_plaintext(template: SecretTemplate, search: MetadataSearch, source: str) -> None:
    for kind, block in (("label", template.labels), ("annotation", template.annotations)):
        for name, text in block.items():
            found = search.find(Entry(kind, name, text))
            if found is not None:
                raise BootstrapError(
                    f"{source}: {found}, and would be committed",
                    "take it out of the manifest's metadata",
                )


def _never(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if why_never(name) is not None)


def _shown(names: Names, search: MetadataSearch) -> Names:
    def shown(block: frozenset[str]) -> frozenset[str]:
        return frozenset(search.shown(name) or _NOT_SHOWN for name in block)

    return Names(shown(names.labels), shown(names.annotations))
