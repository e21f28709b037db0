"""Plaintext in what Git has or is to have, by the secrets that lie in this clone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.checkout.environment_files import SEALED_FILE
from bootstrap.constants import ENVIRONMENTS_DIR, PLACEHOLDER
from bootstrap.files.input import read_secrets
from bootstrap.git.blobs import Blob, exempt_paths
from bootstrap.plaintext.local_secrets import LocalValue, collect_values
from bootstrap.plaintext.metadata import MetadataSearch
from bootstrap.plaintext.scan import Leak, Scanner, find_by_looks
from bootstrap.plaintext.sealed_files import find_in_sealed

_LOCAL = ("*.local.yaml", "*.local.yml", "*.local.env", ".env", ".env.*", "values.prod.yaml")
_LOCAL_NAME = re.compile(r"(.*\.local\.(yaml|yml|env|pem|json)|\.env(\..+)?)")
_EXAMPLE = re.compile(r"\.(example|sample|template|dist)$")
_SEALED = re.compile(rf"{ENVIRONMENTS_DIR}/([^/]+)/{re.escape(SEALED_FILE)}")
# The example file itself is not asked: somebody may have filled it in by mistake.
_PLACEHOLDER = PLACEHOLDER.encode()


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What was found; places, never the text."""

    leaks: tuple[Leak, ...]
    files: int
    """How many files were looked at."""
    secrets: int
    """How many values were looked for."""


def check_contents(root: Path, contents: Mapping[str, str]) -> tuple[Leak, ...]:
    """Scan texts by path, as a commit is to have them that runs no hook."""
    blobs = [Blob(path, text.encode()) for path, text in contents.items()]
    return scan_blobs(root, blobs).leaks


def scan_blobs(root: Path, blobs: Iterable[Blob]) -> ScanResult:
    """Scan `blobs` for the secrets of this clone, and for what is secret by its looks."""
    secrets = load_local_values(root)
    scanner, search = Scanner(secrets), MetadataSearch(secrets)
    leaks: dict[Leak, None] = {}
    suspects: dict[Leak, None] = {}
    paths = set()
    for blob in blobs:
        paths.add(blob.path)
        name = Path(blob.path).name
        if _LOCAL_NAME.fullmatch(name) and not _EXAMPLE.search(name):
            leaks[Leak(blob.path, 1, "a local file that Git must not have")] = None
        named = set()
        for item, is_known in find_in_sealed(blob.path, blob.content, search):
            (leaks if is_known else suspects)[item] = None
            if is_known:  # else the file may be exempt, and what follows must say it
                named.add(item.line)
        values = scanner.find_values(blob.path, blob.content)
        leaks.update((item, None) for item in values if item.line not in named)
        suspects.update(dict.fromkeys(find_by_looks(blob.path, blob.content)))
    exempt = exempt_paths(root, {item.path for item in suspects}) if suspects else set()
    found = {*leaks, *(item for item in suspects if item.path not in exempt)}
    ordered = sorted(found, key=lambda item: (item.path, item.line, item.what))
    return ScanResult(tuple(ordered), len(paths), len(secrets))


def mend_metadata(leaks: Iterable[Leak]) -> str:
    """Return what to do about plaintext in labels and annotations of SealedSecrets."""
    paths = {item.path for item in leaks}
    names = {match[1] for path in paths if (match := _SEALED.fullmatch(path))}
    name = names.pop() if len(names) == 1 else "ENV"
    if not any(_SEALED.fullmatch(path) for path in paths):
        return (
            "have new secrets issued for those in it, as Git's history keeps it, and take it out of"
            " the file"
        )
    return (
        "have new secrets issued for those in it, as Git's history keeps it; then `bootstrap seal"
        f" FILE --env {name}` writes the manifest without it"
    )


def load_local_values(root: Path) -> list[LocalValue]:
    """Return the secrets in the plaintext files of the work tree at `root`."""
    found = {
        item.value: item
        for file in _local_files(root)
        for item in _collect(file, root)
        if not item.value.startswith(_PLACEHOLDER)
    }
    return list(found.values())


def _local_files(root: Path) -> Iterator[Path]:
    folders = [root, *sorted((root / ENVIRONMENTS_DIR).glob("*/"))]
    for folder in folders:
        for pattern in _LOCAL:
            for file in sorted(folder.glob(pattern)):
                if file.is_file() and not _EXAMPLE.search(file.name):
                    yield file


def _collect(file: Path, root: Path) -> list[LocalValue]:
    dotenv = file.name.startswith(".env") or file.name.endswith(".env")
    source = str(file.relative_to(root))
    return collect_values(read_secrets(str(file)), source=source, dotenv=dotenv)
