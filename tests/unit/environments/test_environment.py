from __future__ import annotations

import pytest

from bootstrap.environments.environment import (
    Destination,
    Environment,
    check_namespace,
    check_revision,
    parse_destination,
)
from bootstrap.errors import UsageError


@pytest.mark.parametrize("namespace", ["agentsmith-prod", "a", "n" * 63])
def test_namespace_of_its_own_is_kept(namespace: str):
    assert check_namespace(namespace) == namespace


@pytest.mark.parametrize("namespace", ["", "A", "a.b", "-a", "n" * 64, "prod\n"])
def test_namespace_that_is_no_label_is_wrong_usage(namespace: str):
    with pytest.raises(UsageError, match="is not a DNS label of at most 63 characters"):
        check_namespace(namespace)


@pytest.mark.parametrize("namespace", ["default", "argocd", "kube-system", "kube-public"])
def test_namespace_of_the_cluster_is_refused(namespace: str):
    with pytest.raises(UsageError, match="belongs to the cluster"):
        check_namespace(namespace)


@pytest.mark.parametrize(
    ("cluster", "destination"),
    [
        (None, Destination(server="https://kubernetes.default.svc")),
        ("in-cluster", Destination(server="https://kubernetes.default.svc")),
        ("https://kubernetes.default.svc/", Destination(server="https://kubernetes.default.svc")),
        ("https://10.0.0.1:6443", Destination(server="https://10.0.0.1:6443")),
        (
            "https://rancher/k8s/clusters/c-1/",
            Destination(server="https://rancher/k8s/clusters/c-1"),
        ),
        ("staging.eu_1", Destination(name="staging.eu_1")),
    ],
)
def test_cluster_is_a_server_or_a_name(cluster: str | None, destination: Destination):
    parsed = parse_destination(cluster)
    assert parsed == destination
    assert parsed.in_cluster is (destination.server == "https://kubernetes.default.svc")


@pytest.mark.parametrize(
    "cluster",
    ["", "https://", "https://me:t0ken@host", "https://host?token=t0ken", "a b", "-a", "ftp://h"],
)
def test_cluster_that_is_neither_is_refused_without_quoting_it(cluster: str):
    with pytest.raises(UsageError) as caught:
        parse_destination(cluster)
    assert caught.value.message == (
        "--cluster is neither an API server URL nor the name of an Argo CD cluster"
    )
    assert "t0ken" not in caught.value.hint


@pytest.mark.parametrize("revision", ["main", "v1.0.0", "feature/x", "a" * 40, "HEAD", "yes"])
def test_revision_that_git_could_know_is_kept(revision: str):
    assert check_revision(revision) == revision


@pytest.mark.parametrize(
    "revision",
    ["", "-f", "--upload-pack=x", "a b", "a..b", "a~1", "a^", "a:b", "/a", "a/", "a//b", "a.lock",
     "a.", ".a", "a@{1}", "a\\b", "a*", "a?", "a[", "a\n", "a\x7f"],
)  # fmt: skip
def test_revision_that_git_could_not_know_is_refused(revision: str):
    with pytest.raises(UsageError, match="can't be a branch, a tag or a commit"):
        check_revision(revision)


def test_environment_says_where_its_files_are():
    environment = Environment("eu", "agents", "https://h/r", "main", Destination(name="eu"))
    assert (
        environment.application,
        environment.folder,
        environment.path("values.yaml"),
        environment.application_path,
    ) == (
        "agentsmith-eu",
        "environments/eu",
        "environments/eu/values.yaml",
        "argocd/applications/eu.yaml",
    )
