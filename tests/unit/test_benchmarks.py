"""The benchmark runs; what it finds is for a quiet machine to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fleet import main as measure_fleet
from benchmarks.sealing import main

pytestmark = pytest.mark.slow


def test_sealing_is_measured_side_by_side_with_kubeseal(
    kubeseal: Path, capsys: pytest.CaptureFixture[str]
):
    ratios = main(
        ["--environments", "2", "--values", "5", "--rounds", "1", "--kubeseal", str(kubeseal)]
    )
    assert sorted(ratios) == ["fleet", "loop", "start-up"]
    assert all(ratio > 0 for ratio in ratios.values())
    assert "2 environments of 11 values" in capsys.readouterr().out


def test_rendering_and_one_more_environment_are_measured(
    helm4: Path, capsys: pytest.CaptureFixture[str]
):
    ratios = measure_fleet(
        [
            "--render",
            "5",
            "--init",
            "1",
            "2",
            "--status",
            "1",
            "3",
            "--rounds",
            "1",
            "--helm",
            str(helm4),
        ]
    )
    assert sorted(ratios) == ["init", "render 5", "status"]
    assert all(ratio > 0 for ratio in ratios.values())
    assert "5 environments rendered" in capsys.readouterr().out
