"""Commits that are not here: what to do about it, which in a shallow clone is one thing."""

from __future__ import annotations

from bootstrap.commands.reporter import Reporter
from bootstrap.git import Git

UNSHALLOW = "this clone has the newest commits only: `git fetch --unshallow`, then run this again"


def missing_hint(git: Git, otherwise: str) -> str:
    """Return how to get at a commit that is not here, or is not known to be an ancestor."""
    return UNSHALLOW if git.is_shallow() else otherwise


def warn_if_shallow(git: Git, reporter: Reporter) -> None:
    """Say that the oldest commit here looks as if it had made everything."""
    if git.is_shallow():
        reporter.warn(
            "this clone has the newest commits only, and its oldest one seems to have changed every"
            " file: `git fetch --unshallow` brings the others"
        )
