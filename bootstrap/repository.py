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
_HEX = "[0-9a-f]"
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
        raw = self._read_bytes(path)
        try:
            return None if raw is None else raw.decode()
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
            self._check_inside(self.root / manifest.path)
            present = self._read_bytes(manifest.path)
            if present is None:
                action = "created"
            else:
                action = "unchanged" if present == manifest.content.encode() else "updated"
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
        self._clean(manifests)
        with contextlib.ExitStack() as names, contextlib.ExitStack() as undo:
            staged = [self._stage(manifest, undo) for manifest in todo]
            for manifest, temporary in zip(todo, staged, strict=True):
                self._replace(manifest, temporary, undo, names)
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

    def private_keys(self, folder: str) -> list[str]:
        """Return the paths of the private sealing keys in a folder, sorted."""
        files = (self.root / folder).glob("sealing-key*.local.pem")
        return sorted(f"{folder}/{file.name}" for file in files)

    def remove(self, path: str) -> None:
        """Remove a file; nothing happens if there is none."""
        try:
            (self.root / path).unlink(missing_ok=True)
        except OSError as error:
            raise _os_error(path, error) from error

    def _read_bytes(self, path: str) -> bytes | None:
        try:
            # a pipe without a writer would block the open itself
            descriptor = os.open(self.root / path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise BootstrapError(f"{path} is not a regular file", "move it away")
                with os.fdopen(descriptor, "rb", closefd=False) as stream:
                    raw = stream.read(_MAX_BYTES + 1)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _os_error(path, error) from error
        if len(raw) > _MAX_BYTES:
            raise BootstrapError(f"{path} is larger than 4 MiB", "restore it with `git checkout`")
        return raw

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

    def _clean(self, manifests: Sequence[Manifest]) -> None:
        """Remove what a killed run left behind; we hold the lock, so none is in use."""
        for manifest in manifests:
            target = self.root / manifest.path
            for leftover in target.parent.glob(f".{_HEX * 8}.tmp.{target.name}"):
                _drop(leftover)

    def _stage(self, manifest: Manifest, undo: contextlib.ExitStack) -> Path:
        target = self.root / manifest.path
        try:
            self._check_inside(target)
            _make_folders(target.parent, undo)
            temporary = _temporary_name(target)
            undo.callback(_drop, temporary)
            mode = _PRIVATE_MODE if manifest.private else _mode_of(target)
            _write_new(temporary, manifest.content.encode(), mode)
        except OSError as error:
            raise _os_error(manifest.path, error) from error
        return temporary

    def _replace(
        self,
        manifest: Manifest,
        temporary: Path,
        undo: contextlib.ExitStack,
        names: contextlib.ExitStack,
    ) -> None:
        target = self.root / manifest.path
        try:
            kept = _keep(target, names)
            undo.callback(_put_back, manifest.path, target, kept, temporary)
            temporary.replace(target)
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


def _temporary_name(target: Path) -> Path:
    # the end of the name stays, so what ignores the file ignores this one too
    return target.parent / f".{secrets.token_hex(4)}.tmp.{target.name}"


def _write_new(file: Path, content: bytes, mode: int | None) -> None:
    """Write a file that is not there yet and sync it; without `mode` it is made like any other."""
    descriptor = os.open(
        file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else _PRIVATE_MODE
    )
    with os.fdopen(descriptor, "wb") as stream:
        if mode is not None:
            os.fchmod(descriptor, mode)
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)


def _keep(target: Path, names: contextlib.ExitStack) -> Path | None:
    """Keep what is at `target` under a second name, None if nothing is; `names` drops it again."""
    if not target.exists():
        return None
    kept = _temporary_name(target)
    names.callback(_drop, kept)
    try:
        kept.hardlink_to(target)
    except OSError:  # a file system without links
        _write_new(kept, target.read_bytes(), _mode_of(target))
    return kept


def _drop(file: Path) -> None:
    with contextlib.suppress(OSError):  # what stays is ignored by Git, and the next run's to clean
        file.unlink(missing_ok=True)


def _put_back(path: str, target: Path, kept: Path | None, temporary: Path) -> None:
    try:
        if temporary.exists():
            return  # it never got to its place
        if kept:
            kept.replace(target)
        else:
            target.unlink(missing_ok=True)
    except OSError as error:
        raise BootstrapError(
            f"{path} is changed and could not be put back: {(error.strerror or '').lower()}",
            f"look at it with `git diff {path}`, mend the disk, then run this again",
        ) from error


def _mode_of(target: Path) -> int | None:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None


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
