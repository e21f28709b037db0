"""The chart under Helm 3 and under Helm 4, each rendered once per request and session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chart.render import Chart


@pytest.fixture(scope="session")
def chart(helm4: Path, tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The chart under Helm 4, the one that Argo CD runs."""
    return Chart(helm4, tmp_path_factory.mktemp("values"))


@pytest.fixture(scope="session")
def chart3(helm3: Path, tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The chart under Helm 3."""
    return Chart(helm3, tmp_path_factory.mktemp("values3"))


@pytest.fixture(params=["helm3", "helm4"])
def either(request: pytest.FixtureRequest) -> Chart:
    """The chart under Helm 3, then under Helm 4."""
    found: Chart = request.getfixturevalue({"helm3": "chart3", "helm4": "chart"}[request.param])
    return found
