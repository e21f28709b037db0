"""The file edge: what lies under the repository's root, read and atomically written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.constants import APPLICATIONS_DIR, CHART_PATH, ENVIRONMENTS_DIR
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest

_LOCK_SECONDS = 30.0
_PRIVATE_MODE = 0o600
_MAX_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Change:
    """What a write does, or would do, to one file."""

    path: str
    action: str
    """created, updated or unchanged."""


class Repository:
    """The files below `root` (absolute); every path is relative to it."""

    def __init__(self, root: Path) -> None:
        """Work on the repository at `root`."""
        self.root = root

    def read(self, path: str) -> str | None:
        """Return the text of a file, None if there is none. Text must be UTF-8."""
        file = self.root / path
        try:
            with file.open("rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise BootstrapError(f"{path} is not a regular file", "move it away")
                raw = stream.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _os_error(path, error) from error
        if len(raw) > _MAX_BYTES:
            raise BootstrapError(f"{path} is larger than 4 MiB", "restore it with `git checkout`")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise BootstrapError(f"{path} is not UTF-8 text", "save it as UTF-8") from None

    def exists(self, path: str) -> bool:
        """Tell whether there is a file, folder or link at `path`."""
        return os.path.lexists(self.root / path)

    def check_chart(self) -> None:
        """Raise BootstrapError unless the chart is where Applications point to."""
        if not (self.root / CHART_PATH / "Chart.yaml").is_file():
            raise BootstrapError(
                f"no chart at {CHART_PATH} below {self.root}",
                "run bootstrap in a fork of agentsmith-bootstrap, which has the chart",
            )

    def environments(self) -> list[str]:
        """Return the names of the environments that have a folder, sorted."""
        return self._names(ENVIRONMENTS_DIR, folders=True)

    def applications(self) -> list[str]:
        """Return the names of the environments that have a file in argocd/applications, sorted."""
        return self._names(APPLICATIONS_DIR, folders=False)

    def plan(self, manifests: Sequence[Manifest]) -> list[Change]:
        """Return what writing `manifests` would do, in their order, touching nothing."""
        changes = []
        for manifest in manifests:
            present = self.read(manifest.path)
            if present is None:
                action = "created"
            else:
                action = "unchanged" if present == manifest.content else "updated"
            changes.append(Change(manifest.path, action))
        return changes

    def write(self, manifests: Sequence[Manifest]) -> list[Change]:
        """Write what differs, all or nothing, and return what was done.

        Every file is first written and synced beside its place, then all are renamed into it, in
        order. A kill leaves each file old or new; a failure puts the old ones back.
        """
        changes = self.plan(manifests)
        todo = [
            manifest
            for manifest, change in zip(manifests, changes, strict=True)
            if change.action != "unchanged"
        ]
        with contextlib.ExitStack() as undo:
            staged = [self._stage(manifest, undo) for manifest in todo]
            for manifest, temporary in zip(todo, staged, strict=True):
                self._replace(manifest, temporary, undo)
            undo.pop_all()
        return changes

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the repository for one writing command; a second waits up to 30 s."""
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            _wait_for_lock(descriptor, time.monotonic() + _LOCK_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def _names(self, folder: str, *, folders: bool) -> list[str]:
        try:
            entries = list(os.scandir(self.root / folder))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _os_error(folder, error) from error
        if folders:
            return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
        return sorted(
            e.name.removesuffix(".yaml")
            for e in entries
            if e.name.endswith(".yaml") and not e.name.startswith(".")
        )

    def _stage(self, manifest: Manifest, undo: contextlib.ExitStack) -> Path:
        target = self.root / manifest.path
        try:
            self._check_inside(target)
            _make_folders(target.parent, undo)
            for leftover in target.parent.glob(f".*.tmp.{target.name}"):
                leftover.unlink(missing_ok=True)  # of a run that was killed; we hold the lock
            # the end of the name stays, so what ignores the file ignores this one too
            temporary = target.parent / f".{secrets.token_hex(4)}.tmp.{target.name}"
            mode = _PRIVATE_MODE if manifest.private else _mode_of(target)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            undo.callback(temporary.unlink, missing_ok=True)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(manifest.content.encode())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _os_error(manifest.path, error) from error
        return temporary

    def _replace(self, manifest: Manifest, temporary: Path, undo: contextlib.ExitStack) -> None:
        target = self.root / manifest.path
        try:
            previous = target.read_bytes() if target.exists() else None
            temporary.replace(target)
            undo.callback(_put_back, target, previous, temporary)
            _sync_folder(target.parent)
        except OSError as error:
            raise _os_error(manifest.path, error) from error

    def _check_inside(self, target: Path) -> None:
        # a link among the folders could lead a write out of the repository
        if not target.parent.resolve().is_relative_to(self.root.resolve()) or target.is_symlink():
            raise BootstrapError(
                f"{target.relative_to(self.root)} is, or is below, a symbolic link",
                "replace the link by what it leads to",
            )


def _wait_for_lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise BootstrapError(
                    "another bootstrap command is writing to this repository",
                    "wait for it to end, then run this again",
                ) from None
            time.sleep(0.1)
        except OSError:
            return  # some network file systems have no locks; each file is still atomic
        else:
            return


def _make_folders(folder: Path, undo: contextlib.ExitStack) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        undo.callback(_remove_if_empty, parent)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _put_back(target: Path, previous: bytes | None, temporary: Path) -> None:
    if previous is None:
        target.unlink(missing_ok=True)
    else:
        temporary.write_bytes(previous)
        temporary.replace(target)


def _mode_of(target: Path) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return 0o666  # less the umask, like any new file


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _os_error(path: str, error: OSError) -> BootstrapError:
    reason = (error.strerror or type(error).__name__).lower()
    return BootstrapError(
        f"{path}: {reason}", "check the file's place, owner and permissions, then run this again"
    )
