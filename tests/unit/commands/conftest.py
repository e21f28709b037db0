"""Fixtures of the commands that push."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.shared_tree import Shared, share
from tests.unit.work_tree import WorkTree


@pytest.fixture
def shared(prod: WorkTree, tmp_path: Path) -> Shared:
    """The tree with an environment prod, pushed to a remote of its own."""
    return share(prod, tmp_path)
