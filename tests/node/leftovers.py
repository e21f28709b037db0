"""Putting the machine back as it was, also after a run that was itself killed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO, Any

from tests.node.cgroups import Cgroups
from tests.node.network import Network
from tests.plane.waiting import wait_for

_RECORDS = Path("/run/agentsmith-node")
# The kubelet sets these for the whole machine.
_SYSCTLS = (
    "vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)  # fmt: skip
_CNI_RESULTS = Path("/var/lib/cni/results")
_POD_LOG_LINKS = Path("/var/log/containers")
_KUBELET_SOCKET = Path("/var/lib/kubelet/device-plugins/kubelet.sock")
# Folders that the kubelet, the shims and the CNI library make whatever they are told.
_FIXED = (
    _KUBELET_SOCKET.parent, _KUBELET_SOCKET.parent.parent, Path("/run/containerd/s"),
    Path("/run/containerd"), _CNI_RESULTS, _CNI_RESULTS.parent, _POD_LOG_LINKS,
)  # fmt: skip


class Record:
    """A note of what a run will leave behind if nobody cleans up; locked while the run lives."""

    def __init__(self, name: str, run_dir: Path) -> None:
        """Write the note, with the values of the sysctls as they are now."""
        _RECORDS.mkdir(exist_ok=True)
        self._path = _RECORDS / f"{name}.json"
        sysctls = {key: _sysctl(key).read_text().strip() for key in _SYSCTLS}
        self._note: dict[str, Any] = {
            "name": name,
            "run_dir": str(run_dir),
            "sysctls": sysctls,
            "made": [str(folder) for folder in _FIXED if not folder.exists()],
        }
        self._handle = self._path.open("w")
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        self._handle.write(json.dumps(self._note))
        self._handle.flush()

    def clean(self) -> None:
        """Undo everything of the run; its servers must have been stopped."""
        _clean(self._note)
        self._path.unlink(missing_ok=True)
        self._handle.close()


def clean_after_killed_runs() -> None:
    """Clean up for every recorded run whose process is gone."""
    for path in sorted(_RECORDS.glob("*.json")):
        with path.open() as handle:
            if _lock(handle):
                with contextlib.suppress(json.JSONDecodeError):
                    note = json.loads(handle.read())
                    _clean(note)
                    shutil.rmtree(note["run_dir"], ignore_errors=True)
                path.unlink()


def _lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clean(note: dict[str, Any]) -> None:
    name, run_dir = note["name"], Path(note["run_dir"])
    sockets = _shim_sockets(run_dir)
    # Shims outlive containerd. What runs in their containers ends first: they wait for it.
    Cgroups(name).delete()
    wait_for(lambda: not _kill_shims(run_dir), "the shims to end")
    wait_for(lambda: not _unmount(run_dir), f"{run_dir} to be unmounted")
    Network(name).delete()
    for leftover in (*sockets, *_CNI_RESULTS.glob(f"{name}-*"), *_links_into(run_dir)):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(run_dir / "containerd", ignore_errors=True)
    shutil.rmtree(run_dir / "kubelet", ignore_errors=True)
    made = [Path(folder) for folder in note["made"]]
    if _KUBELET_SOCKET.parent in made:
        _KUBELET_SOCKET.unlink(missing_ok=True)
    for folder in made:
        with contextlib.suppress(OSError):  # not there, or in use by another
            folder.rmdir()
    for key, value in note["sysctls"].items():
        if _sysctl(key).read_text().strip() != value:
            _sysctl(key).write_text(value)


def _sysctl(key: str) -> Path:
    return Path("/proc/sys") / key


def _kill_shims(run_dir: Path) -> list[int]:
    """Return the shims of the run's containerd that still ran, each of which got SIGKILL."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if Path(words[0]).name.startswith("containerd-shim") and any(
                word.startswith(f"{run_dir}/") for word in words[1:]
            ):
                os.kill(int(folder.name), signal.SIGKILL)
                found.append(int(folder.name))
    return found


def _shim_sockets(run_dir: Path) -> list[Path]:
    """Return the sockets of the run's shims, which are in a folder of the whole machine."""
    sockets = []
    for file in (run_dir / "containerd" / "state").glob("*/k8s.io/*/bootstrap.json"):
        with contextlib.suppress(OSError, json.JSONDecodeError, KeyError):
            address = json.loads(file.read_text())["address"].removeprefix("unix://")
            sockets.append(Path(address))
    return sockets


def _unmount(run_dir: Path) -> list[str]:
    """Return the mounts that were under `run_dir`, deepest first, after unmounting them."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4] for line in lines]
    ours = [point for point in reversed(points) if point.startswith(f"{run_dir}/")]
    for point in ours:
        subprocess.run(["umount", point], capture_output=True)
    return ours


def _links_into(run_dir: Path) -> list[Path]:
    """Return the links that the kubelet made to its logs of pods, in a fixed folder."""
    if not _POD_LOG_LINKS.is_dir():
        return []
    links = (path for path in _POD_LOG_LINKS.iterdir() if path.is_symlink())
    return [path for path in links if str(path.readlink()).startswith(f"{run_dir}/")]
