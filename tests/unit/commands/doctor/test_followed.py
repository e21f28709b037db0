"""`bootstrap doctor` on what is followed: another branch, one that is gone, another repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.environments.repo_url import parse_remote_url
from tests.unit.commands.fake_cluster import push
from tests.unit.work_tree import WorkTree


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a machine with neither Helm nor a cluster."""
    monkeypatch.setenv("BOOTSTRAP_HELM", "no-such-helm")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


def findings(tree: WorkTree, *checks: str) -> list[tuple[str, str, str | None]]:
    """Return severity, what and mend of each finding of `checks`."""
    found = tree.run("doctor", "-o", "json").json()["findings"]
    return [
        (item["severity"], item["what"], item["mend"])
        for item in found
        if item["check"] in (checks or ("follows",))
    ]


def url_of(tree: WorkTree) -> str:
    return tree.git("remote", "get-url", "origin").strip()


def test_all_follow_one_branch(fleet: WorkTree):
    assert findings(fleet) == [("ok", f"all follow main of {url_of(fleet)}", None)]


def test_an_environment_that_follows_another_branch_is_named(fleet: WorkTree):
    fleet.git("push", "--quiet", "origin", "main:feature/x")
    fleet.run("init", "prod", "--revision", "feature/x")
    push(fleet, "Follow feature/x")

    assert findings(fleet) == [
        (
            "warning",
            "prod follows feature/x, and the root Application main",
            "`bootstrap init prod --revision main`, commit, push, if that isn't meant",
        )
    ]


@pytest.mark.parametrize("annotated", [True, False])
def test_a_tag_is_meant_to_stay(fleet: WorkTree, *, annotated: bool):
    fleet.git("tag", *(["--annotate", "--message=v1"] if annotated else []), "v1")
    fleet.git("push", "--quiet", "origin", "v1")
    fleet.run("init", "prod", "--revision", "v1")
    push(fleet, "Pin v1")

    assert [item[:2] for item in findings(fleet)] == [
        ("info", "prod follows v1, and the root Application main")
    ]


def test_a_branch_that_is_gone_is_an_error_and_hides_nothing_else(fleet: WorkTree):
    fleet.git("push", "--quiet", "origin", "main:feature/x")
    fleet.run("init", "prod", "--revision", "feature/x")
    push(fleet, "Follow feature/x")
    fleet.git("push", "--quiet", "origin", "--delete", "feature/x")
    commit = fleet.git("rev-parse", "--short=7", "HEAD").strip()

    assert findings(fleet, "follows", "git") == [
        (
            "error",
            f"prod follows feature/x, which {url_of(fleet)} does not have",
            "`bootstrap init prod --revision main`, commit, push",
        ),
        ("ok", f"everything is committed and pushed: staging {commit}", None),
    ]


def test_a_default_branch_that_was_renamed_is_moved_to_by_one_command(
    fleet: WorkTree, tmp_path: Path
):
    fleet.git("push", "--quiet", "origin", "main:trunk")
    remote = str(tmp_path / "remote.git")
    fleet.git("-C", remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    fleet.git("push", "--quiet", "origin", "--delete", "main")
    fleet.git("branch", "--quiet", "--move", "main", "trunk")

    assert findings(fleet, "follows", "git") == [
        (
            "error",
            f"argocd/root.yaml follows main, which {url_of(fleet)} does not have",
            "`bootstrap init --all --revision trunk` moves all that followed it; then commit,"
            " push, `bootstrap up`",
        )
    ]
    assert fleet.run("init", "--all", "--revision", "trunk").code == 0
    push(fleet, "Follow trunk", branch="trunk")
    assert findings(fleet) == [("ok", f"all follow trunk of {url_of(fleet)}", None)]


def test_a_branch_that_was_never_pushed_is_told_of_as_that(fleet: WorkTree):
    fleet.git("switch", "--quiet", "--create", "later")
    fleet.run("init", "--all", "--revision", "later")
    fleet.git("add", "--all")
    fleet.git("commit", "--quiet", "--message", "Follow later")

    assert findings(fleet) == [("ok", f"all follow later of {url_of(fleet)}", None)]
    severity, what, mend = findings(fleet, "git")[0]
    assert (severity, mend) == ("warning", "`git push origin later`")
    assert what.startswith("revision later is not pushed")


def test_an_origin_that_is_another_repository_is_named(prod: WorkTree):
    new = "https://new.example.com/team/agents.git"
    prod.git("remote", "set-url", "origin", new)
    old = "https://git.example.com/team/agents.git"

    found = prod.run("doctor", "--offline", "-o", "json").json()["findings"]

    assert [item for item in found if item["check"] == "follows"] == [
        {
            "check": "follows",
            "severity": "warning",
            "what": f"remote origin is {new}, but Argo CD follows {old} (argocd/root.yaml)",
            "why": "what is pushed to origin does not reach the cluster",
            "mend": f"if the repository moved: `bootstrap init --all --repo-url {new}`; if origin"
            " is your fork of it, nothing: what is merged there comes",
        }
    ]


@pytest.mark.parametrize("other", ["git@git.example.com:team/agents.git", "file:///srv/agents.git"])
def test_another_way_to_the_same_repository_is_none(prod: WorkTree, other: str):
    prod.git("remote", "set-url", "origin", other)
    parse_remote_url(other, source="here")

    found = prod.run("doctor", "--offline", "-o", "json").json()["findings"]

    assert [item for item in found if item["check"] == "follows"] == []


def test_an_application_of_another_name_is_an_error_until_it_is_renamed(fleet: WorkTree):
    path = "argocd/applications/staging.yaml"
    text = fleet.read(path)
    fleet.write(path, text.replace("agentsmith-staging", "team-b-staging"))
    fleet.write(path, fleet.read(path).replace("project: agentsmith\n", "project: team-b\n"))

    found = fleet.run("doctor", "--offline", "-o", "json").json()["findings"]

    assert [
        (item["severity"], item["what"], item["mend"])
        for item in found
        if item["check"] == "follows"
    ] == [
        (
            "error",
            "argocd/applications/staging.yaml is that of a repository called team-b, and"
            " argocd/root.yaml says agentsmith",
            "`bootstrap rename agentsmith` writes all files for that name; or the other one",
        )
    ]


@pytest.mark.parametrize("revision", ["HEAD", "refs/heads/main", "v1.*", ">=1.0", "0123abc4"])
def test_what_argocd_resolves_itself_is_not_called_gone(fleet: WorkTree, revision: str):
    fleet.run("init", "prod", "--revision", revision)
    push(fleet, "Follow that")

    assert "error" not in [severity for severity, _what, _mend in findings(fleet)]


def test_a_silent_remote_hides_nothing_of_one_that_answers(fleet: WorkTree, tmp_path: Path):
    fleet.git("push", "--quiet", "origin", "main:feature/x")
    fleet.run("init", "prod", "--revision", "feature/x")
    fleet.run("init", "staging", "--repo-url", (tmp_path / "nowhere.git").as_uri())
    push(fleet, "Follow feature/x")
    fleet.git("push", "--quiet", "origin", "--delete", "feature/x")

    assert findings(fleet)[0][:2] == (
        "error",
        f"prod follows feature/x, which {url_of(fleet)} does not have",
    )


@pytest.mark.parametrize(
    "configured",
    [
        ("remote.origin.url", "git@gh-work:team/agents.git"),
        ("url.git@gh-work:.insteadOf", "https://git.example.com/"),
    ],
)
def test_a_user_s_own_way_to_the_repository_is_no_other_repository(
    prod: WorkTree, configured: tuple[str, str]
):
    prod.git("config", *configured)

    found = prod.run("doctor", "--offline", "-o", "json").json()["findings"]

    assert [item for item in found if item["check"] == "follows"] == []
    assert prod.run("init", "qa").code == 0
    assert "gh-work" not in prod.read("argocd/applications/qa.yaml")
