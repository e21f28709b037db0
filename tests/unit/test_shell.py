"""Lines that a person copies: their paths work in the folder that they are printed in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bootstrap.shell import from_here
from tests.unit.work_tree import WorkTree


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        (".", "environments argocd/root.yaml 'a b'"),
        ("environments", ". ../argocd/root.yaml '../a b'"),
        ("environments/prod", ".. ../../argocd/root.yaml '../../a b'"),
    ],
)
def test_paths_of_the_work_tree_lead_there_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, shown: str
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "environments/prod").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / folder)

    assert from_here("environments", "argocd/root.yaml", "a b") == shown


def test_outside_of_a_work_tree_paths_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert from_here("environments") == "environments"


@pytest.mark.parametrize(
    "command",
    [
        ("init", "prod", "--namespace", "agents"),
        ("seal", "secrets.local.yaml"),
        ("seal", "--all"),
        ("upgrade", "prod", "--dispatcher", ":2"),
        ("pause", "prod"),
        ("destroy", "prod", "--yes"),
    ],
    ids=" ".join,
)
def test_the_printed_git_add_works_in_a_folder_below(
    prod: WorkTree, command: tuple[str, ...]
) -> None:
    prod.git("add", "--all")
    prod.git("commit", "--quiet", "--message", "Add environment prod")
    folder = prod.write("docs/secrets.local.yaml", "githubToken: one\n").parent
    prod.write("environments/prod/secrets.local.yaml", "githubToken: two\n")

    done = prod.run(*command, folder="docs")
    (line,) = re.findall(r"git add .*?(?= && )", done.err)
    subprocess.run(["sh", "-euc", line], cwd=folder, check=True)

    assert done.code == 0
    left = [entry for entry in prod.git("status", "--porcelain").splitlines() if entry[1] != " "]
    assert left == []
    assert prod.git("diff", "--cached", "--name-only") != ""
