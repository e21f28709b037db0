"""Image references: what a registry would take, and how part of one replaces part of another.

Grammar: https://github.com/distribution/reference, digests of sha256 only, as the chart's schema.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.errors import UsageError

_HOST = re.compile(
    r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]{1,5})?"
)
_PATH = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LONGEST = 255
_SHOWN_HEX = 12


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image: its repository (with the registry) and at least one of tag and digest."""

    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        """Return it as it is written."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}{f'@{self.digest}' if self.digest else ''}"

    @property
    def version(self) -> str:
        """What tells it from another image of its repository, short enough for a message."""
        if self.tag:
            return self.tag
        return (self.digest or "")[: len("sha256:") + _SHOWN_HEX]


def parse_image(text: str, *, source: str) -> ImageReference:
    """Return the image that `text`, which `source` (an option, a field) gives, refers to."""
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise UsageError(
            f"{source}: the digest of {text!r} is not sha256: and 64 hexadecimal digits",
            "copy it whole, as `docker images --digests` or your registry shows it",
        )
    repository, colon, tag = rest, "", ""
    if ":" in rest.rpartition("/")[2]:  # before the last slash it is the registry's port
        repository, colon, tag = rest.rpartition(":")
    if colon and not _TAG.fullmatch(tag):
        raise UsageError(
            f"{source}: {text!r} has no valid tag",
            "a tag is up to 128 letters, digits, `.`, `_` and `-`, and begins with none of `.` `-`",
        )
    if not _is_repository(repository):
        raise UsageError(
            f"{source}: {text!r} is not an image reference",
            "write it like registry.example.com:5000/team/image:1.2, in lower case",
        )
    return ImageReference(repository, tag or None, digest or None)


def change_image(present: str | None, wanted: str, *, option: str, field: str) -> str:
    """Return the reference that `wanted` makes of `present`, which stands at `field`.

    `wanted` is a whole reference, or `:TAG`, `@DIGEST` or both for another one of the repository
    that is there already.
    """
    if wanted.startswith((":", "@")):
        if present is None:
            raise UsageError(
                f"{option}: {field} is not set, so there is no repository to keep",
                "give the whole reference",
            )
        wanted = parse_image(present, source=field).repository + wanted
    image = parse_image(wanted, source=option)
    if image.tag is None and image.digest is None:
        raise UsageError(
            f"{option}: {wanted!r} has neither tag nor digest, so it never rolls out",
            f"add one, such as {wanted}:1.2",
        )
    return str(image)


def _is_repository(text: str) -> bool:
    if not text or len(text) > _LONGEST:
        return False
    first, *others = text.split("/")
    has_host = bool(others) and ("." in first or ":" in first or first == "localhost")
    if has_host and not _HOST.fullmatch(first):
        return False
    parts = others if has_host else [first, *others]
    return all(_PATH.fullmatch(part) for part in parts)
