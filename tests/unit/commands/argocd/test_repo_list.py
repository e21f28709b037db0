"""`bootstrap repo list`: what Argo CD has, what lies in Git, whose it is, and never a value."""

from __future__ import annotations

import base64
import contextlib
import importlib
import re
from types import SimpleNamespace
from typing import Any

import pytest

from bootstrap.argocd.credentials import secret_name
from bootstrap.cluster.secrets import ArgoCDSecrets
from tests.unit.work_tree import ORIGIN, WorkTree

_CLI = importlib.import_module("bootstrap.cli.repo")
NAME = secret_name(ORIGIN)
PATH = f"argocd/repositories/{NAME}.yaml"
THEIRS = "https://git.example.com/team-a/agents.git"
FORK = "git@git.example.com:other/fork.git"
HEADINGS = ["URL", "KIND", "PROJECT", "READS", "SECRET", "FROM"]
MARK = "marked-token"


class FakeApi:
    """The connection, with Argo CD's Secrets of repositories and templates at hand."""

    def __init__(self, repositories: dict[str, Any], templates: dict[str, Any]) -> None:
        self.lists = {"repository": repositories, "repo-creds": templates}

    def translated(self, _step: str) -> Any:
        return contextlib.nullcontext()

    def items(self, path: str, selector: str) -> Any:
        assert path == "/api/v1/namespaces/argocd/secrets"
        found = self.lists[selector.removeprefix("argocd.argoproj.io/secret-type=")]
        return [
            {
                "metadata": {"name": name},
                "data": {k: base64.b64encode(v.encode()).decode() for k, v in fields.items()},
            }
            for name, fields in found.items()
        ]


def answer(
    monkeypatch: pytest.MonkeyPatch,
    repositories: dict[str, Any] | None = None,
    templates: dict[str, Any] | None = None,
) -> None:
    api: Any = FakeApi(repositories or {}, templates or {})
    cluster = SimpleNamespace(secrets=ArgoCDSecrets(api))
    monkeypatch.setattr(_CLI, "connect", lambda _context: cluster)


def secret(url: str, project: str = "agentsmith", **more: str) -> dict[str, str]:
    return {"type": "git", "url": url, "project": project, **more}


def by_user(url: str, project: str = "agentsmith") -> dict[str, str]:
    return secret(url, project, username="git", password=MARK)


def cells(out: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line) for line in out.splitlines()]


def seal(tree: WorkTree, *options: str) -> None:
    add = ("repo", "add", "--username", "u", "--password-stdin", "--seal", "prod", *options)
    assert tree.run(*add, stdin=MARK.encode()).code == 0


def test_ours_come_first_and_those_of_others_are_told_apart(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(
        monkeypatch,
        {
            "repo-1": secret(THEIRS, "team-a", sshPrivateKey=MARK),
            "repo-2": secret("https://charts.example.com", "", name="charts"),
            "repo-3": secret(ORIGIN, "team-a", githubAppPrivateKey=MARK, githubAppID="1"),
            "repo-4": secret("git@git.example.com:team/agents.git", "", sshPrivateKey=MARK),
            NAME: by_user(ORIGIN),
        },
        {"creds-1": {"url": "https://git.example.com/", "username": "u", "password": MARK}},
    )

    done = prod.run("repo", "list")

    assert (done.code, done.err) == (0, "")
    assert cells(done.out) == [
        HEADINGS,
        [ORIGIN, "username", "agentsmith", "this repository", NAME, "Argo CD only"],
        ["git@git.example.com:team/agents.git", "ssh key", "all", "-", "repo-4", "Argo CD only"],
        ["https://charts.example.com", "none", "all", "another's", "repo-2", "Argo CD only"],
        ["https://git.example.com/*", "username", "all", "another's", "creds-1", "Argo CD only"],
        [THEIRS, "ssh key", "team-a", "another's", "repo-1", "Argo CD only"],
        [ORIGIN, "GitHub App", "team-a", "another's", "repo-3", "Argo CD only"],
    ]
    assert MARK not in done.out


def test_data_has_what_a_script_needs(prod: WorkTree, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(
        monkeypatch,
        {"repo-1": by_user(f"https://dev:{MARK}@git.example.com/team-a/agents", "")},
        {"creds-1": {"url": "https://git.example.com/team", "password": MARK}},
    )

    done = prod.run("repo", "list", "-o", "json")

    assert (done.code, done.err) == (0, "")
    assert done.json() == {
        "url": ORIGIN,
        "repositories": [
            {
                "url": "https://git.example.com/team", "template": True, "kind": "https",
                "project": None, "allProjects": True, "secret": "argocd/creds-1", "file": None,
                "given": True, "ours": False, "readsRoot": True, "environments": ["prod"],
            },
            {
                "url": "https://***@git.example.com/team-a/agents", "template": False,
                "kind": "https", "project": None, "allProjects": True, "secret": "argocd/repo-1",
                "file": None, "given": True, "ours": False, "readsRoot": False,
                "environments": [],
            },
        ],
        "unread": [],
    }  # fmt: skip
    assert MARK not in done.out


def test_what_lies_sealed_in_git_is_told_before_it_is_given_and_after(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(prod)
    answer(monkeypatch)
    before = prod.run("repo", "list")
    data = prod.run("repo", "list", "-o", "json").json()
    answer(monkeypatch, {NAME: by_user(ORIGIN)})
    after = prod.run("repo", "list")

    assert (before.code, after.code, after.err) == (0, 0, "")
    assert before.out == (
        f"{'URL':39}  KIND      PROJECT   READS  {'SECRET':30}  FROM\n"
        f"{ORIGIN}  username  (sealed)  -      {NAME}  {PATH}, not given yet\n"
    )
    assert cells(before.out) == [
        HEADINGS, [ORIGIN, "username", "(sealed)", "-", NAME, f"{PATH}, not given yet"]
    ]  # fmt: skip
    assert before.lines == [
        f"warning: {PATH} is not given to Argo CD yet: `bootstrap up` applies it"
    ]
    (entry,) = data["repositories"]
    assert (entry["project"], entry["allProjects"], entry["given"]) == (None, False, False)
    assert (entry["file"], entry["ours"], data["unread"]) == (PATH, True, [])
    assert cells(after.out)[1:] == [
        [ORIGIN, "username", "agentsmith", "this repository", NAME, PATH]
    ]


def test_sealed_credentials_for_every_project_say_so(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(prod, "--project", "")
    answer(monkeypatch)

    assert cells(prod.run("repo", "list").out)[1][2] == "all"


def test_none_at_all_is_a_heading_and_a_sentence(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch)

    done, data = prod.run("repo", "list"), prod.run("repo", "list", "-o", "json")

    assert (done.code, cells(done.out)) == (0, [HEADINGS])
    assert data.json() == {"url": ORIGIN, "repositories": [], "unread": [ORIGIN]}
    assert done.lines == data.lines
    assert done.lines == [
        "Argo CD has no credentials for repositories, and none are sealed here; a public"
        " repository needs none, for a private one: `bootstrap repo add`"
    ]


@pytest.mark.parametrize(
    "known",
    [
        by_user(THEIRS),
        by_user(ORIGIN, "team-a"),
        secret(ORIGIN),
        by_user(f"https://u@{ORIGIN[8:]}"),
    ],
    ids=["another's", "of another project", "no credentials", "another user's URL"],
)
def test_where_none_fits_it_is_not_guessed_why(
    known: dict[str, str], prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, {"repo-1": known})

    done = prod.run("repo", "list")

    assert done.code == 0
    assert done.lines == [
        f"Argo CD reads {ORIGIN} with none of these; a public repository needs none, for a"
        " private one: `bootstrap repo add`"
    ]


def test_an_environment_of_another_repository_has_credentials_of_its_own(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prod.run("init", "edge", "--repo-url", FORK).code == 0
    answer(monkeypatch, {"repo-1": by_user(ORIGIN)})
    lacking = prod.run("repo", "list")
    ssh = secret("ssh://git@git.example.com/other/fork", sshPrivateKey=MARK)
    answer(monkeypatch, {"repo-1": by_user(ORIGIN), "repo-2": ssh})
    done = prod.run("repo", "list")

    assert lacking.lines == [
        f"Argo CD reads {FORK} with none of these; a public repository needs none, for a private"
        f" one: `bootstrap repo add --url {FORK}`"
    ]
    assert done.err == ""
    assert [row[3] for row in cells(done.out)[1:]] == ["this repository", "edge"]


def test_before_there_is_a_root_nothing_is_said_to_be_anothers(
    tree: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, {"repo-1": by_user(THEIRS)})

    done = tree.run("repo", "list")

    assert (done.code, done.err) == (0, "")
    assert cells(done.out)[1][3] == "-"


def test_what_others_wrote_can_not_steer_the_terminal(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, {"repo-1": by_user("https://a\x1b[2J/\nb", "te\x07am")})

    done = prod.run("repo", "list")

    assert not {"\x1b", "\x07"} & set(done.out)
    assert len(done.out.splitlines()) == 2
