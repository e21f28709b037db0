"""`init --all` and `rename`: every file at once, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.argocd.application import render_application, render_root
from bootstrap.argocd.platform import render_chart_application, render_platform
from bootstrap.argocd.platform_charts import PLATFORM_CHARTS
from bootstrap.argocd.project import render_project
from bootstrap.commands.init.rewrite import RewriteOptions, rewrite
from bootstrap.environments.environment import Destination, Environment, Root
from bootstrap.environments.names import Names
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from tests.unit.commands.watch.test_wait_loop import Log
from tests.unit.work_tree import ORIGIN, WorkTree

NEW = "https://new.example.com/team/agents.git"
HERE = Destination(server="https://kubernetes.default.svc")
PROD = Environment("prod", "agentsmith-prod", ORIGIN, "main", HERE)
SECRETS = "secrets:\n  github-token: gh-plain\n"


def files(tree: WorkTree) -> dict[str, str]:
    return {
        path: tree.read(path)
        for path in ("argocd/project.yaml", "argocd/root.yaml", "argocd/applications/prod.yaml")
    }


def expected(environment: Environment, root: Root) -> dict[str, str]:
    made = [render_project([environment], root), render_root(root), render_application(environment)]
    return {item.path: item.content for item in made}


def test_a_repository_is_named_by_its_first_init_and_keeps_the_name(tree: WorkTree):
    team = Names("team-b")
    named = Environment("prod", "team-b-prod", ORIGIN, "main", HERE, names=team)

    assert tree.run("init", "prod", "--name", "team-b").code == 0
    assert files(tree) == expected(named, Root(ORIGIN, "main", team))
    before = tree.snapshot()
    assert tree.run("init", "prod").code == 0
    assert tree.run("init", "prod", "--name", "team-b").code == 0
    assert tree.snapshot() == before
    other = tree.run("init", "staging", "--name", "team-c")
    assert (other.code, other.lines) == (
        2,
        [
            "error: this repository is called team-b (argocd/root.yaml), not team-c",
            "  fix: `bootstrap rename team-c` changes every file at once; or leave --name out",
        ],
    )
    assert tree.run("init", "staging").code == 0
    assert "name: team-b-staging\n" in tree.read("argocd/applications/staging.yaml")


def test_rename_changes_every_file_at_once_and_a_second_time_nothing(prod: WorkTree):
    team = Names("team-b")
    named = Environment("prod", "team-b-prod", ORIGIN, "main", HERE, names=team)

    dry = prod.run("rename", "team-b", "--offline", "--dry-run")
    untouched = files(prod) == expected(PROD, Root(ORIGIN, "main"))
    done = prod.run("rename", "team-b", "--offline")
    again = prod.run("rename", "team-b", "--offline")

    assert (dry.code, untouched) == (0, True)
    assert "+  name: team-b-root" in dry.out.splitlines()
    assert (done.code, done.lines) == (
        0,
        [
            "updated: environments/prod/sealed-secret.yaml",
            "updated: argocd/project.yaml",
            "updated: argocd/root.yaml",
            "updated: argocd/applications/prod.yaml",
            "next:",
            "  git add environments argocd && git commit && git push",
            "  bootstrap up",
        ],
    )
    assert files(prod) == expected(named, Root(ORIGIN, "main", team))
    assert "namespace: team-b-prod\n" in prod.read("environments/prod/sealed-secret.yaml")
    assert (again.code, again.lines[-1]) == (0, "everything is up to date; nothing changed")


def test_rename_keeps_a_namespace_that_values_are_sealed_for_and_says_so(prod: WorkTree):
    prod.write("secrets.local.yaml", SECRETS)
    assert prod.run("seal", "secrets.local.yaml").code == 0
    sealed = prod.read("environments/prod/sealed-secret.yaml")

    done = prod.run("rename", "team-b", "--offline", "-o", "json")

    assert done.code == 0
    (kept,) = done.json()["kept"]
    assert kept.startswith("prod keeps namespace agentsmith-prod, for which its values are sealed")
    assert prod.read("environments/prod/sealed-secret.yaml") == sealed
    assert "namespace: agentsmith-prod\n" in prod.read("argocd/applications/prod.yaml")
    assert done.json()["after"] == {
        "name": "team-b", "repoURL": ORIGIN, "targetRevision": "main",
    }  # fmt: skip


def test_rename_without_an_answer_is_refused(prod: WorkTree):
    before = prod.snapshot()
    done = prod.run("rename", "team-b")
    assert done.code == 1
    assert done.lines[0].endswith("; so nobody knows whether Argo CD runs this repository already")
    assert done.lines[1].endswith("or, if it never did: `bootstrap rename NAME --offline`")
    assert prod.snapshot() == before


def live(url: str, project: str = "agentsmith") -> dict[str, Any]:
    return {"spec": {"project": project, "source": {"repoURL": url}}}


def test_rename_of_what_runs_is_refused_and_the_way_is_told(prod: WorkTree):
    before = prod.snapshot()
    running = {"agentsmith-root": live(ORIGIN), "agentsmith-prod": live(ORIGIN)}
    with pytest.raises(BootstrapError) as refused:
        rewrite(
            RewriteOptions(name="team-b"), repository=Repository(prod.root),
            ask_live=lambda: running, reporter=Log(),
        )  # fmt: skip
    assert "(agentsmith-prod, agentsmith-root)" in refused.value.message
    assert refused.value.hint.index("application agentsmith-root") < refused.value.hint.index(
        "application agentsmith-prod"
    )
    assert prod.snapshot() == before


def test_rename_beside_another_repository_of_the_name_is_what_it_is_for(prod: WorkTree):
    theirs = "https://git.example.com/other/agents.git"
    result = rewrite(
        RewriteOptions(name="team-b"), repository=Repository(prod.root),
        ask_live=lambda: {"agentsmith-root": live(theirs)}, reporter=Log(),
    )  # fmt: skip
    assert result.changed


def test_a_moved_repository_has_one_command_for_all_files(prod: WorkTree):
    done = prod.run("init", "--all", "--repo-url", NEW)

    moved = Environment("prod", "agentsmith-prod", NEW, "main", HERE)
    assert files(prod) == expected(moved, Root(NEW, "main"))
    assert (done.code, done.lines[-5:]) == (
        0,
        [
            "next:",
            "  git add environments argocd && git commit && git push",
            "  `bootstrap repo add` if Argo CD needs credentials for the new address",
            "  `bootstrap webhook set --provider PROVIDER` if the provider is another",
            "  bootstrap up --adopt",
        ],
    )


def test_a_renamed_branch_moves_those_that_followed_it_and_names_the_others(
    prod: WorkTree, certificate_file: Any
):
    cert = ("--cert", str(certificate_file))
    assert prod.run("init", "pinned", "--revision", "v1", *cert).code == 0
    assert prod.run("init", "away", "--repo-url", NEW, *cert).code == 0

    done = prod.run("init", "--all", "--revision", "trunk", "--repo-url", ORIGIN + "x")

    assert [line for line in done.lines if line.startswith("warning")] == [
        f"warning: left as it is: away is cloned from {NEW}, not {ORIGIN}: `bootstrap init away"
        f" --repo-url {ORIGIN}x` if it moved, too",
        f"warning: left as it is: away follows main of {NEW}: `bootstrap init away --revision"
        " trunk` if it is to follow that, too",
        "warning: left as it is: pinned follows v1: `bootstrap init pinned --revision trunk` if it"
        " is to follow that, too",
    ]
    assert "targetRevision: trunk\n" in prod.read("argocd/root.yaml")
    assert "targetRevision: trunk\n" in prod.read("argocd/applications/prod.yaml")
    assert "targetRevision: v1\n" in prod.read("argocd/applications/pinned.yaml")
    assert f"repoURL: {NEW}\n" in prod.read("argocd/applications/away.yaml")


def test_the_platform_moves_along_and_a_chart_s_file_keeps_every_other_byte(prod: WorkTree):
    old, new = Root(ORIGIN, "main"), Root(NEW, "main", Names("team-b"))
    charts = list(PLATFORM_CHARTS)
    for chart in charts:
        item = render_chart_application(chart, old)
        prod.write(item.path, "# mine\n" + item.content)
    for item in render_platform(old, charts):
        prod.write(item.path, item.content)

    assert prod.run("init", "--all", "--repo-url", NEW).code == 0
    assert prod.run("rename", "team-b", "--offline").code == 0

    for chart in charts:
        text = prod.read(render_chart_application(chart, new).path)
        before = render_chart_application(chart, old).content
        assert text == "# mine\n" + before.replace(
            "project: agentsmith-platform", "project: team-b-platform"
        )
    for item in render_platform(new, charts):
        assert prod.read(item.path) == item.content


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("init",), "no environment is named"),
        (("init", "--all"), "--all changes what all environments share"),
        (("init", "prod", "--all", "--name", "b"), "with --all, only --name, --repo-url and"),
        (("init", "--all", "--sync", "manual"), "with --all, only --name, --repo-url and"),
        (("rename", "kube-x", "--offline"), "repository name 'kube-x' belongs to the cluster"),
    ],
)
def test_wrong_usage(prod: WorkTree, arguments: tuple[str, ...], message: str):
    before = prod.snapshot()
    done = prod.run(*arguments)
    assert done.code == 2
    assert done.lines[0].startswith(f"error: {message}")
    assert prod.snapshot() == before


def test_without_a_root_there_is_nothing_to_change(tree: WorkTree):
    done = tree.run("rename", "team-b", "--offline")
    assert (done.code, done.lines[0]) == (1, "error: argocd/root.yaml is missing")


def test_an_environment_of_another_repository_keeps_its_branch_and_that_is_said(prod: WorkTree):
    other = "https://git.example.com/other/repo.git"
    assert prod.run("init", "other", "--repo-url", other).code == 0

    done = prod.run("init", "--all", "--revision", "trunk")

    assert (done.code, "targetRevision: main" in prod.read("argocd/applications/other.yaml")) == (
        0,
        True,
    )
    assert (
        f"warning: left as it is: other follows main of {other}: `bootstrap init other --revision"
        " trunk` if it is to follow that, too"
    ) in done.lines


def test_what_does_not_follow_what_was_asked_for_is_named_though_the_root_does(prod: WorkTree):
    assert prod.run("init", "prod", "--revision", "release").code == 0

    done = prod.run("init", "--all", "--revision", "main")

    assert done.lines == [
        *(line for line in done.lines if line.startswith("unchanged")),
        "warning: left as it is: prod follows release: `bootstrap init prod --revision main` if it"
        " is to follow that, too",
        "everything is up to date; nothing changed",
    ]


def test_the_next_line_works_where_it_is_printed(prod: WorkTree):
    done = prod.run("rename", "team-b", "--offline", folder="environments")

    assert "  git add . ../argocd && git commit && git push" in done.lines


def test_other_files_of_the_platform_are_named_with_what_to_write_there(prod: WorkTree):
    path = "argocd/platform/own.yaml"
    text = f"spec:\n  project: agentsmith-platform\n  source:\n    repoURL: {ORIGIN}\n"
    prod.write(path, text)

    moved = prod.run("init", "--all", "--repo-url", NEW)
    named = prod.run("rename", "team-b", "--offline")

    assert (
        f"warning: left as it is: {path} is yours, and has repoURL {ORIGIN}: write {NEW} there"
        in (moved.lines)
    )
    assert (
        f"warning: left as it is: {path} is yours, and has project agentsmith-platform: write"
        " team-b-platform there"
    ) in named.lines
    assert prod.read(path) == text
