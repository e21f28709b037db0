"""The Git server alone: real Git over HTTP, as users and Argo CD will use it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plane.git_server import GitServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    git_server = GitServer(tmp_path / "served").start()
    yield git_server
    git_server.stop()


def git(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )


def commit(clone: Path, name: str, content: bytes) -> None:
    (clone / name).write_bytes(content)
    assert git("add", name, cwd=clone).returncode == 0
    assert git("commit", "-m", name, cwd=clone).returncode == 0


def test_what_was_pushed_can_be_cloned(server: GitServer, tmp_path: Path) -> None:
    url = server.create("team/fork")
    assert git("clone", url, "one", cwd=tmp_path).returncode == 0
    commit(tmp_path / "one", "a.txt", b"hello")
    pushed = git("push", "origin", "HEAD:main", cwd=tmp_path / "one")
    assert pushed.returncode == 0, pushed.stderr
    assert git("clone", url, "two", cwd=tmp_path).returncode == 0
    assert (tmp_path / "two" / "a.txt").read_bytes() == b"hello"
    assert ("POST", 200) in {(r.method, r.status) for r in server.requests}


def test_a_large_push_arrives_in_chunks(server: GitServer, tmp_path: Path) -> None:
    url = server.create("big")
    git("clone", url, "clone", cwd=tmp_path)
    content = os.urandom(3_000_000)
    commit(tmp_path / "clone", "big.bin", content)
    pushed = git(
        "-c", "http.postBuffer=65536", "push", "origin", "HEAD:main", cwd=tmp_path / "clone"
    )
    assert pushed.returncode == 0, pushed.stderr
    git("clone", url, "again", cwd=tmp_path)
    assert (tmp_path / "again" / "big.bin").read_bytes() == content


def test_many_references_make_a_compressed_request(server: GitServer, tmp_path: Path) -> None:
    url = server.create("refs")
    git("clone", url, "clone", cwd=tmp_path)
    for number in range(40):
        commit(tmp_path / "clone", f"{number}.txt", b"x")
        git("branch", f"branch-{number}", cwd=tmp_path / "clone")
    git("push", "origin", "--all", cwd=tmp_path / "clone")
    git("clone", url, "again", cwd=tmp_path)
    commit(tmp_path / "clone", "more.txt", b"y")
    git("push", "origin", "--all", cwd=tmp_path / "clone")
    fetched = git("fetch", "origin", cwd=tmp_path / "again")
    assert fetched.returncode == 0, fetched.stderr


def test_without_the_password_nothing_is_served(tmp_path: Path) -> None:
    server = GitServer(tmp_path / "served", user="argo", password="right").start()
    url = server.create("private")
    refused = git("ls-remote", url, cwd=tmp_path)
    wrong = git("ls-remote", url.replace("://", "://argo:wrong@"), cwd=tmp_path)
    allowed = git("ls-remote", url.replace("://", "://argo:right@"), cwd=tmp_path)
    server.stop()
    assert (refused.returncode, wrong.returncode, allowed.returncode) == (128, 128, 0)
    assert {r.status for r in server.requests} == {401, 200}


def test_an_unknown_repository_is_not_found(server: GitServer, tmp_path: Path) -> None:
    assert git("ls-remote", f"{server.url}/none.git", cwd=tmp_path).returncode == 128
    assert [r.status for r in server.requests] == [404]
