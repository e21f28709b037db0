"""What a command is handed: the clone, the ways to Git and clusters, time, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bootstrap.checkout.clusters import Clusters
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.protocols import Clock, Reporter


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line in one clone. Nothing is connected to before it is asked."""

    repository: Repository
    git: Git
    clusters: Clusters
    clock: Clock
    now: Callable[[], datetime]
    """The time, aware, in UTC."""
    reporter: Reporter
