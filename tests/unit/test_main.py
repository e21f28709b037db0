from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.unit.work_tree import WorkTree


def imported(*arguments: str) -> set[str]:
    """Return the top-level modules that `python -m bootstrap` imports."""
    return {name.partition(".")[0] for name in loaded(*arguments)}


def loaded(*arguments: str) -> set[str]:
    """Return every module that `python -m bootstrap` imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bootstrap", *arguments],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "typer" in names
    return names


@pytest.mark.parametrize("arguments", [["--help"], ["init", "--help"]])
def test_help_waits_for_no_library(arguments: list[str]):
    assert (
        imported(*arguments) & {"kubernetes", "cryptography", "ruamel", "dotenv", "yaml"} == set()
    )


def test_commands_that_touch_no_cluster_do_not_load_its_client(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(prod.root)
    prod.write("s.local.yaml", "githubToken: x\n")
    for arguments in (["init", "prod"], ["seal", "s.local.yaml"]):
        modules = imported(*arguments)
        assert modules & {"kubernetes", "urllib3", "requests"} == set()
        assert "cryptography" in modules
    assert "ruamel" not in modules, "plain files need no parser, which takes 40 ms to load"


def test_a_question_to_a_cluster_loads_none_of_the_clients_models(
    prod: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(prod.root)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], users: [],"
        " contexts: [{name: c, context: {cluster: c}}], current-context: c}"
    )
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    for command in (["status"], ["doctor", "--context", "c"], ["clusters"]):
        modules = loaded(*command)
        assert "kubernetes.client" in modules, command
        heavy = re.compile(r"kubernetes\.client\.(models|api)\.\w+")
        assert [name for name in modules if heavy.fullmatch(name)] == []


def test_debug_adds_where_an_error_came_from_and_nothing_else(tree: WorkTree):
    arguments = ["seal", "none.local.yaml", "--env", "prod"]
    assert tree.run("init", "prod").code == 0
    plain = tree.run(*arguments)
    debugged = tree.run("--debug", *arguments)
    assert plain.lines == [
        "error: none.local.yaml: no such file or directory",
        "  fix: check the path and its permissions",
    ]
    assert (debugged.code, debugged.out, debugged.lines[:2]) == (1, "", plain.lines)
    origin = debugged.lines[2:]
    assert origin[0] == "    BootstrapError, raised through:"
    assert "    FileNotFoundError, raised through:" in origin
    assert any("input.py:" in line for line in origin)
    assert all(" in " in line or line.endswith(", raised through:") for line in origin)
    assert tree.run(*arguments).lines == plain.lines, "it is for one run"


def test_debug_says_nothing_where_all_is_well(tree: WorkTree):
    assert "raised" not in tree.run("--debug", "init", "prod").err


def test_a_timeout_that_is_no_duration_is_wrong_usage(tree: WorkTree):
    for text in ("soon", "-1s", "1.5h", ""):
        ended = tree.run("up", "prod", "--timeout", text)
        assert (ended.code, ended.lines) == (
            2,
            [
                f"error: --timeout {text!r} is no duration",
                "  fix: write it like 90s, 5m or 1h",
            ],
        )


def test_a_working_directory_that_is_gone_is_said(tree: WorkTree, tmp_path: Path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = (
        f"cd {gone} && rmdir {gone} &&"
        f" {sys.executable} -c 'from bootstrap.__main__ import main; main()' check"
    )
    done = subprocess.run(
        ["sh", "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == "error: the working directory is gone\n  fix: cd to your clone\n"
    assert done.returncode == 1


def test_the_version_is_that_of_the_package(tree: WorkTree):
    ended = tree.run("--version")

    assert (ended.code, ended.out, ended.err) == (0, f"{version('agentsmith-bootstrap')}\n", "")


def test_wrong_usage_is_two(tree: WorkTree):
    assert tree.run("nonsense").code == 2
    assert tree.run("init").code == 2
    assert tree.run("init", "prod", "--sync", "sometimes").code == 2


def test_a_full_disk_under_the_output_is_no_bug(prod: WorkTree):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bootstrap", "keys", "list", "-o", "json"],
            cwd=prod.root, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: the output can't be written: no space left on device",
        "  fix: make room where it goes, then run this again",
    ]
