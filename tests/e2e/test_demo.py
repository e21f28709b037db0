"""What `make demo CLUSTER=local` shows, on the cluster of the other tests."""

from __future__ import annotations

import pytest

from tests.demo import show_on_cluster
from tests.plane.target import Target
from tests.support.workspace import Workspace


def test_the_demo_on_a_cluster_checks_the_live_secret_and_shows_what_is_ready(
    plane: Target, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    show_on_cluster(plane.cluster, workspace)

    said = capsys.readouterr().out.splitlines()
    assert "    ok: not one byte differs" in said
    assert "    ok: the live Secret holds what was sealed" in said
    assert said[-2:] == [
        "    Deployment agentsmith-dispatcher: 1 ready",
        "    Deployment redis: 1 ready",
    ]
