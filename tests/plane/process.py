"""One server process: started with a log file and an environment of its own, stopped by its id."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The kernel kills a child when the thread that made it ends, not the process: so one lasting
# thread makes them all, and no server outlives a test run that was itself killed.
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plane-launcher")
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")


class Process:
    """A command that can be started and stopped again and again; its log is appended to."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        run_dir: Path,
        *,
        environment: Mapping[str, str] | None = None,
        enter: Sequence[str | Path] = (),
    ) -> None:
        """Describe a process; nothing runs yet.

        `enter` is what goes before the command to put it in namespaces (it must exec the rest).
        """
        self.name = name
        self.command = [str(part) for part in (*enter, *_DIE_WITH_PARENT, *command)]
        self.log = run_dir / "logs" / f"{name}.log"
        self._run_dir = run_dir
        self._environment = dict(environment or {})
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """The id of the running process."""
        return self._child.pid if self._child and self.running else None

    def start(self, pass_fds: Sequence[int] = ()) -> None:
        """Start the process, unless it is running."""
        if self.running:
            return
        home, temporary = self._run_dir / "home", self._run_dir / "tmp" / self.name
        for folder in (self.log.parent, home, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        # Nothing else is passed on: neither a user's configuration nor a proxy changes the plane.
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary),
            "LANG": "C.UTF-8", **self._environment,
        }  # fmt: skip
        with self.log.open("ab") as log:
            self._child = _launcher.submit(
                subprocess.Popen[bytes],
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self._run_dir,
                pass_fds=pass_fds,
                start_new_session=True,
            ).result()

    def terminate(self) -> None:
        """Ask the process to end, without waiting for it."""
        if self._child is not None and self.running:
            self._child.terminate()

    def stop(self, timeout: float = 5) -> None:
        """End the process, by force after `timeout` seconds; nothing happens if it has ended."""
        if self._child is None:
            return
        self.terminate()
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def tail(self, lines: int = 15) -> str:
        """Return the end of the log under a heading."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"--- {self.log}", *text.splitlines()[-lines:]])
