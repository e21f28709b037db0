"""Plaintext in labels and annotations: values that are known, and what is secret by its form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bootstrap.constants import REDIS_URL_KEY
from bootstrap.plaintext.known_keys import spellings
from bootstrap.plaintext.layers import LARGEST, TooLargeError, layers_of
from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.needles import Needles
from bootstrap.plaintext.scan import PRIVATE_KEYS, SHORTEST_ANYWHERE, Scanner
from bootstrap.plaintext.written import TOKEN
from bootstrap.sealing.kept_metadata import is_applied_object
from bootstrap.sealing.sealed_secret import SealedSecret

SHORTEST_SEARCHED = 6
"""A shorter value stands in ordinary text by chance."""
_KEYS = "|".join(
    re.escape(name) for name, key in spellings().items() if key != REDIS_URL_KEY
).encode()
_Q = rb"[\"']"
# a reference, a name, a mask, a day, a digest, or what a certificate of up to 8192 bits sealed
_NO_VALUE = (
    rb"(?![$<*{(]|(?:A[IQYgw]|BA)[A-D][A-Za-z0-9+/]{160}|sha(?:256|512)[:-]|arn:|vault:|op://"
    rb"|(?i:redacted|hidden|masked|true|false)\b|[A-Z][A-Z_]*[\"'\\,;\s]|20\d\d-\d\d-\d\d\b"
    rb"|(?:rotated|changed|expires|until)-20\d\d-|([xX*.#-])\1*[\"'\\,;\s])"
)
_FORMS: tuple[tuple[str, tuple[re.Pattern[bytes], ...]], ...] = (
    (
        "the data of a Secret",
        (
            re.compile(rb"%b?kind%b?\s*:\s*%b?Secret(?![\w-])" % (_Q, _Q, _Q)),
            re.compile(
                rb"(?<![\w-])%b?(?:data|stringData)%b?\s*:\s*(?:\{\s*)?%b?[\w.-]+%b?\s*:\s*%b?[^\s\"']"
                % (_Q, _Q, _Q, _Q, _Q)
            ),
        ),
    ),
    (
        "a value beside a known key",
        # as in JSON: any text that is no reference; as in a line: what might be a token
        (
            re.compile(
                rb"%b(?:%b)%b\s*:\s*%b%b[^\"']{4}" % (_Q, _KEYS, _Q, _Q, _NO_VALUE)
                + rb"|(?<![\w-])(?:%b)\s*[:=]\s*%b?%b(?=\S*[0-9])[^\s,;]{8}"
                % (_KEYS, _Q, _NO_VALUE)
            ),
        ),
    ),
    ("a token, by its prefix", (TOKEN,)),
    *(("a private key", (pattern,)) for pattern in PRIVATE_KEYS),
)
# `[prefix/]name` as the API server takes it, and no word of it like a token
_QUALIFIED = re.compile(r"(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_RANDOM = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{12,}")


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A label or annotation. Has no repr, as it may hold a secret."""

    kind: str
    """label or annotation."""
    name: str
    text: str
    of_secret: bool = True
    """Whether it is for the Secret to be made, and not of the SealedSecret itself."""


@dataclass(frozen=True, slots=True)
class Plaintext:
    """What was found in an entry; never the text."""

    entry: str
    """What to call the entry."""
    what: str
    """What it does: "holds the value of github-token"."""
    is_known: bool
    """Whether it is a value that was looked for, and not only secret by its form."""

    def __str__(self) -> str:
        """Return both."""
        return f"{self.entry} {self.what}"


class MetadataSearch:
    """Looks for known values, and for what is secret by its form, in labels and annotations."""

    def __init__(self, values: Sequence[LocalValue] = ()) -> None:
        """Take the values to look for; those that stand in any text by chance are left out."""
        self._values = [item for item in values if len(item.value) >= SHORTEST_SEARCHED]

    @cached_property
    def _as_it_is(self) -> Needles:
        # made when there is an entry to search: most SealedSecrets have none
        return Needles(item.value for item in self._values)

    @cached_property
    def _disguised(self) -> Scanner:
        return Scanner([item for item in self._values if len(item.value) >= SHORTEST_ANYWHERE])

    def find(self, entry: Entry) -> Plaintext | None:
        """Return the worst of what `entry` holds in any disguise, its name counted in."""
        what, is_known = self._judge(entry)
        return Plaintext(self.call(entry), what, is_known) if what else None

    def _judge(self, entry: Entry) -> tuple[str, bool]:
        try:
            layers = [*layers_of(entry.name.encode()), *layers_of(entry.text.encode())]
        except TooLargeError:
            size = f"{LARGEST // 2**20} MiB"
            return f"unpacks to more than {size}: it was not searched", False
        held = self._held(layers)
        if held is not None:
            return f"holds the value of {held}", True
        form = next((form for form in map(_form_of, layers) if form), None)
        if form is not None:
            return f"holds {form}", False
        if entry.of_secret and entry.text.strip() and is_applied_object(entry.name):
            return "is the whole Secret, with its values, as a tool applied it", False
        return "", False

    def call(self, entry: Entry) -> str:
        """Return what to call `entry` in a message."""
        name = self.shown(entry.name)
        return f"{entry.kind} {name}" if name else f"{_article(entry.kind)} (its name is not shown)"

    def shown(self, name: str) -> str | None:
        """Return `name` if it may appear in a message: it is none, and holds no value."""
        if not _QUALIFIED.fullmatch(name) or _RANDOM.search(name):
            return None
        layers = list(layers_of(name.encode()))
        return None if self._held(layers) or any(map(_form_of, layers)) else name

    def _held(self, layers: Sequence[bytes]) -> str | None:
        for layer in layers:
            plain = set(self._as_it_is.within(layer))
            hidden = self._disguised.first_within(layer)
            if plain or hidden:
                return next(
                    item.name for item in self._values if item.value in plain or item == hidden
                )
        return None


def entries_of(sealed: SealedSecret) -> Iterator[Entry]:
    """Yield the labels and annotations of `sealed` and of the Secret that it becomes."""
    yield from read_entries(sealed.metadata, of_secret=False)
    yield from read_entries(sealed.template.get("metadata"), of_secret=True)


def read_entries(metadata: object, *, of_secret: bool) -> Iterator[Entry]:
    """Yield the labels and annotations in `metadata`, whatever it is."""
    if isinstance(metadata, Mapping):
        for kind in ("label", "annotation"):
            block = metadata.get(f"{kind}s")
            if isinstance(block, Mapping):
                for name, text in block.items():
                    yield Entry(kind, str(name), "" if text is None else str(text), of_secret)


def without_plaintext(
    sealed: SealedSecret, values: Iterable[LocalValue]
) -> tuple[SealedSecret, tuple[Plaintext, ...]]:
    """Return `sealed` without the labels and annotations that hold plaintext, and what they held.

    Earlier versions, and kubeseal, took over whatever a Secret from a cluster had.
    """
    entries = list(entries_of(sealed))
    if not entries:
        return sealed, ()
    search = MetadataSearch(list(values))
    found = {entry: item for entry in entries if (item := search.find(entry)) is not None}
    if not found:
        return sealed, ()
    template = dict(sealed.template)
    if "metadata" in template:
        template["metadata"] = _without(template["metadata"], found, of_secret=True)
        if not template["metadata"]:
            del template["metadata"]
    metadata = _without(sealed.metadata, found, of_secret=False)
    return replace(sealed, metadata=metadata, template=template), tuple(found.values())


def _without(
    metadata: Mapping[str, Any], found: Iterable[Entry], *, of_secret: bool
) -> dict[str, Any]:
    left = dict(metadata)
    for entry in found:
        if entry.of_secret is of_secret:
            block = f"{entry.kind}s"
            left[block] = {
                name: text for name, text in left[block].items() if str(name) != entry.name
            }
            if not left[block]:
                del left[block]
    return left


def _form_of(layer: bytes) -> str | None:
    for form, patterns in _FORMS:
        if all(pattern.search(layer) for pattern in patterns):
            return form
    return None


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("a") else f"a {kind}"
