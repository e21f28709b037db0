"""Whether this machine can run a kubelet, found out by trying what a node does first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).with_name("packages.txt")
REQUIRE = "AGENTSMITH_REQUIRE_NODE"
CGROUPS = Path("/sys/fs/cgroup")
CNI_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
_PROGRAMS = (
    "ip", "ldd", "mount", "nft", "nsenter", "redis-cli", "redis-server", "runc", "setpriv",
    "unshare", "wget",
)  # fmt: skip
_CNI = ("host-local", "ptp")
_V1_CONTROLLERS = ("cpu", "cpuset", "memory", "pids", "devices", "freezer")
# What the node does with the kernel, each in namespaces that end with the command.
_TRIALS = {
    "no network namespace": ("unshare", "--net", "true"),
    "no mount namespace": ("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    "no veth device": ("unshare", "--net", "ip", "link", "add", "trial0", "type", "veth"),
    "no nftables": ("unshare", "--net", "nft", "add table ip trial"),
}


def obstacle() -> str | None:
    """Return why no kubelet can run here, or None if one can."""
    if not sys.platform.startswith("linux"):
        return f"a kubelet needs Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "a kubelet needs root"
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    if cni_folder() is None:
        absent.append("CNI plugins")
    if absent:
        return f"not found: {', '.join(absent)}; install the packages of tests/node/packages.txt"
    if not cgroup_roots():
        return f"no cgroup controllers that can be written to under {CGROUPS}"
    for what, command in _TRIALS.items():
        run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            return f"{what}: {run.stderr.strip()}"
    return None


def required() -> bool:
    """Whether an obstacle is a failure rather than a reason to skip."""
    return os.environ.get(REQUIRE, "") not in ("", "0")


def cni_folder() -> Path | None:
    """Return the folder of the CNI plugins, or None if the ones we need are in none."""
    folders = (f for f in CNI_FOLDERS if all((f / name).exists() for name in _CNI))
    return next(folders, None)


def cgroup_roots() -> list[Path]:
    """Return the hierarchies a container is put into: one for version 2, many for version 1."""
    if (CGROUPS / "cgroup.controllers").exists():
        roots = [CGROUPS]
    else:
        if not all((CGROUPS / name / "tasks").exists() for name in _V1_CONTROLLERS):
            return []
        # runc makes groups in the empty version 2 hierarchy of a mixed machine too.
        roots = [p for p in CGROUPS.iterdir() if (p / "cgroup.procs").exists()]
        roots = [p for p in roots if not p.is_symlink()]
    return sorted(roots) if all(os.access(root, os.W_OK) for root in roots) else []
