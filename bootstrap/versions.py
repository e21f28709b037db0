"""Versions of what runs in a cluster, as far as they can be told from what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+._].*)?")
_AT_LEAST = re.compile(r">=\s*(\S+)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A release; what comes after the third number does not matter here."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version | None:
    """Return the version in `text` such as v3.3.2, 1.30.0-0 or 1.36.1+k3s1; None if it is none."""
    match = _VERSION.fullmatch(text.strip())
    return Version(int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def image_version(image: str) -> Version | None:
    """Return the version that the tag of an image names; None for a digest or a word."""
    _path, colon, tag = image.partition("@")[0].rpartition(":")
    return parse_version(tag) if colon and "/" not in tag else None


def least_version(constraint: str) -> Version | None:
    """Return the lower bound of a constraint of Helm such as ">=1.30.0-0"."""
    match = _AT_LEAST.search(constraint)
    return parse_version(match[1]) if match else None
