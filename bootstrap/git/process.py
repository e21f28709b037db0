"""Git as a subprocess: its environment, its errors, nothing of what is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import BootstrapError

# A hook or an alias runs us with GIT_DIR and friends set, which would answer for another
# repository than the one we are asked about. How to reach a remote stays the user's business.
_KEPT_VARIABLES = frozenset(
    {
        "GIT_ASKPASS",
        "GIT_AUTHOR_DATE",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_NAME",
        "GIT_COMMITTER_DATE",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_EXEC_PATH",
        "GIT_HTTP_PROXY_AUTHMETHOD",
        "GIT_PROXY_COMMAND",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_NO_VERIFY",
        "GIT_TERMINAL_PROMPT",
    }
)
_LOCAL_SECONDS = 60
_REMOTE_SECONDS = 120
_GOODBYE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Completed:
    """How a Git command ended; `stdout` is text, `stderr` is cleaned of credentials."""

    code: int
    stdout: str
    stderr: str


def git_environment() -> dict[str, str]:
    """Return the environment to run Git in: nothing in it points at another repository."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES or "GIT_CONFIG_KEY_" in name
        or "GIT_CONFIG_VALUE_" in name
    }  # fmt: skip
    environment["LC_ALL"] = "C"
    if not sys.stdin.isatty():
        environment.setdefault("GIT_TERMINAL_PROMPT", "0")
    return environment


def run_git(
    folder: Path,
    *arguments: str,
    remote: bool = False,
    stdin: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Completed:
    """Run Git in `folder`; one that talks to a `remote`, or runs hooks, gets more time.

    Any exit code is returned. Raises BootstrapError if Git is missing or gives no answer.
    """
    environment = git_environment() | dict(variables or {})
    command = ["git", "-c", "core.quotePath=false", "-C", str(folder), *arguments]
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError:
        raise BootstrapError("git is not installed, or not on PATH", "install Git") from None
    with process:
        try:
            out, err = process.communicate(stdin, _REMOTE_SECONDS if remote else _LOCAL_SECONDS)
        except BaseException as error:
            _end(process)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            what = next(word for word in arguments if not word.startswith("-"))
            raise BootstrapError(
                f"git {what} gave no answer in time",
                "check the network, and what a hook of yours may wait for, then try again",
            ) from None
    return Completed(process.returncode, out, _without_credentials(err))


def _end(process: subprocess.Popen[str]) -> None:
    """Let Git take away its lock files; killed at once, it would leave them."""
    process.terminate()
    try:
        process.wait(_GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def is_bare_or_none(stderr: str) -> bool:
    """Tell whether Git says that there is no work tree."""
    return "not a git repository" in stderr or "must be run in a work tree" in stderr


def not_a_work_tree(folder: Path, done: Completed) -> BootstrapError:
    """Return the error for a folder that Git can't or won't work in."""
    if is_bare_or_none(done.stderr):
        return BootstrapError(
            f"{folder} is not in a Git work tree",
            "run bootstrap inside your clone of the repository (or `git init` one)",
        )
    return BootstrapError(
        f"Git refuses {folder}: {last_line(done.stderr)}",
        "mend that first; `git status` says more",
    )


def _without_credentials(text: str) -> str:
    return re.sub(r"://[^/\s@]+@", "://", text)


def last_line(text: str) -> str:
    """Return what Git's stderr says in the end: its last fatal line, else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return (fatal or lines or ["no reason given"])[-1].removeprefix("error: ")
