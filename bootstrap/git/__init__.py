"""The Git edge: the user's own Git, as a subprocess."""

from __future__ import annotations

from bootstrap.git.ignored import refuse_if_git_would_see, would_be_seen
from bootstrap.git.work_tree import Git

__all__ = ["Git", "refuse_if_git_would_see", "would_be_seen"]
