"""Commands in a clone in which something that they need is missing: it is named, with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fleet import add_chart
from tests.unit.commands.fake_cluster import push
from tests.unit.work_tree import WorkTree

ROOT = "argocd/root.yaml"
SEALED = "environments/prod/sealed-secret.yaml"


@pytest.mark.parametrize("command", [("render", "--all"), ("status",), ("up",)])
def test_without_an_environment_one_is_to_be_made(
    tree: WorkTree, command: tuple[str, ...], helm4: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))

    done = tree.run(*command)

    assert (done.code, done.lines) == (
        1, ["error: there is no environment yet", "  fix: make one with `bootstrap init prod`"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "mend"),
    [(ROOT, "write it with `bootstrap init ENV`"), (SEALED, "run `bootstrap init prod`")],
)
def test_up_names_the_file_that_is_not_there(fleet: WorkTree, path: str, mend: str):
    (fleet.root / path).unlink()
    push(fleet, "Lose a file")

    done = fleet.run("up", "prod")

    assert (done.code, done.lines) == (1, [f"error: {path} is missing", f"  fix: {mend}"])


def test_credentials_for_no_repository_are_wrong_usage(tree: WorkTree):
    tree.git("remote", "remove", "origin")

    done = tree.run("repo", "add", "--username", "u", "--password-stdin", stdin=b"token")

    assert (done.code, done.lines) == (
        2, ["error: there is no remote origin", "  fix: say the repository with --url"]
    )  # fmt: skip


def test_a_helm_that_is_no_program_is_named(
    prod: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    add_chart(prod.root)
    helm = tmp_path / "helm"
    helm.write_bytes(b"\x7fELF of another machine")
    helm.chmod(0o755)
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm))

    done = prod.run("render", "prod")

    assert done.code == 1
    assert done.lines[0] == f"error: {helm} can't be run: exec format error"
    assert "helm.sh/docs/intro/install" in done.lines[1]
