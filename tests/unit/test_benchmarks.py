"""The benchmark runs; what it finds is for a quiet machine to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sealing import main


def test_sealing_is_measured_side_by_side_with_kubeseal(
    kubeseal: Path, capsys: pytest.CaptureFixture[str]
):
    ratios = main(
        ["--environments", "2", "--values", "5", "--rounds", "1", "--kubeseal", str(kubeseal)]
    )
    assert sorted(ratios) == ["fleet", "loop", "start-up"]
    assert all(ratio > 0 for ratio in ratios.values())
    assert "2 environments of 11 values" in capsys.readouterr().out
