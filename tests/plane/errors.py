"""The one error of the plane."""

from __future__ import annotations


class PlaneError(Exception):
    """The plane cannot start, or something waited for did not happen; the text says what."""
