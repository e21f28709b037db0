"""What Git has, as bytes: the index of a commit in the making, or every tracked file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.git.process import git_environment

_SUBMODULE = "160000"
_FILE = "100"
_INDEX = "GIT_INDEX_FILE"
_SECONDS = 60
_ATTRIBUTE = "bootstrap-check"


@dataclass(frozen=True, slots=True, repr=False)
class Blob:
    """A file's content as Git has it, or is about to."""

    path: str
    content: bytes


def staged_blobs(root: Path) -> Iterator[Blob]:
    """Yield what differs between the last commit and the index.

    `git commit -a` and `git commit FILE` give their hooks an index of their own: that one counts.
    """
    raw = _ask(root, "diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames",
               "--no-ext-diff", "--diff-filter=d")  # fmt: skip
    fields = raw.split("\0")
    entries = []
    for described, path in zip(fields[0::2], fields[1::2], strict=False):
        _old_mode, mode, _old, new, _status = described.removeprefix(":").split(" ")
        if mode != _SUBMODULE:
            entries.append((path, new))
    yield from _read(root, entries)


def tracked_blobs(root: Path) -> Iterator[Blob]:
    """Yield every file of the index and, where the work tree has it otherwise, that as well."""
    entries = []
    for entry in filter(None, _ask(root, "ls-files", "--stage", "-z").split("\0")):
        described, _tab, path = entry.partition("\t")
        mode, blob, _stage = described.split(" ")
        if mode != _SUBMODULE:
            entries.append((path, blob))
    yield from _read(root, entries)
    for path in filter(None, _ask(root, "diff-files", "--name-only", "-z").split("\0")):
        file = root / path
        if file.is_file() and not file.is_symlink():
            yield Blob(path, file.read_bytes())


def commit_blobs(root: Path, commit: str, paths: Sequence[str]) -> Iterator[Blob]:
    """Yield every regular file that `commit` has below `paths`."""
    entries = []
    listed = _ask(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
    for entry in filter(None, listed.split("\0")):
        described, _tab, path = entry.partition("\t")
        mode, _kind, blob = described.split(" ")
        if mode.startswith(_FILE):
            entries.append((path, blob))
    yield from _read(root, entries)


def text_at(root: Path, commit: str, path: str) -> str | None:
    """Return the text of a file as `commit` has it, byte for byte; None if it has no such file."""
    content = next(
        (item.content for item in commit_blobs(root, commit, [path]) if item.path == path), None
    )
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError:
        raise BootstrapError(
            f"{path} of {commit[:7]} is not UTF-8 text", "restore it by hand with `git checkout`"
        ) from None


def exempt_paths(root: Path, paths: Iterable[str]) -> set[str]:
    """Return those of `paths` that .gitattributes gives `-bootstrap-check`."""
    listed = "".join(f"{path}\0" for path in paths)
    fields = _ask(root, "check-attr", "-z", "--stdin", _ATTRIBUTE, given=listed).split("\0")
    return {
        path for path, value in zip(fields[0::3], fields[2::3], strict=False) if value == "unset"
    }


def _read(root: Path, entries: list[tuple[str, str]]) -> Iterator[Blob]:
    if not entries:
        return
    process = subprocess.Popen(
        _command(root, "cat-file", "--batch"),
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        source, sink = process.stdout, process.stdin
        if source is None or sink is None:
            raise AssertionError
        for path, blob in entries:
            sink.write(f"{blob}\n".encode())
            sink.flush()
            header = source.readline().split()
            if len(header) != 3:
                raise BootstrapError(
                    f"Git has not the content of {path}", "`git fsck` says more; fetch it again"
                )
            content = source.read(int(header[2]))
            source.read(1)
            yield Blob(path, content)


def _ask(root: Path, *arguments: str, given: str = "") -> str:
    try:
        done = subprocess.run(
            _command(root, *arguments),
            env=_environment(),
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BootstrapError(f"git {arguments[0]} gave no answer in time", "try again") from None
    if done.returncode:
        raise BootstrapError(
            f"git {arguments[0]} failed", "mend the repository; `git status` says more"
        )
    return done.stdout


def _command(root: Path, *arguments: str) -> list[str]:
    return ["git", "-C", str(root), "--no-pager", "--literal-pathspecs", *arguments]


def _environment() -> dict[str, str]:
    index = os.environ.get(_INDEX)
    return git_environment() | ({_INDEX: str(Path(index).resolve())} if index else {})
