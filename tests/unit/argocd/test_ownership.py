"""Whose a live object is: one table."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.argocd.ownership import (
    Claim,
    find_foreign,
    foreign_platform,
    namespace_claim,
    other_roots,
    refusal,
)
from bootstrap.environments.environment import Destination, Environment, Root
from bootstrap.environments.names import Names

OURS = "https://git.example.com/team/agents.git"
SSH = "git@git.example.com:team/agents.git"
THEIRS = "https://git.example.com/other/agents.git"
ROOT = Root(OURS, "main")
HERE = Destination(server="https://kubernetes.default.svc")
PROD = Environment("prod", "agentsmith-prod", OURS, "main", HERE)


def live(
    url: str | None,
    *,
    namespace: str = "elsewhere",
    path: str = "helm/agentsmith",
    root: str | None = None,
    project: str = "agentsmith",
) -> dict[str, Any]:
    tracking = {"argocd.argoproj.io/tracking-id": f"{root}:argoproj.io/Application:argocd/x"}
    return {
        "metadata": {"annotations": tracking if root else {}},
        "spec": {
            "project": project,
            "source": {"repoURL": url, "path": path} if url else {},
            "destination": {"server": HERE.server, "namespace": namespace},
        },
    }


def project(*sources: str) -> dict[str, Any]:
    return {"spec": {"sourceRepos": list(sources)}}


ROOT_CLAIM = Claim("Application agentsmith-root", THEIRS)
PROD_CLAIM = Claim("Application agentsmith-prod", THEIRS)


@pytest.mark.parametrize(
    ("applications", "present", "claims"),
    [
        pytest.param({}, None, [], id="nothing there"),
        pytest.param({"agentsmith-root": live(OURS)}, project(OURS), [], id="all ours"),
        pytest.param({"agentsmith-root": live(SSH)}, project(SSH), [], id="the same by SSH"),
        pytest.param({"agentsmith-root": live(None)}, None, [], id="a root that does not tell"),
        pytest.param(
            {"agentsmith-root": live(THEIRS), "agentsmith-prod": live(THEIRS)},
            project(THEIRS),
            [ROOT_CLAIM, PROD_CLAIM],
            id="all theirs",
        ),
        pytest.param({}, project(THEIRS), [Claim("AppProject agentsmith", THEIRS)], id="a project"),
        pytest.param({}, project(OURS, THEIRS), [], id="a project with us in it"),
        pytest.param({}, project("*"), [], id="a person's project"),
        pytest.param({}, project(), [], id="an empty project"),
        pytest.param({"agentsmith-prod": live(THEIRS)}, None, [PROD_CLAIM], id="one Application"),
        pytest.param(
            {"agentsmith-root": live(OURS), "agentsmith-prod": live(THEIRS)},
            project(OURS),
            [PROD_CLAIM],
            id="an Application that our root did not make",
        ),
        pytest.param(
            {
                "agentsmith-root": live(OURS),
                "agentsmith-prod": live(THEIRS, root="agentsmith-root"),
            },
            project(OURS),
            [],
            id="an environment that had another URL",
        ),
        pytest.param(
            {"team-b-prod": live(THEIRS, namespace="agentsmith-prod", project="team-b")},
            None,
            [Claim("namespace agentsmith-prod, which Application team-b-prod has,", THEIRS)],
            id="a namespace",
        ),
        pytest.param(
            {"old-prod": live(SSH, namespace="agentsmith-prod")}, None, [], id="our own old name"
        ),
    ],
)
def test_what_another_repository_has_is_found(
    applications: dict[str, Any], present: dict[str, Any] | None, claims: list[Claim]
):
    assert find_foreign(applications, present, ROOT, [PROD]) == claims


def test_the_refusal_names_both_repositories_and_the_ways_out():
    error = refusal([ROOT_CLAIM, PROD_CLAIM], ROOT, "bootstrap up")

    assert (error.message, error.hint) == (
        f"Application agentsmith-root is of repository {THEIRS}, and this one is {OURS}"
        " (and 1 more): `bootstrap up` touches nothing of another's",
        "two repositories: give this one a name of its own, as agentsmith is taken: `bootstrap"
        " rename NAME`; one that moved, under its old address: `bootstrap up --adopt`",
    )


def test_an_argocd_has_one_platform():
    there = {"team-a-platform": live(THEIRS, path="argocd/platform")}
    claim = Claim("Application team-a-platform, through which Argo CD keeps itself,", THEIRS)

    assert foreign_platform(there, ROOT) == claim
    assert (
        foreign_platform({"agentsmith-platform": live(SSH, path="argocd/platform")}, ROOT) is None
    )
    assert foreign_platform({"agentsmith-prod": live(THEIRS)}, ROOT) is None


def test_other_repositories_are_known_by_their_roots():
    there = {
        "agentsmith-root": live(OURS, path="argocd/applications"),
        "team-b-root": live(THEIRS, path="argocd/applications"),
        "team-b-prod": live(THEIRS),
    }
    assert other_roots(there, ROOT) == [Claim("Application team-b-root", THEIRS)]


@pytest.mark.parametrize(
    ("labels", "names", "claim"),
    [
        ({}, Names(), None),
        ({"agentsmith.dev/environment": "prod"}, Names(), None),
        ({"agentsmith.dev/environment": "prod"}, Names("team-b"), None),
        ({"agentsmith.dev/environment": "dev"}, Names(), "environment dev"),
        ({"agentsmith.dev/repository": "team-b"}, Names(), "repository team-b"),
        ({"agentsmith.dev/repository": "team-b"}, Names("team-b"), None),
    ],
)
def test_a_namespace_tells_whose_it_is(labels: dict[str, str], names: Names, claim: str | None):
    environment = Environment("prod", "agentsmith-prod", OURS, "main", HERE, names=names)
    assert namespace_claim({"metadata": {"labels": labels}}, environment) == claim
    assert namespace_claim(None, environment) is None
