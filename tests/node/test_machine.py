"""Where no kubelet can run this is said by name, and it is a failure where one is required."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node import machine

_PROJECT = Path(__file__).parents[2]


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "runc" else name)
    assert "not found: runc" in (machine.obstacle() or "")
    assert machine.PACKAGES.name in (machine.obstacle() or "")


def test_without_root_there_is_no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert machine.obstacle() == "a kubelet needs root"


@pytest.mark.slow  # a run of pytest in each
@pytest.mark.parametrize(
    ("require", "exit_code", "outcome"),
    [("", 0, "NOT tried"), ("1", 1, "is set, but")],
)
def test_the_node_tests_never_pass_silently(require: str, exit_code: int, outcome: str) -> None:
    """Without any program on PATH a node is impossible for root and for everybody else."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "network_policies",
         "tests/e2e/test_chart_on_node.py"],
        cwd=_PROJECT, env={"PATH": "/nonexistent", machine.REQUIRE: require},
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == exit_code, run.stdout + run.stderr
    assert outcome in run.stdout
    assert "passed" not in run.stdout
