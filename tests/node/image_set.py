"""The images that pods on the node run, made on this machine; nothing is ever pulled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from tests.node.oci import Image, libraries, write_archive
from tests.plane.errors import PlaneError
from tests.tools.build import ensure

_SOURCES = Path(__file__).with_name("images")
# A name of this machine, so that a missing image is an error and not a request to a registry.
_PREFIX = "localhost"
PAUSE = f"{_PREFIX}/pause:1"
REDIS = f"{_PREFIX}/redis:7"
AGENT = f"{_PREFIX}/agentsmith:v1"
KUBECTL = f"{_PREFIX}/kubectl:1"
SEALED_SECRETS = f"{_PREFIX}/sealed-secrets-controller:1"
BROKEN = "broken"  # the tag of a dispatcher that ends as soon as it starts
MISSING = "missing"  # the tag of no image


def dispatcher(tag: str) -> str:
    """Return the name of the dispatcher's image: v1, v2, BROKEN or MISSING."""
    return f"{_PREFIX}/agentsmith-dispatcher:{tag}"


def build_stand_in(folder: Path) -> Path:
    """Build the program of all stand-ins into `folder`. Raises PlaneError."""
    binary = folder / "stand-in"
    go = Path(sysconfig.get_path("scripts")) / "go"
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    run = subprocess.run(
        [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", binary, "."],
        cwd=_SOURCES,
        env=environment,
        capture_output=True,
        text=True,
    )
    if run.returncode != 0:
        raise PlaneError(f"go build in tests/node/images failed:\n{run.stderr}")
    return binary


def write_images(folder: Path, stand_in: Path) -> list[Path]:
    """Write the archives of all images into `folder`; return their paths."""
    program = {"/stand-in": stand_in}
    images = [
        Image(PAUSE, program, ["/stand-in", "pause"]),
        Image(AGENT, program, ["/stand-in", "agent"], user="1000:1000"),
        Image(KUBECTL, {"/bin/kubectl": ensure("kubectl")["kubectl"]}, ["/bin/kubectl"]),
        _sealed_secrets(),
        _redis(),
    ]
    for tag in ("v1", "v2", BROKEN):
        environment = {"STAND_IN_VERSION": tag} | (
            {"STAND_IN_BROKEN": "1"} if tag == BROKEN else {}
        )
        images.append(
            Image(
                dispatcher(tag),
                program,
                ["/stand-in", "dispatcher"],
                environment,
                user="1000:1000",
                work_dir="/app",
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    archives = []
    for number, image in enumerate(images):
        archives.append(folder / f"{number}.tar")
        write_archive(image, archives[-1])
    return archives


def _sealed_secrets() -> Image:
    name = "sealed-secrets-controller"
    # Upstream's chart calls it by this name.
    program = {"/bin/controller": ensure(name)[name]}
    return Image(SEALED_SECRETS, program, ["controller"], {"PATH": "/bin"}, user="1001")


def _redis() -> Image:
    """Return Redis from its Debian package, with the wget that upstream's image has too."""
    programs = {f"/bin/{name}": _program(name) for name in ("redis-cli", "redis-server", "wget")}
    return Image(
        REDIS,
        {**programs, **libraries(*programs.values())},
        # As in upstream's image, in which the network policy and not Redis keeps others out.
        ["/bin/redis-server", "--protected-mode", "no"],
        {"PATH": "/bin"},
        user="999:999",
        work_dir="/data",
        folders=["/data"],
    )


def _program(name: str) -> Path:
    path = shutil.which(name)
    if path is None:
        raise PlaneError(f"{name} is not on PATH; see tests/node/packages.txt")
    return Path(path).resolve()
