"""OCI image archives of one layer, written without any container tool."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Image:
    """What goes into an image; `name` with its tag, `files` by their absolute path in it.

    `folders` are empty ones that every user may write to.
    """

    name: str
    files: Mapping[str, Path]
    entry: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = "0"
    work_dir: str = "/"
    folders: Sequence[str] = ()


def libraries(*programs: Path) -> dict[str, Path]:
    """Return the shared libraries of programs, the loader included, by absolute path."""
    found = {}
    for program in programs:
        text = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            # `name => /path (0x...)` or, for the loader, `/path (0x...)`.
            path = line.split("=>")[-1].split("(")[0].strip()
            if path.startswith("/"):
                found[path] = Path(path).resolve()
    return found


def write_archive(image: Image, path: Path) -> None:
    """Write the image as an archive that `ctr images import` reads."""
    layer = _layer(image)
    config = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {
            "Entrypoint": list(image.entry),
            "Env": [f"{name}={value}" for name, value in image.environment.items()],
            "User": image.user,
            "WorkingDir": image.work_dir,
        },
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    blobs: list[bytes] = []

    def blob(content: bytes | dict[str, Any], kind: str) -> dict[str, Any]:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        blobs.append(data)
        return {"mediaType": kind, "digest": _digest(data), "size": len(data)}

    manifest = blob(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": blob(config, _CONFIG),
            "layers": [blob(layer, _LAYER)],
        },
        _MANIFEST,
    )
    manifest["annotations"] = {"io.containerd.image.name": image.name}
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [manifest]}
    with tarfile.open(path, "w") as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _add(archive, "index.json", json.dumps(index).encode())
        for data in blobs:
            _add(archive, f"blobs/sha256/{_digest(data).removeprefix('sha256:')}", data)


def _layer(image: Image) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("tmp", *image.folders):
            folder = tarfile.TarInfo(name.strip("/"))
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(folder)
        for name, source in image.files.items():
            _add(archive, name.lstrip("/"), source.read_bytes(), mode=0o755)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
