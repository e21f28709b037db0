"""The table of the outside: the only place of its facts, and the page that is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bootstrap import upstream
from bootstrap.commands.doctor.versions import least_version, parse_version
from tests.support.reading import read_yaml
from tests.tools.catalog import TOOLS
from tests.upstream_page import PAGE, page

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "bootstrap/upstream.py"
# Kinds of what only the table may name, so that one that it has not yet is found, too.
KINDS = (
    r"https?://[\w.-]+\.github\.io/\S+",
    r"oci://\w\S*",
    r"https?://raw\.githubusercontent\.com\S*",
    r"\b(?:docker|ghcr|quay)\.io/\S+",
    r"\bregistry-1\.docker\.io\S*",
    r"github\.com/bitnami(?:-labs)?/sealed-secrets",
    r"(?:Argo CD|sealed-secrets) v?\d+\.\d+(?:\.\d+)?",
)


def literals() -> list[str]:
    """Return a pattern for each value of the table that is more than two numbers."""
    values = [fact.value for fact in upstream.FACTS] + [move.old for move in upstream.MOVES]
    long = [value for value in values if not re.fullmatch(r"\d+\.\d+", value)]
    return [rf"(?<![\w.]){re.escape(value)}(?!\w|\.\d)" for value in long]


def sources() -> Iterator[Path]:
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted((ROOT / "bootstrap").rglob("*.py"))


def found_in(text: str) -> list[str]:
    return [match[0] for form in (*KINDS, *literals()) for match in re.finditer(form, text)]


def test_nothing_but_the_table_names_an_address_an_image_or_a_version_of_others() -> None:
    found = {
        str(file.relative_to(ROOT)): named
        for file in sources()
        if file not in (TABLE, PAGE) and (named := found_in(file.read_text()))
    }

    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "--repo https://charts.github.io/some-chart",
        "oci://ghcr.io/argoproj/argo-helm",
        "image: docker.io/bitnami/sealed-secrets-controller",
        "with Argo CD 3.3 or later",
        f'version="{upstream.ARGO_CD_CHART.value}"',
        f"see {upstream.MOVES[0].old}.",
    ],
)
def test_such_a_literal_would_be_found(text: str) -> None:
    assert found_in(text) != []


def test_the_page_is_made_of_the_table() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.upstream_page`"


def test_every_fact_is_listed_once_and_says_when_and_where_it_was_looked_up() -> None:
    named = [fact for fact in vars(upstream).values() if isinstance(fact, upstream.Fact)]

    assert named == list(upstream.FACTS)
    assert len({fact.what for fact in named}) == len(named)
    for row in (*upstream.FACTS, *upstream.MOVES):
        assert date.fromisoformat(row.checked) >= date(2026, 11, 28)
        assert row.where
    for move in upstream.MOVES:
        assert move.new in upstream.FACTS
        assert date.fromisoformat(move.since) < date.fromisoformat(move.checked)
        assert move.old not in {fact.value for fact in upstream.FACTS}


def test_the_oldest_supported_are_those_that_the_tests_and_the_chart_know() -> None:
    chart = read_yaml((ROOT / "helm/agentsmith/Chart.yaml").read_text())
    oldest = TOOLS["sealed-secrets-controller-oldest"].version()

    assert oldest == f"v{upstream.SEALED_SECRETS_OLDEST.value}"
    assert least_version(chart["kubeVersion"]) == parse_version(upstream.KUBERNETES_OLDEST.value)


def test_what_is_installed_is_not_older_than_what_is_supported() -> None:
    for installed, oldest in (
        (upstream.ARGO_CD, upstream.ARGO_CD_OLDEST),
        (upstream.SEALED_SECRETS, upstream.SEALED_SECRETS_OLDEST),
    ):
        newer, older = parse_version(installed.value), parse_version(oldest.value)
        assert newer is not None
        assert older is not None
        assert newer > older
