"""Run a command again and again, each time in a fresh copy of a tree and killed one step later.

Arguments: the tree, the folder for the copies, a PEM private key to use for a new one, and the
command's arguments. Prints the killed copies as JSON. A step is a file written, or renamed.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path
from typing import Any

STEPS = ("fsync", "replace")


def main(tree: str, copies: str, pem: str, *arguments: str) -> None:
    """Fork once per step until a run gets through."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    import bootstrap.cli
    import bootstrap.commands.init.init
    import bootstrap.views.init  # noqa: F401

    key = load_pem_private_key(Path(pem).read_bytes(), password=None)
    rsa.generate_private_key = lambda **_options: key  # type: ignore[assignment,return-value]
    killed = []
    for step in range(1, 1000):
        copy = Path(copies) / str(step)
        shutil.copytree(tree, copy)
        child = os.fork()
        if child == 0:
            _run(copy, step, list(arguments))
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            if os.WEXITSTATUS(status):
                sys.exit(f"the command failed at step {step}")
            break
        killed.append(str(copy))
    print(json.dumps(killed))


def _run(folder: Path, step: int, arguments: list[str]) -> None:
    from bootstrap.__main__ import run

    os.chdir(folder)
    sys.stdout = sys.stderr = io.StringIO()
    left = step

    def wrap(name: str) -> None:
        real: Any = getattr(os, name)

        def operation(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if name == "replace" or stat.S_ISREG(os.fstat(arguments[0]).st_mode):
                left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            # a kill, unlike a power cut, loses nothing that was written
            return None if name == "fsync" else real(*arguments, **options)

        setattr(os, name, operation)

    for name in STEPS:
        wrap(name)
    os._exit(run(arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
