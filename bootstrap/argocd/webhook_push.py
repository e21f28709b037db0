"""A push, as the events of all providers tell of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SCP_LIKE = re.compile(r"[^\s/@:]+@([^\s/:]+):(.+)")
_SSH = re.compile(r"ssh://(?:[^/@]+@)?([^/:]+)(?::\d+)?/(.+)")


@dataclass(frozen=True, slots=True)
class Push:
    """What was pushed where; no commits are named, so nothing that Argo CD caches is moved."""

    url: str
    """As Argo CD clones it."""
    branch: str
    path: str
    """A file that changed."""

    @property
    def web_url(self) -> str:
        """The address of the repository's page, which events speak of."""
        match = _SCP_LIKE.fullmatch(self.url) or _SSH.fullmatch(self.url)
        url = f"https://{match[1]}/{match[2]}" if match else self.url
        return url.removesuffix("/").removesuffix(".git")

    @property
    def branch_name(self) -> str:
        """The short name of the branch."""
        return self.branch.removeprefix("refs/heads/")

    @property
    def reference(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.branch_name}"
