"""Whether a stranger may read a repository: the user's own credentials are left out."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bootstrap.git.process import run_git

_ALONE = {
    "HOME": os.devnull,  # of .netrc
    "XDG_CONFIG_HOME": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_TERMINAL_PROMPT": "0",
}
_REFUSED = re.compile(
    r"could not read (Username|Password)|Authentication failed|returned error: 40[13]"
)


def is_public(url: str) -> bool | None:
    """Tell whether the repository at `url` can be read without credentials; None: nobody knows.

    SSH always wants a key, so it is not asked.
    """
    if not url.startswith(("https://", "http://")):
        return False
    # not in the clone, whose configuration may hold credentials
    done = run_git(Path("/"), "ls-remote", "--", url, "HEAD", remote=True, variables=_ALONE)
    if done.code == 0:
        return True
    return False if _REFUSED.search(done.stderr) else None
