"""No command of a guide goes untried without a reason."""

from __future__ import annotations

import re

import pytest

from tests.chart.guides import GUIDES, NAMES, NOT_RUN, block, blocks
from tests.chart.render import CHART

E2E = CHART.parents[1] / "tests" / "e2e"


def named_in_tests() -> set[str]:
    """Return the blocks that the end-to-end tests ask for by name."""
    quoted = "|".join(re.escape(f'"{name}"') for name in blocks())
    sources = [path.read_text(encoding="utf-8") for path in sorted(E2E.glob("test_chart_*.py"))]
    return {name.strip('"') for source in sources for name in re.findall(quoted, source)}


def test_every_block_is_run_by_a_test_or_listed_with_a_reason() -> None:
    assert set(NOT_RUN) <= set(blocks()), "a listed block is gone"
    assert named_in_tests() | set(NOT_RUN) == set(blocks())
    assert not named_in_tests() & set(NOT_RUN)
    assert all(len(reason) > 20 for reason in NOT_RUN.values())


def test_every_shell_block_is_found() -> None:
    written = sum((GUIDES / f"{name}.md").read_text().count("```sh\n") for name in NAMES)
    assert len(blocks()) == written > 15
    others = {path.stem for path in GUIDES.glob("helm-*.md")} - set(NAMES)
    assert not others, "a guide of the chart that nobody looks at"


@pytest.mark.parametrize("guide", NAMES)
def test_code_of_a_guide_says_its_language(guide: str) -> None:
    marks = re.findall(r"(?m)^ *```(.*)$", (GUIDES / f"{guide}.md").read_text())
    assert set(marks[::2]) <= {"sh", "yaml"}
    assert set(marks[1::2]) <= {""}


def test_a_block_is_taken_to_another_namespace() -> None:
    text = block("helm-local: 3. Install", "mine")
    assert "helm install agentsmith ./helm/agentsmith -n mine --create-namespace" in text
    assert "-n agentsmith" not in text
    assert "agentsmith-prod" not in block("helm-production: 1. Namespace", "mine")
