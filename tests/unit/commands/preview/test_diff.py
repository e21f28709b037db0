"""`bootstrap diff` without a cluster: against a revision, another environment; what it predicts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bootstrap.sealing.sealed_secret import SealedSecret
from tests.support.fleet import add_chart, add_environment
from tests.unit.work_tree import WorkTree

VALUES = "environments/prod/values.yaml"


@pytest.fixture
def fleet(prod: WorkTree, helm4: Path, monkeypatch: pytest.MonkeyPatch) -> WorkTree:
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))
    add_chart(prod.root)
    prod.write("secrets.local.yaml", "githubToken: one\nslackBotToken: two\n")
    assert prod.run("seal", "secrets.local.yaml").code == 0
    prod.git("add", "--all")
    prod.git("commit", "--quiet", "--message", "Add environment prod")
    return prod


def changed_lines(diff: str) -> list[str]:
    return [
        line.strip()
        for line in diff.splitlines()
        if line[:1] in "+-" and not line.startswith(("+++", "---"))
    ]


def test_the_same_ends_with_0(fleet: WorkTree) -> None:
    done = fleet.run("diff", "prod", "--against", "HEAD")

    assert (done.code, done.out, done.err) == (0, "", "prod is the same as HEAD\n")


def test_an_image_is_one_line(fleet: WorkTree) -> None:
    text = fleet.read(VALUES).replace("dispatcher:latest", "dispatcher:v2")
    fleet.write(VALUES, text)

    done = fleet.run("diff", "prod", "--against", "HEAD")

    assert done.code == 1
    assert done.err == "prod differs from HEAD: 1 changed\n"
    assert done.out.startswith(
        "--- HEAD: Deployment agentsmith-dispatcher\n"
        "+++ work tree: Deployment agentsmith-dispatcher\n"
    )
    assert changed_lines(done.out) == [
        "-          image: agentsmith-dispatcher:latest",
        "+          image: agentsmith-dispatcher:v2",
    ]
    (item,) = fleet.run("diff", "prod", "--against", "HEAD", "-o", "json").json()
    assert item == {
        "object": "Deployment agentsmith-dispatcher",
        "action": "changed",
        "diff": done.out,
    }


def test_a_sealed_value_shows_its_key_alone(fleet: WorkTree) -> None:
    before = fleet.read("environments/prod/sealed-secret.yaml")
    fleet.write("secrets.local.yaml", "githubToken: three\n")
    assert fleet.run("seal", "secrets.local.yaml").code == 0

    done = fleet.run("diff", "prod", "--against", "HEAD")

    lines = changed_lines(done.out)
    assert [line for line in lines if "checksum/secret" not in line] == [
        "-    github-token: <sealed>",
        "+    github-token: <sealed, changed>",
    ]
    assert len(lines) == 4, "the pods roll, so their checksum differs too"
    for text in (before, fleet.read("environments/prod/sealed-secret.yaml")):
        for line in text.splitlines():
            if ": Ag" in line:
                assert line.split(": ")[1][:40] not in done.out


def test_a_revision_before_the_environment_shows_all_as_added(fleet: WorkTree) -> None:
    found = fleet.run("diff", "prod", "--against", "HEAD~1", "-o", "json").json()

    assert {item["action"] for item in found} == {"added"}
    assert "Deployment agentsmith-dispatcher" in [item["object"] for item in found]


NOT_COMPARED = (
    "not compared: {} that both have; each is sealed for its own environment, and only keys that"
    " one of them lacks are shown\n"
)


def test_environments_that_differ_by_their_namespaces_and_sealing_alone_are_the_same(
    fleet: WorkTree,
) -> None:
    sealed = dict.fromkeys(("github-token", "redis-url", "slack-bot-token"), "AgA=")
    values = fleet.read(VALUES) + "\nnamespace:\n  create: true\n"
    fleet.write(VALUES, values)
    add_environment(
        fleet.root,
        "staging",
        values=values,
        config=fleet.read("environments/prod/agentsmith.yml"),
        sealed=SealedSecret("agentsmith-staging", sealed),
    )

    done = fleet.run("diff", "prod", "--against", "staging")

    told = f"prod is the same as staging\n{NOT_COMPARED.format('3 sealed values')}"
    assert (done.code, done.out, done.err) == (0, "", told)


def test_two_environments_differ_by_what_their_files_say(fleet: WorkTree) -> None:
    add_environment(
        fleet.root,
        "staging",
        values="dispatcher:\n  replicas: 3\n",
        config=fleet.read("environments/prod/agentsmith.yml"),
        sealed=SealedSecret("agentsmith-staging", {"redis-url": "AgA=", "jira-token": "AgB="}),
    )
    fleet.write(VALUES, "dispatcher:\n  replicas: 2\n")

    done = fleet.run("diff", "prod", "--against", "staging")

    assert done.code == 1
    assert "--- staging: Deployment agentsmith-dispatcher" in done.out
    assert changed_lines(done.out) == [
        "-  replicas: 3",
        "+  replicas: 2",
        "-    jira-token: <sealed>",
        "+    github-token: <sealed>",
        "+    slack-bot-token: <sealed>",
    ]
    assert done.err == (
        f"prod differs from staging: 2 changed\n{NOT_COMPARED.format('1 sealed value')}"
    )


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (
            VALUES,
            "dispatcher:\n  replicass: 2\n",
            f"error: {VALUES}: dispatcher: additional properties 'replicass' not allowed",
        ),
        (
            VALUES,
            "redis:\n  externalUrl: other:6379\n",
            f"error: {VALUES}: redis.externalUrl and redis.urlFromSecret are for another Redis. Set"
            " redis.enabled to false with them.",
        ),
        (
            "helm/agentsmith/templates/broken.yaml",
            "{{ nothing }}\n",
            "error: prod does not render: parse error at (helm/agentsmith/templates/broken.yaml:1):"
            ' function "nothing" not defined',
        ),
    ],
)
def test_a_broken_push_is_predicted_before_the_cluster_is_asked(
    fleet: WorkTree, path: str, text: str, message: str
) -> None:
    fleet.write(path, text)

    done = fleet.run("diff", "prod")

    assert (done.code, done.out, done.lines[0]) == (1, "", message)


def test_values_sealed_for_another_namespace_are_predicted(fleet: WorkTree) -> None:
    path = "environments/prod/sealed-secret.yaml"
    assert fleet.run("init", "other").code == 0
    fleet.write(
        "environments/other/sealing-cert.pem", fleet.read("environments/prod/sealing-cert.pem")
    )
    fleet.write(
        "environments/other/sealing-key.local.pem",
        fleet.read("environments/prod/sealing-key.local.pem"),
    )
    fleet.write("secrets.local.yaml", "githubToken: three\n")
    assert fleet.run("seal", "secrets.local.yaml", "--env", "other").code == 0
    moved = fleet.read("environments/other/sealed-secret.yaml")
    fleet.write(path, moved.replace("agentsmith-other", "agentsmith-prod"))

    done = fleet.run("diff", "prod", "--against", "HEAD")
    fleet.write(path, moved)
    other = fleet.run("diff", "prod", "--against", "HEAD")

    assert (done.code, done.lines[-2]) == (
        1,
        f"error: {path}: github-token, redis-url: it is sealed for namespace agentsmith-other, not"
        " agentsmith-prod",
    )
    assert (other.code, other.lines[0]) == (
        1,
        f"error: {path}: sealed for namespace agentsmith-other, but the environment's namespace is"
        " agentsmith-prod",
    )


def test_what_is_neither_environment_nor_revision_is_named(fleet: WorkTree) -> None:
    done = fleet.run("diff", "prod", "--against", "nowhere")

    assert (done.code, done.lines[0]) == (
        1,
        "error: --against 'nowhere' is neither an environment nor a revision that is known here",
    )


@pytest.mark.parametrize("what", [["prod"], ["--all"]])
@pytest.mark.parametrize("option", ["--context", "--destination-context"])
def test_a_cluster_that_would_not_be_asked_is_not_named_in_vain(
    fleet: WorkTree, what: list[str], option: str
) -> None:
    done = fleet.run("diff", *what, "--against", "HEAD", option, "east")

    assert (done.code, done.out) == (2, "")
    assert done.lines == [
        "error: --against HEAD touches no cluster",
        f"  fix: leave {option} or --against out",
    ]


def test_a_revision_that_does_not_render_is_told_from_the_work_tree(fleet: WorkTree) -> None:
    good = fleet.read(VALUES)
    fleet.write(VALUES, "dispatcher:\n  replicass: 2\n")
    fleet.git("commit", "--quiet", "--all", "--message", "Misspell")
    fleet.write(VALUES, good)

    done = fleet.run("diff", "prod", "--against", "HEAD")

    assert (done.code, done.out, done.lines[-2]) == (
        1,
        "",
        f"error: at HEAD: {VALUES}: dispatcher: additional properties 'replicass' not allowed",
    )


def test_no_file_stays_behind(
    fleet: WorkTree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    fleet.run("diff", "prod", "--against", "HEAD")

    assert list(folder.iterdir()) == []


def test_colours_are_for_terminals(fleet: WorkTree, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.write(VALUES, fleet.read(VALUES).replace("dispatcher:latest", "dispatcher:v2"))
    plain = fleet.run("diff", "prod", "--against", "HEAD").out
    monkeypatch.setattr("bootstrap.views.diff.use_color", lambda _stream: True)

    painted = fleet.run("diff", "prod", "--against", "HEAD").out

    assert "\x1b[32m+          image: agentsmith-dispatcher:v2\x1b[0m\n" in painted
    assert "\x1b[31m-          image: agentsmith-dispatcher:latest\x1b[0m\n" in painted
    assert "\x1b[1m--- HEAD: Deployment agentsmith-dispatcher\x1b[0m\n" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == plain
