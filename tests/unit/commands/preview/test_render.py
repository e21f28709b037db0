"""`bootstrap render`: the manifests on stdout, one error a line, no plaintext Secret anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.argocd.application_file import ApplicationFile, read_application
from bootstrap.checkout import environments
from bootstrap.helm import Helm
from tests.support.fleet import add_chart, add_environment
from tests.support.render import load_yaml, render_application
from tests.unit.work_tree import WorkTree


@pytest.fixture
def fleet(tree: WorkTree, helm4: Path, monkeypatch: pytest.MonkeyPatch) -> WorkTree:
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))
    add_chart(tree.root)
    for name in ("prod", "staging"):
        add_environment(tree.root, name)
    return tree


def test_text_is_what_helm_prints(fleet: WorkTree, helm4: Path) -> None:
    source = add_environment(fleet.root, "prod")

    done = fleet.run("render", "prod")

    assert (done.code, done.err) == (0, "")
    assert done.out == Helm(str(helm4)).render(fleet.root, source)
    assert "helm.sh/hook: pre-delete" in done.out, "hooks are part of what Argo CD applies"
    assert "agentsmith-test" not in done.out, "Helm's tests are not"


def test_objects_are_those_that_the_tests_own_render_gives(fleet: WorkTree, helm4: Path) -> None:
    application = load_yaml(fleet.root / "argocd/applications/prod.yaml")

    found = fleet.run("render", "--all", "-o", "json", "--kube-version", "1.36.3").json()

    wanted = render_application(helm4, fleet.root, application)
    assert found[0]["objects"] == [item for item in wanted if item["kind"] != "Pod"]


def test_json_is_a_list_of_environments_with_their_objects(fleet: WorkTree) -> None:
    found = fleet.run("render", "--all", "-o", "json").json()

    assert [(item["environment"], item["namespace"]) for item in found] == [
        ("prod", "agentsmith-prod"),
        ("staging", "agentsmith-staging"),
    ]
    kinds = {(item["kind"], item["metadata"]["name"]) for item in found[0]["objects"]}
    assert ("Deployment", "agentsmith-dispatcher") in kinds


def test_all_marks_each_environment(fleet: WorkTree) -> None:
    one = fleet.run("render", "prod").out
    two = fleet.run("render", "staging").out

    done = fleet.run("render", "--all")

    assert done.out == f"# environment prod\n{one}# environment staging\n{two}"


def test_files_are_written_whole_and_only_where_something_changed(
    fleet: WorkTree, tmp_path: Path
) -> None:
    folder = tmp_path / "rendered"
    first = fleet.run("render", "--all", "--output-dir", str(folder))
    fleet.write("environments/prod/values.yaml", "image:\n  dispatcher: d:2\n")
    second = fleet.run("render", "--all", "--output-dir", str(folder))

    assert sorted(path.name for path in folder.iterdir()) == ["prod.yaml", "staging.yaml"]
    assert (folder / "prod.yaml").read_text() == fleet.run("render", "prod").out
    assert first.err == f"2 environments rendered to {folder}, 2 changed\n"
    assert second.err == f"2 environments rendered to {folder}, 1 changed\n"


def test_plaintext_secrets_in_values_are_masked_and_told(fleet: WorkTree) -> None:
    fleet.write("environments/prod/values.yaml", "secrets:\n  githubToken: ghp_plain\n")
    fleet.write("environments/prod/sealed-secret.yaml", "")

    done = fleet.run("render", "prod")

    assert done.code == 0
    assert done.err == (
        "warning: prod: a Secret is rendered from plaintext in values.yaml; its values are not"
        " shown (`bootstrap seal` keeps them out of Git)\n"
    )
    assert "github-token: <secret>" in done.out
    assert "Z2hwX3BsYWlu" not in done.out
    assert "ghp_plain" not in done.out


def test_a_broken_environment_is_named_and_the_others_are_shown(fleet: WorkTree) -> None:
    fleet.write("environments/prod/values.yaml", "dispatcher:\n  replicass: 2\n")

    one = fleet.run("render", "prod")
    every = fleet.run("render", "--all")
    fleet.write("environments/staging/values.yaml", "a: [\n")
    both = fleet.run("render", "--all")

    message = (
        "error: environments/prod/values.yaml: dispatcher: additional properties 'replicass' not"
        " allowed"
    )
    assert (one.code, one.out, one.lines[0]) == (1, "", message)
    assert (every.code, every.lines[0]) == (1, message)
    assert every.out.startswith("# environment staging\n---\n")
    assert both.lines[2].startswith("error: environments/staging/values.yaml: yaml: ")
    assert both.lines[-2] == "error: 2 environments don't render: prod, staging"


def test_usage_is_checked(fleet: WorkTree) -> None:
    assert fleet.run("render").code == 2
    both = fleet.run("render", "prod", "--all")
    assert (both.code, both.lines) == (
        2,
        [
            "error: --all is every environment, and prod is one",
            "  fix: leave one of them out",
        ],
    )
    assert fleet.run("render", "nowhere").code == 2
    assert fleet.run("render", "prod", "-o", "json", "--output-dir", "x").code == 2
    assert not (fleet.root / "x").exists()


def test_a_folder_that_can_not_be_made_is_named(fleet: WorkTree, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", tmp_path / "file/below"):
        done = fleet.run("render", "prod", "--output-dir", str(folder))
        assert done.code == 1
        assert done.lines[0].startswith(f"error: --output-dir {folder}: ")


def test_a_template_that_renders_to_no_object_is_named(fleet: WorkTree) -> None:
    fleet.write("helm/agentsmith/templates/more.yaml", "a: b\n")

    done = fleet.run("render", "prod", "-o", "json")
    diff = fleet.run("diff", "prod", "--against", "staging")

    message = (
        "error: agentsmith/templates/more.yaml renders to what is no object of Kubernetes: it has"
        " no metadata"
    )
    assert (done.code, done.lines[0]) == (1, message)
    assert (diff.code, diff.lines[0]) == (1, message)


def test_a_malformed_application_is_named_and_the_others_are_shown(fleet: WorkTree) -> None:
    path = "argocd/applications/prod.yaml"
    text = fleet.read(path)
    alone = fleet.run("render", "staging").out

    for old, new in (
        ("releaseName: agentsmith", "releaseName: agentsmith\n      skipCrds: true"),
        ("spec:\n", "other:\n"),
        ("  destination:", "  - destination:"),
    ):
        fleet.write(path, text.replace(old, new, 1))
        done = fleet.run("render", "--all")
        assert (done.code, done.out) == (1, f"# environment staging\n{alone}")
        assert done.lines[0].startswith(f"error: {path}:")
        assert fleet.run("render", "prod").lines[0] == done.lines[0]


@pytest.mark.parametrize(
    "command", [["render", "prod"], ["render", "--all"], ["diff", "prod", "--against", "staging"]]
)
def test_what_is_rendered_is_what_was_checked(
    command: list[str], fleet: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def read(text: str, *, name: str, path: str) -> ApplicationFile:
        parsed.append(name)
        return read_application(text, name=name, path=path)

    monkeypatch.setattr(environments, "read_application", read)

    done = fleet.run(*command)

    if command[0] == "diff":
        assert done.lines[0] == "prod is the same as staging"
        assert parsed.count("prod") == 2, "it looks for what was sealed for another, too"
    else:
        assert done.code == 0
        assert parsed.count("prod") == 1
