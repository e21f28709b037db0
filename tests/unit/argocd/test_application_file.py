"""Applications are read back from their files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(LABEL, LABEL, st.sampled_from(["main", "v1", "1e3", "no", "a/b-c.d"]))
def test_any_names_are_read_as_they_were_given(name: str, namespace: str, revision: str):
    environment = replace(PROD, name=name, namespace=namespace, target_revision=revision)
    text = render_application(environment).content
    try:
        assert parse_application(text, name=name, path="x") == environment
    except BootstrapError as error:
        assert "changed by hand to what bootstrap refuses" in error.message


@pytest.mark.parametrize("written", ["no", "123", "1e3", "~", "0x1f"])
def test_what_is_no_text_to_argo_cd_is_no_namespace(written: str):
    text = TEXT.replace("namespace: agentsmith-prod", f"namespace: {written}", 1)
    assert text != TEXT
    with pytest.raises(BootstrapError) as caught:
        parse_application(text, name="prod", path="p.yaml")
    assert caught.value.message == (
        "p.yaml: no valid 'namespace', so it is not an Application that bootstrap wrote"
    )
