"""`bootstrap up --install`: files written once, charts rendered by Helm, a cluster taken or not."""

from __future__ import annotations

import importlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bootstrap.argocd.platform import render_chart_application
from bootstrap.argocd.platform_charts import ARGO_CD, PLATFORM_CHARTS, SEALED_SECRETS
from bootstrap.cluster import Cluster
from bootstrap.commands.up.install import Install, install
from bootstrap.commands.up.platform_files import load_platform, start_platform, write_platform
from bootstrap.environments.environment import Root
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.helm.platform_chart import render_chart
from bootstrap.upstream import MOVES
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.files.test_chart_archive import pack
from tests.unit.work_tree import ORIGIN, WorkTree

MOVE = MOVES[0]
SEALED_FILE = "argocd/platform/sealed-secrets.yaml"
PROJECT = "argocd/platform-project.yaml"
_CLI = importlib.import_module("bootstrap.cli.options")
CHART = """\
---
# Source: argo-cd/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: {0}
spec: {{}}
---
# Source: argo-cd/templates/empty.yaml
---
# Source: argo-cd/crds/crd.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.{0}
spec: {{}}
"""


class FakeCluster:
    """The edge: what is there, and what was applied in which order."""

    def __init__(self, *kinds: str, labels: dict[str, str] | None = None) -> None:
        self.kinds, self.labels = kinds, labels
        self.argocd = self.inspection = self.installing = self.namespaces = self
        self.context = "test"
        self.applications: dict[str, Any] = {}
        self.applied: list[str] = []
        self.looks = 0
        self.forced: set[bool] = set()
        self.served = True
        self.missing: list[str] = []
        self.workloads: list[dict[str, Any]] = []

    def has_kind(self, _version: str, kind: str) -> bool:
        return kind in self.kinds

    def read_application(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_project(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_applications(self) -> dict[str, Any]:
        return self.applications

    def read_version(self) -> tuple[str, datetime | None]:
        return "v1.36.3", None

    def read(self, _name: str) -> dict[str, Any] | None:
        return None if self.labels is None else {"metadata": {"labels": self.labels}}

    def make(self, name: str, labels: dict[str, str], *, force: bool) -> None:
        self.forced.add(force)
        self.applied.append(f"Namespace {name}")
        self.labels = labels

    def apply(self, what: Any, head: Any = None, namespace: str = "", *, force: bool) -> str:
        self.forced.add(force)
        if head is None:
            self.applied.append(f"{what['kind']} {what['metadata']['name']}")
        else:
            self.applied.append(f"{head['kind']} {head['metadata']['name']} in {namespace}")
        return "created"

    def is_established(self, _name: str) -> bool:
        self.looks += 1
        return self.served and self.looks > 1

    def unavailable(self, _namespace: str) -> list[str]:
        return self.missing

    def read_workloads(self, _namespace: str) -> list[dict[str, Any]]:
        return self.workloads


def run(cluster: FakeCluster, *, force: bool = False) -> list[str]:
    log = Log()
    wanted = Install(
        PLATFORM_CHARTS, Root(ORIGIN, "main"),
        render=lambda chart, version: CHART.format(chart.name), timeout_seconds=60,
        force_conflicts=force,
    )  # fmt: skip
    install(wanted, cast(Cluster, cluster), FakeTime(), log)
    return log.lines


def test_definitions_come_first_and_the_root_last() -> None:
    cluster = FakeCluster()

    run(cluster)

    assert cluster.applied == [
        "Namespace argocd",
        "CustomResourceDefinition things.argo-cd in argocd",
        "Service argo-cd in argocd",
        "CustomResourceDefinition things.sealed-secrets in kube-system",
        "Service sealed-secrets in kube-system",
        "AppProject agentsmith-platform",
        "Application agentsmith-platform",
    ]


@pytest.mark.parametrize("force", [True, False])
def test_fields_of_others_are_taken_over_everywhere_or_nowhere(force: bool) -> None:
    cluster = FakeCluster()

    run(cluster, force=force)

    assert cluster.forced == {force}


def test_once_argocd_has_taken_over_only_its_start_is_given_again() -> None:
    cluster = FakeCluster("Application", "SealedSecret")
    cluster.applications = {"agentsmith-platform": {}}

    run(cluster)

    assert cluster.applied == ["AppProject agentsmith-platform", "Application agentsmith-platform"]


def test_what_somebody_else_installed_is_refused_and_what_we_began_goes_on() -> None:
    foreign = FakeCluster("Application")
    begun = FakeCluster("Application", labels={"agentsmith.dev/installed-by": "bootstrap"})

    with pytest.raises(BootstrapError) as raised:
        run(foreign)
    run(begun)

    assert raised.value.message == (
        "cluster test has the kind Application already, and not from here: --install would take it"
        " over"
    )
    assert foreign.applied == []
    assert begun.applied[-1] == "Application agentsmith-platform"


def test_definitions_that_are_not_served_in_time_end_it() -> None:
    cluster = FakeCluster()
    cluster.served = False

    with pytest.raises(BootstrapError) as raised:
        run(cluster)

    assert (raised.value.message, raised.value.hint) == (
        "the definitions of argo-cd are not served",
        "look at the definitions: `kubectl get crd`",
    )
    assert "Service argo-cd in argocd" not in cluster.applied


QUOTA = {
    "kind": "ReplicaSet",
    "metadata": {"name": "argocd-server-1"},
    "status": {
        "conditions": [
            {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: pods=0"}
        ]
    },
}


@pytest.mark.parametrize(
    ("workloads", "message", "hint"),
    [
        ([], "not available: Deployment argocd-server", "look at namespace argocd, then run"),
        ([QUOTA], "no pod for argocd-server-1: exceeded quota: pods=0", "raise the namespace's"),
    ],
    ids=["unknown", "quota"],
)
def test_what_does_not_become_available_is_named_with_its_cause(
    workloads: list[dict[str, Any]], message: str, hint: str
) -> None:
    cluster = FakeCluster()
    cluster.missing, cluster.workloads = ["Deployment argocd-server"], workloads

    with pytest.raises(BootstrapError) as raised:
        run(cluster)

    assert raised.value.message == message
    assert raised.value.hint.startswith(hint)
    assert "AppProject agentsmith-platform" not in cluster.applied


def test_the_files_are_written_once_and_then_the_users(prod: WorkTree) -> None:
    repository = Repository(prod.root)

    first = write_platform(repository, Root(ORIGIN, "main"), None)
    file = prod.root / "argocd/platform/argo-cd.yaml"
    file.write_text(file.read_text().replace(ARGO_CD.version, "9.6.0"))
    second = write_platform(repository, Root(ORIGIN, "main"), None)

    assert [(item.path, item.action) for item in first] == [
        ("argocd/platform/argo-cd.yaml", "created"),
        ("argocd/platform/sealed-secrets.yaml", "created"),
        ("argocd/platform-project.yaml", "created"),
        ("argocd/platform-root.yaml", "created"),
    ]
    assert second == []
    assert [chart.version for chart in load_platform(repository)] == [
        "9.6.0", SEALED_SECRETS.version,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "kinds", "error"),
    [
        (["nowhere"], [], "no environment 'nowhere'; there are: prod"),
        (["--context", "nowhere"], [], "the kubeconfig has no context 'nowhere'"),
        ([], ["Application"], "cluster test has the kind Application already, and not from here"),
    ],
    ids=["environment", "context", "foreign"],
)
def test_nothing_is_written_where_nothing_could_be_installed(
    prod: WorkTree,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    kinds: list[str],
    error: str,
) -> None:
    def connect(context: str | None, *_controller: str | None) -> FakeCluster:
        if context is not None:
            raise BootstrapError(f"the kubeconfig has no context {context!r}", "check --context")
        return FakeCluster(*kinds)

    monkeypatch.setattr(_CLI, "connect", connect)
    before = prod.snapshot()

    done = prod.run("up", "--install", *arguments)

    assert done.lines[0].startswith(f"error: {error}")
    assert prod.snapshot() == before


def test_archives_that_nobody_reads_are_told_of(prod: WorkTree, tmp_path: Path) -> None:
    log = Log()
    prod.write(
        "argocd/platform/argo-cd.yaml",
        render_chart_application(ARGO_CD, Root(ORIGIN, "main")).content,
    )
    pack(
        tmp_path / "sealed-secrets-1.0.0.tgz",
        {"sealed-secrets/Chart.yaml": b"name: sealed-secrets\n"},
    )

    start_platform(
        None,
        repository=Repository(prod.root),
        connect=lambda: cast(Cluster, FakeCluster()),
        archives=tmp_path,
        confirm=lambda: None,
        reporter=log,
    )

    assert log.lines[:2] == [
        "--charts is not read for argocd/platform/argo-cd.yaml, there already: to take another"
        " archive, delete the file and its chart's folder first",
        "created: argocd/platform/charts/sealed-secrets/Chart.yaml",
    ]


def test_archives_are_put_into_the_repository(prod: WorkTree, tmp_path: Path) -> None:
    for name in ("argo-cd", "sealed-secrets"):
        pack(tmp_path / f"{name}-1.0.0.tgz", {f"{name}/Chart.yaml": f"name: {name}\n".encode()})

    write_platform(Repository(prod.root), Root(ORIGIN, "main"), tmp_path)

    assert prod.read("argocd/platform/charts/argo-cd/Chart.yaml") == "name: argo-cd\n"
    charts = load_platform(Repository(prod.root))
    assert [(chart.folder, chart.repo) for chart in charts] == [
        ("argocd/platform/charts/argo-cd", ""),
        ("argocd/platform/charts/sealed-secrets", ""),
    ]
    project = prod.read("argocd/platform-project.yaml")
    assert f"sourceRepos:\n    - {ORIGIN}\n  destinations" in project


def test_helm_gets_the_pinned_version_from_its_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = tmp_path / "helm"
    helm.write_text(f'#!{sys.executable}\nimport sys\nprint("\\n".join(sys.argv[1:]))\n')
    helm.chmod(0o755)
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm))

    said = render_chart(tmp_path, ARGO_CD, "v1.36.3").splitlines()

    assert said[:7] == [
        "template", "argocd", "argo-cd", "--repo", ARGO_CD.repo, "--version", ARGO_CD.version,
    ]  # fmt: skip
    assert said[7:10] == ["--namespace", "argocd", "--values"]
    assert said[11:] == ["--include-crds", "--skip-tests", "--kube-version", "v1.36.3"]


def with_dead_addresses(prod: WorkTree) -> str:
    """Make the files as they were written while the old address was alive; return sealed-secrets'.

    A person has raised the version and added a comment.
    """
    repository = Repository(prod.root)
    write_platform(repository, Root(ORIGIN, "main"), None)
    for path in (SEALED_FILE, PROJECT):
        prod.write(path, prod.read(path).replace(MOVE.new.value, MOVE.old))
    pinned = f"'{SEALED_SECRETS.version}'"
    prod.write(SEALED_FILE, prod.read(SEALED_FILE).replace(pinned, "2.18.7  # mine"))
    return prod.read(SEALED_FILE)


def test_dead_addresses_are_replaced_if_asked_and_nothing_else_is(prod: WorkTree) -> None:
    old = with_dead_addresses(prod)
    argo_cd = prod.read("argocd/platform/argo-cd.yaml")
    log, asked = Log(), []

    def start() -> None:
        start_platform(
            None,
            repository=Repository(prod.root),
            connect=lambda: cast(Cluster, FakeCluster()),
            archives=None,
            confirm=lambda: asked.append(prod.read(SEALED_FILE)),
            reporter=log,
        )

    start()
    start()

    assert asked == [old]
    assert prod.read(SEALED_FILE) == old.replace(MOVE.old, MOVE.new.value)
    assert prod.read("argocd/platform/argo-cd.yaml") == argo_cd
    assert MOVE.old not in prod.read(PROJECT)
    assert MOVE.new.value in prod.read(PROJECT)
    said = f"{MOVE.old} answers no more since 2026-06-15; {MOVE.new.value} is in its place"
    assert log.lines == [
        f"{SEALED_FILE}:13: {said}",
        f"{PROJECT}:13: {said}",
        f"updated: {SEALED_FILE}",
        f"updated: {PROJECT}",
    ]


@pytest.mark.parametrize(
    ("arguments", "terminal", "stdin", "code", "changed", "error"),
    [
        ([], False, b"", 2, False, "--install asks before it changes an address in a file of"),
        ([], True, b"n\n", 1, False, "nothing was changed"),
        ([], True, b"y\n", 1, True, "not committed yet: argocd/"),
        (["--yes"], False, b"", 1, True, "not committed yet: argocd/"),
    ],
    ids=["no terminal", "no", "yes", "--yes"],
)
def test_a_dead_address_is_changed_only_with_the_users_word(
    prod: WorkTree,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    terminal: bool,
    stdin: bytes,
    code: int,
    changed: bool,
    error: str,
) -> None:
    monkeypatch.setattr(_CLI, "connect", lambda *_asked: FakeCluster())
    old = with_dead_addresses(prod)

    done = prod.run("up", "--install", *arguments, stdin=stdin, terminal=terminal)

    assert done.code == code
    assert f"error: {error}" in done.err
    assert (prod.read(SEALED_FILE) != old) is changed
    assert done.err.count("answers no more") == 2


def test_yes_with_nothing_to_ask_is_wrong_usage(prod: WorkTree) -> None:
    done = prod.run("up", "--yes")

    assert (done.code, done.lines) == (
        2,
        [
            "error: --yes is used only with --adopt, --adopt-secret or --install",
            "  fix: add one of them, or leave it out",
        ],
    )


def test_charts_without_install_is_wrong_usage(prod: WorkTree) -> None:
    done = prod.run("up", "--charts", "x")

    assert (done.code, done.lines) == (
        2,
        ["error: --charts is used only with --install", "  fix: add --install"],
    )
