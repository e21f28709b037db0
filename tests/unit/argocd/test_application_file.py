"""Applications are read back from their files, the fast way like the slow way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.argocd import application_file
from bootstrap.argocd.application import render_application, render_root
from bootstrap.argocd.application_file import parse_application, parse_root
from bootstrap.environments.environment import Destination, Environment, Root
from bootstrap.errors import BootstrapError
from tests.unit.argocd.test_application import EDGE, PROD, URL

TEXT = render_application(PROD).content
LABEL = st.text("an019-", min_size=1, max_size=6)


@pytest.mark.parametrize(
    "environment",
    [
        PROD,
        EDGE,
        replace(PROD, destination=Destination(server="https://10.0.0.1:6443")),
        replace(PROD, target_revision="1e3", namespace="123"),
    ],
)
def test_environment_is_read_back_from_its_application(environment: Environment):
    text = render_application(environment).content
    assert parse_application(text, name=environment.name, path="x") == environment


def test_root_is_read_back():
    assert parse_root(render_root(Root(URL, "v1")).content) == Root(URL, "v1")


@pytest.mark.parametrize(
    ("cut", "field"),
    [
        ("spec:", "spec"),
        ("  source:", "source"),
        ("  destination:", "destination"),
        ("  syncPolicy:", "syncPolicy"),
        ("    repoURL:", "repoURL"),
        ("    targetRevision:", "targetRevision"),
        ("    namespace: agentsmith-prod", "namespace"),
        ("    server:", "name"),
    ],
)
def test_application_without_a_field_we_need_is_refused(cut: str, field: str):
    text = render_application(PROD).content
    assert cut in text
    text = text.replace(cut, cut.replace(cut.strip(), f"x{cut.strip()}"), 1)
    with pytest.raises(BootstrapError) as caught:
        parse_application(text, name="prod", path="argocd/applications/prod.yaml")
    assert caught.value.message == (
        f"argocd/applications/prod.yaml: no valid {field!r},"
        " so it is not an Application that bootstrap wrote"
    )
    assert caught.value.hint == (
        "restore it with `git checkout`, or delete it and run `bootstrap init` again"
    )


def test_a_file_as_we_write_it_needs_no_parser(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(application_file, "parse_mapping", None)
    assert parse_application(TEXT, name="prod", path="x") == PROD


@given(LABEL, LABEL, st.sampled_from(["main", "v1", "1e3", "no", "a/b-c.d"]))
def test_the_fast_way_reads_what_the_slow_way_reads(name: str, namespace: str, revision: str):
    environment = replace(PROD, name=name, namespace=namespace, target_revision=revision)
    text = render_application(environment).content
    assert application_file._read_unchanged(text, name) in (None, environment)
    assert application_file._read(text, name, "x") == environment


@given(st.integers(0, len(TEXT) - 1), st.sampled_from([*"a01 -:#'\"\n{", ""]))
def test_the_fast_way_leaves_what_was_changed_to_the_slow_way(place: int, char: str):
    text = TEXT[:place] + char + TEXT[place + 1 :]
    found = application_file._read_unchanged(text, "prod")
    assert found is None or found == application_file._read(text, "prod", "x")
