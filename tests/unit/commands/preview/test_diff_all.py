"""`bootstrap diff --all`: environments against a revision; what can't differ is not rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.helm import Helm
from tests.support.fleet import add_chart
from tests.unit.work_tree import WorkTree

CHART = "helm/agentsmith/values.yaml"


@pytest.fixture
def fleet(
    tree: WorkTree, helm4: Path, certificate_file: Path, monkeypatch: pytest.MonkeyPatch
) -> WorkTree:
    """Environments prod, qa and staging, committed."""
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))
    add_chart(tree.root)
    for name in ("prod", "qa", "staging"):
        assert tree.run("init", name, "--cert", str(certificate_file)).code == 0
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message", "Add environments")
    return tree


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what Helm renders, in order."""
    names: list[str] = []
    real = Helm.render

    def render(self: Helm, root: Path, source: object) -> str:
        names.append(source.name)  # type: ignore[attr-defined]
        return real(self, root, source)  # type: ignore[arg-type]

    monkeypatch.setattr(Helm, "render", render)
    return names


def release(tree: WorkTree, name: str, tag: str) -> None:
    path = f"environments/{name}/values.yaml"
    tree.write(path, tree.read(path).replace("dispatcher:latest", f"dispatcher:{tag}"))


def test_nothing_that_differs_means_nothing_rendered(fleet: WorkTree, rendered: list[str]) -> None:
    done = fleet.run("diff", "--all", "--against", "HEAD")

    assert (done.code, done.out, rendered) == (0, "", [])
    assert done.lines == ["not rendered, as no file of theirs differs from HEAD: prod, qa, staging"]


def test_only_an_environment_whose_files_differ_is_rendered(
    fleet: WorkTree, rendered: list[str]
) -> None:
    release(fleet, "qa", "v2")

    done = fleet.run("diff", "--all", "--against", "HEAD")
    alone = fleet.run("diff", "qa", "--against", "HEAD")
    items = fleet.run("diff", "--all", "--against", "HEAD", "-o", "json").json()

    assert (done.code, rendered) == (1, ["qa"] * 6)
    assert done.out == f"# environment qa\n{alone.out}"
    assert done.lines == [
        "qa differs from HEAD: 1 changed",
        "not rendered, as no file of theirs differs from HEAD: prod, staging",
    ]
    assert items == [
        {
            "environment": "qa",
            "object": "Deployment agentsmith-dispatcher",
            "action": "changed",
            "diff": alone.out,
        }
    ]


def test_a_change_of_the_chart_is_one_of_every_environment(
    fleet: WorkTree, rendered: list[str]
) -> None:
    fleet.write(CHART, fleet.read(CHART) + "\n")

    done = fleet.run("diff", "--all", "--against", "HEAD")

    assert (done.code, sorted(rendered)) == (0, ["prod", "prod", "qa", "qa", "staging", "staging"])
    assert done.lines == [f"{name} is the same as HEAD" for name in ("prod", "qa", "staging")]


def test_environments_that_came_or_went_show_all_their_objects(
    fleet: WorkTree, certificate_file: Path
) -> None:
    assert fleet.run("init", "edge", "--cert", str(certificate_file)).code == 0
    (fleet.root / "argocd/applications/qa.yaml").unlink()

    done = fleet.run("diff", "--all", "--against", "HEAD", "-o", "json")

    actions = {(item["environment"], item["action"]) for item in done.json()}
    assert actions == {("edge", "added"), ("qa", "removed")}
    assert "not rendered, as no file of theirs differs from HEAD: prod, staging" in done.lines


def test_one_that_does_not_render_is_named_and_the_others_are_shown(fleet: WorkTree) -> None:
    release(fleet, "prod", "v2")
    fleet.write("environments/qa/values.yaml", "image: {dispatcher: [1]}\n")

    done = fleet.run("diff", "--all", "--against", "HEAD")

    assert done.code == 1
    assert done.out.startswith("# environment prod\n--- HEAD: Deployment agentsmith-dispatcher\n")
    assert "environments/qa/values.yaml" in done.err


def test_one_that_did_not_render_then_says_at_which_revision(fleet: WorkTree) -> None:
    fleet.write("environments/qa/values.yaml", "image: {dispatcher: [1]}\n")
    fleet.git("commit", "--quiet", "--all", "--message", "Break qa")
    fleet.git("checkout", "--quiet", "HEAD~1", "--", "environments/qa/values.yaml")

    done = fleet.run("diff", "--all", "--against", "HEAD")

    assert done.code == 1
    assert any(line.startswith("error: at HEAD: ") for line in done.lines), done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--all"], "--all compares with a revision, and live is the cluster"),
        (["--all", "--against", "qa"], "--all compares with a revision, and qa is an environment"),
        (["prod", "--all"], "--all is every environment, and prod is one"),
        ([], "say which environment, or --all"),
    ],
)
def test_usage_is_checked(fleet: WorkTree, arguments: list[str], message: str) -> None:
    done = fleet.run("diff", *arguments)

    assert (done.code, done.lines[0]) == (2, f"error: {message}")


def test_a_revision_that_is_not_here_is_named(fleet: WorkTree) -> None:
    done = fleet.run("diff", "--all", "--against", "nowhere")

    assert (done.code, done.lines[0]) == (
        1,
        "error: --against 'nowhere' is neither an environment nor a revision that is known here",
    )


def test_an_application_that_goes_elsewhere_differs_and_so_does_the_root(fleet: WorkTree) -> None:
    path = "argocd/applications/qa.yaml"
    fleet.write(path, fleet.read(path).replace("targetRevision: main", "targetRevision: develop"))
    fleet.write("argocd/root.yaml", fleet.read("argocd/root.yaml") + "# by hand\n")

    done = fleet.run("diff", "--all", "--against", "HEAD")

    assert (done.code, done.out.splitlines()[0]) == (1, "# environment qa")
    assert "+++ work tree: Application agentsmith-qa" in done.out
    assert "these differ, too: argocd/root.yaml" in done.lines
