"""Whether a stranger may read a repository, asked of a real server as a user with credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bootstrap.git.anonymous import is_public
from tests.plane.git_server import GitServer

Serve = Callable[[str | None], GitServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server that wants a user, or none."""
    servers: list[GitServer] = []

    def start(user: str | None) -> GitServer:
        folder = tmp_path / f"git-{len(servers)}"
        servers.append(GitServer(folder, user=user, password=user and "open-sesame").start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_a_repository_for_all_is_public(serve: Serve):
    assert is_public(serve(None).create("team/agents")) is True


@pytest.mark.parametrize("way", ["header", "helper", "netrc", "askpass"])
def test_a_private_one_is_not_though_the_user_could_read_it(
    serve: Serve, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    url = serve("dev").create("team/agents")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    answers = home / "answers"
    answers.write_text("#!/bin/sh\ncase $1 in User*) echo dev ;; *) echo open-sesame ;; esac\n")
    answers.chmod(0o755)
    if way == "askpass":
        monkeypatch.setenv("GIT_ASKPASS", str(answers))
    if way == "netrc":
        (home / ".netrc").write_text("machine 127.0.0.1 login dev password open-sesame\n")
    key, value = {
        "header": ("http.extraHeader", "Authorization: Basic ZGV2Om9wZW4tc2VzYW1l"),
        "helper": ("credential.helper", "!echo username=dev; echo password=open-sesame #"),
    }.get(way, ("user.name", "x"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", key)
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", value)

    assert is_public(url) is False


def test_ssh_wants_a_key_and_nobody_is_asked():
    assert [is_public("git@127.0.0.1:team/agents.git"), is_public("ssh://git@127.0.0.1:1/x")] == [
        False, False
    ]  # fmt: skip


def test_of_a_server_that_does_not_answer_nothing_is_known():
    assert is_public("http://127.0.0.1:1/team/agents.git") is None
