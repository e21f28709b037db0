"""Charts as archives (NAME-VERSION.tgz), found in a folder and unpacked as text."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from bootstrap.errors import BootstrapError
from bootstrap.planned_file import PlannedFile

_MAX_FILES = 2000
_MAX_BYTES = 4 * 2**20
_MAX_TOTAL = 32 * 2**20


def find_archive(folder: Path, name: str) -> Path:
    """Return the one archive of chart `name` in `folder`; none or several is an error."""
    found = sorted(
        file for file in folder.glob(f"{name}-*.tgz") if file.name[len(name) + 1 :][:1].isdigit()
    )
    if len(found) == 1:
        return found[0]
    if not found:
        raise BootstrapError(
            f"--charts: {folder} has no {name}-VERSION.tgz",
            f"where its repository is in reach: `helm pull {name} --repo URL --version VERSION`",
        )
    names = ", ".join(file.name for file in found)
    raise BootstrapError(f"--charts: several archives of {name}: {names}", "leave one of them")


def unpack(archive: Path, name: str, target: str) -> list[PlannedFile]:
    """Return the files of chart `name` in `archive`, to be written below `target`."""
    files: list[PlannedFile] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(_decompress(archive)), mode="r:") as stream:
            for member in stream:
                parts = PurePosixPath(member.name).parts
                if member.isdir():
                    continue
                if not member.isfile() or len(parts) < 2 or parts[0] != name or ".." in parts:
                    raise _bad(archive, f"holds {member.name!r}, which no chart {name} has")
                if member.size > _MAX_BYTES or len(files) >= _MAX_FILES:
                    raise _bad(archive, "is larger than a chart is")
                content = stream.extractfile(member)
                text = content.read().decode() if content else ""
                files.append(PlannedFile("/".join([target, *parts[1:]]), text))
    except UnicodeDecodeError:
        raise _bad(archive, "holds a file that is not text") from None
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise _bad(archive, f"can't be read ({type(error).__name__})") from None
    if f"{target}/Chart.yaml" not in {item.path for item in files}:
        raise _bad(archive, "has no Chart.yaml")
    return files


def _decompress(archive: Path) -> bytes:
    """Return the tar in `archive`; a small file can hold more than there is memory."""
    with gzip.open(archive) as stream:
        content = stream.read(_MAX_TOTAL + 1)
    if len(content) > _MAX_TOTAL:
        raise _bad(archive, "is larger than a chart is")
    return content


def _bad(archive: Path, what: str) -> BootstrapError:
    return BootstrapError(f"--charts: {archive.name} {what}", "make it with `helm package`")
