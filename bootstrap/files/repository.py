"""The file edge: what lies under the repository's root, read and atomically written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.constants import (
    APPLICATIONS_DIR,
    CHART_PATH,
    ENVIRONMENTS_DIR,
    PLATFORM_DIR,
    REPOSITORIES_DIR,
)
from bootstrap.errors import BootstrapError
from bootstrap.files.atomic import (
    PRIVATE_MODE,
    drop,
    keep,
    make_folders,
    mode_of,
    put_back,
    remove_if_empty,
    sync,
    temporary_name,
    write_new,
)
from bootstrap.files.reading import read_regular
from bootstrap.planned_file import PlannedFile
from bootstrap.protocols import looks

_LOCK_SECONDS = 30.0
_HEX = "[0-9a-f]"
_MAX_BYTES = 4 * 2**20
_FEW = 16
_SYNCS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Change:
    """What a write does, or would do, to one file."""

    path: str
    action: str
    """created, updated, removed or unchanged."""


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

    def mode(self, path: str) -> int | None:
        """Return the permission bits of a file, None if there is none."""
        try:
            return stat.S_IMODE((self.root / path).stat().st_mode)
        except OSError:
            return None

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

    def repositories(self) -> list[str]:
        """Return the names of the files in argocd/repositories, sorted."""
        return self._names(REPOSITORIES_DIR, folders=False)

    def platform(self) -> list[str]:
        """Return the names of the files in argocd/platform, sorted."""
        return self._names(PLATFORM_DIR, folders=False)

    def plan(self, files: Sequence[PlannedFile], removed: Sequence[str] = ()) -> list[Change]:
        """Return what `write` would do, in its order, touching nothing."""
        changes = []
        for file in files:
            self._check_inside(self.root / file.path)
            present = self._read_bytes(file.path)
            if present is None:
                action = "created"
            else:
                action = "unchanged" if present == file.content.encode() else "updated"
            changes.append(Change(file.path, action))
        for path in removed:
            self._check_inside(self.root / path)
            changes.append(Change(path, "removed" if self.exists(path) else "unchanged"))
        return changes

    def write(self, files: Sequence[PlannedFile], removed: Sequence[str] = ()) -> list[Change]:
        """Write what differs, take away `removed`, all or nothing, and return what was done.

        Every file is first written and synced beside its place, then all are renamed into it, in
        order, then the others go. A kill leaves each file old or new; a failure puts the old ones
        back.
        """
        changes = self.plan(files, removed)
        differing = {change.path for change in changes if change.action != "unchanged"}
        todo = [file for file in files if file.path in differing]
        gone = [self.root / path for path in removed if path in differing]
        self._clean(files)
        with contextlib.ExitStack() as names, contextlib.ExitStack() as undo:
            staged = [self._stage(file, undo) for file in todo]
            self._sync({file: item.path for file, item in zip(staged, todo, strict=True)})
            for file, temporary in zip(todo, staged, strict=True):
                self._replace(file, temporary, undo, names)
            for target in gone:
                self._take_away(target, undo, names)
            self._sync({file.parent: item.path for file, item in zip(staged, todo, strict=True)})
            undo.pop_all()
        for folder in {target.parent for target in gone}:
            remove_if_empty(folder)
        return changes

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the repository for one writing command; a second waits up to 30 s."""
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            _wait_for_lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def private_keys(self, folder: str) -> list[str]:
        """Return the paths of the private sealing keys in a folder, sorted."""
        files = (self.root / folder).glob("sealing-key*.local.pem")
        return sorted(f"{folder}/{file.name}" for file in files)

    def files(self, folder: str) -> list[str]:
        """Return the paths of the files below a folder, sorted; those that Git ignores too."""
        found = (self.root / folder).rglob("*")
        return sorted(str(file.relative_to(self.root)) for file in found if not file.is_dir())

    def remove(self, path: str) -> None:
        """Remove a file; nothing happens if there is none."""
        try:
            (self.root / path).unlink(missing_ok=True)
        except OSError as error:
            raise _os_error(path, error) from error

    def _read_bytes(self, path: str) -> bytes | None:
        try:
            return read_regular(
                self.root / path,
                _MAX_BYTES,
                irregular=BootstrapError(f"{path} is not a regular file", "move it away"),
                large=BootstrapError(
                    f"{path} is larger than 4 MiB", "restore it with `git checkout`"
                ),
            )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _os_error(path, error) from error

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

    def _clean(self, files: Sequence[PlannedFile]) -> None:
        """Remove what a killed run left behind; we hold the lock, so none is in use."""
        for file in files:
            target = self.root / file.path
            for leftover in target.parent.glob(f".{_HEX * 8}.tmp.{target.name}"):
                drop(leftover)

    def _stage(self, file: PlannedFile, undo: contextlib.ExitStack) -> Path:
        target = self.root / file.path
        try:
            self._check_inside(target)
            make_folders(target.parent, undo)
            temporary = temporary_name(target)
            undo.callback(drop, temporary)
            mode = PRIVATE_MODE if file.private else mode_of(target)
            write_new(temporary, file.content.encode(), mode)
        except OSError as error:
            raise _os_error(file.path, error) from error
        return temporary

    def _replace(
        self,
        file: PlannedFile,
        temporary: Path,
        undo: contextlib.ExitStack,
        names: contextlib.ExitStack,
    ) -> None:
        target = self.root / file.path
        try:
            kept = keep(target, names)
            undo.callback(put_back, file.path, target, kept, temporary)
            temporary.replace(target)
        except OSError as error:
            raise _os_error(file.path, error) from error

    def _take_away(
        self, target: Path, undo: contextlib.ExitStack, names: contextlib.ExitStack
    ) -> None:
        path = str(target.relative_to(self.root))
        try:
            kept = keep(target, names)
            undo.callback(put_back, path, target, kept)
            target.unlink()
        except OSError as error:
            raise _os_error(path, error) from error

    def _sync(self, names: Mapping[Path, str]) -> None:
        """Put files or folders on the disk; many at once, as the disk joins what waits."""
        if len(names) < _FEW:
            self._sync_each(names.items())
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
            for done in [pool.submit(self._sync_each, [item]) for item in names.items()]:
                done.result()

    def _sync_each(self, items: Iterable[tuple[Path, str]]) -> None:
        for path, name in items:
            try:
                sync(path)
            except OSError as error:
                raise _os_error(name, error) from error

    def _check_inside(self, target: Path) -> None:
        # a link among the folders could lead a write out of the repository
        folder = os.path.realpath(target.parent)
        root = os.path.realpath(self.root)
        if os.path.commonpath([folder, root]) != root or target.is_symlink():
            raise BootstrapError(
                f"{target.relative_to(self.root)} is, or is below, a symbolic link",
                "replace the link by what it leads to",
            )


def _wait_for_lock(descriptor: int) -> None:
    for look in looks(time, _LOCK_SECONDS, pause=0.1):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if look.is_last:
                raise BootstrapError(
                    "another bootstrap command is writing to this repository",
                    "wait for it to end, then run this again",
                ) from None
        except OSError:
            return  # some network file systems have no locks; each file is still atomic
        else:
            return


def _os_error(path: str, error: OSError) -> BootstrapError:
    reason = (error.strerror or type(error).__name__).lower()
    return BootstrapError(
        f"{path}: {reason}", "check the file's place, owner and permissions, then run this again"
    )
