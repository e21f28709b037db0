"""`bootstrap hooks`: a Git pre-commit hook that runs `bootstrap check --staged`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.files.private import replace_program
from bootstrap.git import Git

_MARK = "# Installed by `bootstrap hooks install`"
_NAME = "pre-commit"
_CHAIN = "bootstrap check --staged || exit 1"


def install(git: Git) -> tuple[Path, str]:
    """Put the hook where Git looks for it; return its path and created, updated or unchanged."""
    hook = _hook(git, f"add this line to its {_NAME} yourself: `{_CHAIN}`")
    wanted = render_hook(sys.executable)
    present = _read(hook)
    if present is not None and _MARK not in present:
        raise _not_ours(hook)
    if present == wanted:
        return hook, "unchanged"
    replace_program(hook, wanted)
    return hook, "created" if present is None else "updated"


def uninstall(git: Git) -> tuple[Path, str]:
    """Remove the hook if it is ours; return its path and removed or unchanged."""
    hook = _hook(git, f"if its {_NAME} has this line, take it out yourself: `{_CHAIN}`")
    present = _read(hook)
    if present is None:
        return hook, "unchanged"
    if _MARK not in present:
        raise BootstrapError(
            f"{hook} is not of `bootstrap hooks install`; it is left as it is",
            f"take this line out of it yourself: `{_CHAIN}`"
            if "bootstrap check" in present
            else "it does not run bootstrap, so there is nothing to remove",
        )
    hook.unlink()
    return hook, "removed"


def is_installed(git: Git) -> bool:
    """Tell whether a commit is checked: by our hook, or by a line of ours in another's."""
    present = _read(git.hooks_folder() / _NAME)
    return present is not None and (_MARK in present or "bootstrap check" in present)


def render_hook(python: str) -> str:
    """Return the script. It finds us in the virtual environment that installed it, or on PATH.

    `-P` keeps the work tree, which is the current folder, out of what Python imports from.
    """
    return f"""#!/bin/sh
{_MARK}; `bootstrap hooks uninstall` removes it.
# Stops a commit that holds plaintext: values of local secrets files, private keys, plain Secrets.
python={shlex.quote(python)}
if [ -x "$python" ] && "$python" -P -c 'import bootstrap.cli' 2>/dev/null; then
    exec "$python" -P -m bootstrap check --staged
fi
if command -v bootstrap >/dev/null 2>&1; then
    exec bootstrap check --staged
fi
echo 'error: bootstrap is gone, so this commit was not checked for plaintext secrets' >&2
echo '  fix: install it and run `bootstrap hooks install`; or `git commit --no-verify`' >&2
exit 1
"""


def _hook(git: Git, by_hand: str) -> Path:
    """Return where the hook belongs; `by_hand` is what to do where that is not for us to do."""
    folder = git.hooks_folder()
    inside = (git.root.resolve(), git.common_folder().resolve())
    if not any(folder.resolve().is_relative_to(place) for place in inside):
        raise BootstrapError(
            f"core.hooksPath is {folder}, which other repositories may share",
            by_hand,
        )
    return folder / _NAME


def _read(hook: Path) -> str | None:
    try:
        return hook.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if hook.is_symlink():
            raise _not_ours(hook) from None
        return None
    except OSError as error:
        raise BootstrapError(
            f"{hook}: {(error.strerror or type(error).__name__).lower()}", "move it away"
        ) from error


def _not_ours(hook: Path) -> BootstrapError:
    return BootstrapError(
        f"{hook} is there and not ours; it is left as it is", f"add this line to it: `{_CHAIN}`"
    )
