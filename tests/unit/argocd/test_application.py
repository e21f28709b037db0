from __future__ import annotations

from dataclasses import replace

import pytest
import yaml as yaml11

from bootstrap.argocd.application import render_application, render_root
from bootstrap.argocd.project import render_project
from bootstrap.environments.environment import Destination, Environment, Root, parse_destination
from tests.unit.golden import check_golden

URL = "https://git.example.com/team/agents.git"
PROD = Environment("prod", "agentsmith-prod", URL, "main", parse_destination(None))
EDGE = Environment(
    "no", "agents", "git@github.com:t/a.git", "v1.0", Destination(name="edge"), automated=False
)


@pytest.mark.parametrize("environment", [PROD, EDGE], ids=["auto-in-cluster", "manual-by-name"])
def test_application_is_exactly_this(environment: Environment):
    manifest = render_application(environment)
    assert manifest.path == f"argocd/applications/{environment.name}.yaml"
    check_golden(f"application-{environment.name}.yaml", manifest.content)


def test_root_is_exactly_this():
    manifest = render_root(Root(URL, "main"))
    assert manifest.path == "argocd/root.yaml"
    check_golden("root.yaml", manifest.content)


def test_project_is_exactly_this_in_any_order_of_environments():
    external = replace(PROD, name="eu", destination=Destination(server="https://10.0.0.1:6443"))
    manifest = render_project([EDGE, PROD, external], Root(URL, "main"))
    assert manifest.path == "argocd/project.yaml"
    assert render_project([external, EDGE, PROD], Root(URL, "main")) == manifest
    check_golden("project.yaml", manifest.content)


def test_every_text_is_text_for_a_yaml_1_1_reader():
    document = yaml11.safe_load(render_application(EDGE).content)
    assert document["metadata"]["labels"]["agentsmith.dev/environment"] == "no"
