"""What the shell is offered for a word: environments and revisions, from files and Git alone.

Nothing heavy is imported: a person waits for it with a finger on the Tab key.
"""

from __future__ import annotations

import os
import subprocess
from typing import Annotated

import typer

from bootstrap.constants import APPLICATIONS_DIR, ENVIRONMENTS_DIR

_SECONDS = 3
_COMMITS = 15


def complete_environment(incomplete: str) -> list[str]:
    """Return the environments whose names begin so; none outside a repository."""
    root = _git("rev-parse", "--show-toplevel")
    if not root:
        return []
    names = {
        *_names(os.path.join(root[0], APPLICATIONS_DIR), suffix=".yaml"),  # noqa: PTH118
        *_names(os.path.join(root[0], ENVIRONMENTS_DIR), suffix=""),  # noqa: PTH118
    }
    return sorted(name for name in names if name.startswith(incomplete))


def complete_revision(incomplete: str) -> list[tuple[str, str]]:
    """Return branches, tags and the latest commits that begin so, each with its subject."""
    references = _git(
        "for-each-ref", "--format=%(refname:short)%09%(contents:subject)", "refs/heads", "refs/tags"
    )
    commits = _git("log", f"--max-count={_COMMITS}", "--format=%h%x09%s")
    pairs = [line.partition("\t")[::2] for line in [*references, *commits]]
    return [pair for pair in pairs if pair[0].startswith(incomplete)]


def complete_side(incomplete: str) -> list[tuple[str, str]]:
    """Return what an environment can be compared with: the cluster, others, revisions."""
    sides = [("live", "what runs"), *((name, "") for name in complete_environment(incomplete))]
    return [*(side for side in sides if side[0].startswith(incomplete)),
            *complete_revision(incomplete)]  # fmt: skip


EnvironmentArgument = Annotated[
    str, typer.Argument(help="Name of the environment.", autocompletion=complete_environment)
]
EnvironmentOrOnly = Annotated[
    str | None,
    typer.Argument(
        help="Name of the environment [default: the only one].",
        autocompletion=complete_environment,
    ),
]
EnvironmentOrAll = Annotated[
    str | None,
    typer.Argument(
        help="Name of the environment [default: all].", autocompletion=complete_environment
    ),
]


def _names(folder: str, suffix: str) -> list[str]:
    try:
        found = [entry.name for entry in os.scandir(folder) if suffix or entry.is_dir()]
    except OSError:
        return []
    return [
        name.removesuffix(suffix)
        for name in found
        if name.endswith(suffix) and not name.startswith(".")
    ]


def _git(*arguments: str) -> list[str]:
    """Return the lines that Git answers, none where it fails: a completion has no errors."""
    try:
        done = subprocess.run(
            ["git", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors="replace", timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
