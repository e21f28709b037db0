"""What `bootstrap doctor` makes of a cluster's answers; the answers are those of a fake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bootstrap.argocd.known_repositories import KnownRepository
from bootstrap.checkout.environments import load_environments
from bootstrap.cluster import Cluster
from bootstrap.cluster.argocd import KnownCluster
from bootstrap.cluster.controller import ServiceRef
from bootstrap.cluster.controller_keys import DeploymentRef
from bootstrap.cluster.inspection import Access, Running
from bootstrap.commands.doctor.cluster import examine
from bootstrap.commands.doctor.findings import Finding, Severity
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.sealing.taken import PresentSecret
from tests.unit.work_tree import ORIGIN, WorkTree

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CHART = 'name: agentsmith\nkubeVersion: ">=1.30.0-0"\n'
REFUSED = BootstrapError("reading that: forbidden", "use another context")


@dataclass
class FakeCluster:
    """A cluster in which everything is as it should be, unless told otherwise."""

    certificate: str
    kubernetes: str = "v1.36.3"
    time: datetime | None = NOON
    argocd_image: str = "quay.io/argoproj/argocd:v3.6.1"
    argocd_label: str = ""
    missing: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    applications: dict[str, Any] = field(default_factory=lambda: {"agentsmith-root": {}})
    webhook: list[str] | None = field(default_factory=lambda: ["webhook.github.secret"])
    secrets_refused: bool = False
    known: tuple[KnownCluster, ...] = ()
    repositories: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    project: str = ""
    fields: frozenset[str] = frozenset({"url", "password"})
    present: PresentSecret | None = None
    context = "test"

    @property
    def inspection(self) -> FakeCluster:
        return self

    @property
    def argocd(self) -> FakeCluster:
        return self

    @property
    def secrets(self) -> FakeCluster:
        return self

    @property
    def sealed(self) -> FakeCluster:
        return self

    @property
    def sealing(self) -> FakeCluster:
        return self

    @property
    def sealing_keys(self) -> FakeCluster:
        return self

    def read_version(self) -> tuple[str, datetime | None]:
        return self.kubernetes, self.time

    def has_kind(self, _version: str, kind: str) -> bool:
        return kind not in self.missing

    def read_running(self, namespace: str) -> list[Running]:
        if namespace == "argocd":
            server = Running("argocd-server", self.argocd_image, self.argocd_label)
            return [server, Running("argocd-redis", "redis:8", "")]
        return [Running("controller", "sealed-secrets-controller:0.27.1", "")]

    def may(self, access: Access) -> bool:
        return str(access) not in self.forbidden

    def read_application(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_project(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_applications(self) -> dict[str, Any]:
        return self.applications

    def read_secret(self, _namespace: str, _name: str) -> PresentSecret | None:
        if self.secrets_refused:
            raise REFUSED
        return self.present

    def read_secret_keys(self, _namespace: str, _name: str) -> list[str] | None:
        if self.secrets_refused:
            raise REFUSED
        return self.webhook

    def read_clusters(self) -> list[KnownCluster]:
        return list(self.known)

    def read_repositories(self) -> list[KnownRepository]:
        if self.secrets_refused:
            raise REFUSED
        return [
            KnownRepository("repo-1", url, self.project, self.fields) for url in self.repositories
        ]

    def read_templates(self) -> list[KnownRepository]:
        return [KnownRepository("creds-1", url, "", self.fields) for url in self.templates]

    def find_service(self) -> ServiceRef:
        return ServiceRef("kube-system", "sealed-secrets", "http")

    def find_deployment(self, namespace: str) -> DeploymentRef:
        return DeploymentRef(namespace, "controller")

    def dated_certificates(self, _namespace: str) -> list[tuple[str, datetime | None]]:
        if self.secrets_refused:
            raise REFUSED
        return [(self.certificate, None)]


@pytest.fixture
def good(prod: WorkTree, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    monkeypatch.setattr("bootstrap.commands.doctor.credentials.is_public", lambda _url: True)
    prod.write("helm/agentsmith/Chart.yaml", CHART)
    return FakeCluster(prod.read("environments/prod/sealing-cert.pem"))


def look(tree: WorkTree, fake: FakeCluster) -> list[Finding]:
    repository = Repository(tree.root)
    environments = load_environments(repository)
    return examine(environments, cast(Cluster, fake), repository, lambda: NOON)


def bad(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [
        (item.check, item.severity.value, item.what)
        for item in findings
        if item.severity is not Severity.OK
    ]


def test_a_good_cluster_has_only_good_findings(prod: WorkTree, good: FakeCluster):
    findings = look(prod, good)

    assert bad(findings) == []
    assert [item.check for item in findings] == [
        "kubernetes", "argocd", "sealed-secrets", "clock", "rights", "argocd", "webhook",
        "prod: controller",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"kubernetes": "v1.29.4+k3s1"},
            ("kubernetes", "error", "Kubernetes v1.29.4+k3s1, and the chart needs >=1.30.0-0"),
        ),
        (
            {"kubernetes": "unreleased"},
            (
                "kubernetes", "info",
                "the version of Kubernetes is unknown: it calls itself 'unreleased'",
            ),
        ),
        (
            {"missing": ("AppProject",)},
            ("argocd", "error", "the cluster has no AppProject (argoproj.io/v1alpha1) of Argo CD"),
        ),
        (
            {"argocd_image": "redis:7"},
            (
                "argocd", "info",
                "the version of Argo CD is unknown: it has no workload where it is looked for",
            ),
        ),
        (
            {"argocd_image": "quay.io/argoproj/argocd:v3.2.9"},
            ("argocd", "error", "Argo CD 3.2.9 is older than 3.3.0, the oldest supported"),
        ),
        (
            {"argocd_image": "argocd@sha256:ab", "argocd_label": "v2.14.0"},
            ("argocd", "error", "Argo CD 2.14.0 is older than 3.3.0, the oldest supported"),
        ),
        (
            {"argocd_image": "argocd@sha256:ab"},
            (
                "argocd", "info",
                "the version of Argo CD is unknown: it runs as argocd@sha256:ab, which tells no"
                " version",
            ),
        ),
        (
            {"missing": ("SealedSecret",)},
            (
                "sealed-secrets", "error",
                "the cluster has no SealedSecret (bitnami.com/v1alpha1) of sealed-secrets",
            ),
        ),
        (
            {"time": NOON + timedelta(seconds=90)},
            ("clock", "warning", "the cluster is 90 s ahead of this machine"),
        ),
        (
            {"time": NOON - timedelta(seconds=90)},
            ("clock", "warning", "the cluster is 89 s behind this machine"),
        ),
        ({"time": None}, ("clock", "info", "the API server does not tell its time")),
        (
            {"forbidden": ("patch deployments.apps -n kube-system",)},
            ("rights", "error", "you may not patch deployments.apps -n kube-system"),
        ),
        (
            {"forbidden": ("list services --all-namespaces",)},
            ("rights", "error", "you may not list services --all-namespaces"),
        ),
        (
            {"applications": {}},
            ("argocd", "info", "Argo CD has no Application agentsmith-root yet"),
        ),
        (
            {"webhook": ["admin.password"]},
            ("webhook", "info", "argocd-secret holds no secret of a webhook"),
        ),
    ],
)  # fmt: skip
def test_what_is_not_good_is_said(
    change: dict[str, Any], expected: tuple[str, str, str], prod: WorkTree, good: FakeCluster
):
    for name, value in change.items():
        setattr(good, name, value)

    assert bad(look(prod, good)) == [expected]


def test_a_repository_that_argocd_can_not_read_is_explained(prod: WorkTree, good: FakeCluster):
    message = "failed to list refs: authentication required: Unauthorized"
    condition = {"type": "ComparisonError", "message": message}
    good.applications = {"agentsmith-root": {"status": {"conditions": [condition]}}}

    (finding,) = [item for item in look(prod, good) if item.severity is Severity.ERROR]

    assert (finding.check, finding.what) == ("argocd", f"root: {message}")
    assert "credentials" in finding.mend


@pytest.mark.parametrize(
    ("change", "public", "expected"),
    [
        ({}, True, ("ok", f"{ORIGIN} can be read without credentials", "")),
        (
            {}, False,
            (
                "error", f"Argo CD has no credentials for {ORIGIN}",
                f"`bootstrap repo add --url {ORIGIN} --username USER`",
            ),
        ),
        (
            {}, None,
            (
                "info", f"it is not known whether {ORIGIN} can be read without credentials",
                f"if it is private, `bootstrap repo add --url {ORIGIN} --username USER`",
            ),
        ),
        (
            {"repositories": ("https://git.example.com/Team/agents",)}, False,
            ("ok", f"Argo CD has Secret repo-1 for {ORIGIN}", ""),
        ),
        (
            {"templates": ("https://git.example.com/team/",)}, False,
            ("ok", f"Argo CD has Secret creds-1 for {ORIGIN}", ""),
        ),
        (
            {"repositories": ("git@git.example.com:team/agents.git",),
             "templates": ("", "https://git.example.com/other/")},
            False,
            (
                "error", f"Argo CD has no credentials for {ORIGIN}",
                f"`bootstrap repo add --url {ORIGIN} --username USER`",
            ),
        ),
        (
            {"repositories": (ORIGIN,), "project": "team-a"}, None,
            (
                "info", f"it is not known whether {ORIGIN} can be read without credentials",
                f"if it is private, `bootstrap repo add --url {ORIGIN} --username USER`",
            ),
        ),
        (
            {"repositories": (ORIGIN,), "fields": frozenset({"url"})}, True,
            ("ok", f"{ORIGIN} can be read without credentials", ""),
        ),
        (
            {"secrets_refused": True}, True, ("info", REFUSED.message, REFUSED.hint),
        ),
    ],
    ids=["public", "private", "out of reach", "known", "template", "others", "another project",
         "no credentials", "forbidden"],
)  # fmt: skip
def test_credentials_that_argocd_will_need_are_missed_before_it_reads(
    change: dict[str, Any],
    public: bool | None,
    expected: tuple[str, str, str],
    prod: WorkTree,
    good: FakeCluster,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("bootstrap.commands.doctor.credentials.is_public", lambda _url: public)
    good.applications = {}
    for name, value in change.items():
        setattr(good, name, value)

    found = [item for item in look(prod, good) if item.check == "credentials"]

    assert [(item.severity.value, item.what, item.mend) for item in found] == [expected]


def test_credentials_that_lie_sealed_in_git_are_given_by_up(
    prod: WorkTree, good: FakeCluster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bootstrap.commands.doctor.credentials.is_public", lambda _url: False)
    good.applications = {}
    add = ("repo", "add", "--username", "u", "--password-stdin", "--seal", "prod")
    assert prod.run(*add, stdin=b"token-of-mine").code == 0
    (file,) = (prod.root / "argocd/repositories").iterdir()

    found = [item for item in look(prod, good) if item.check == "credentials"]

    assert [(item.severity.value, item.what) for item in found] == [
        ("ok", f"`bootstrap up` gives Argo CD what argocd/repositories/{file.name} holds")
    ]


def test_of_a_repository_that_argocd_reads_the_rest_is_not_asked(
    prod: WorkTree, good: FakeCluster, monkeypatch: pytest.MonkeyPatch
):
    assert prod.run("init", "edge", "--repo-url", "git@git.example.com:other/fork.git").code == 0
    asked: list[str] = []
    monkeypatch.setattr("bootstrap.commands.doctor.credentials.is_public", asked.append)

    found = [item for item in look(prod, good) if item.check == "credentials"]

    assert asked == ["git@git.example.com:other/fork.git"]
    assert [item.mend for item in found] == [
        "if it is private, `bootstrap repo add --url git@git.example.com:other/fork.git"
        " --ssh-key FILE`"
    ]


def test_a_secret_that_keeps_the_sealed_one_out_is_an_error(prod: WorkTree, good: FakeCluster):
    prod.run("seal", "-", stdin=b"githubToken: g\n")
    good.present = PresentSecret(("github-token", "their-own"))

    found = [item for item in look(prod, good) if item.check == "prod: secret"]

    assert [(item.severity, item.what) for item in found] == [
        (
            Severity.ERROR,
            "Secret agentsmith-prod/agentsmith-secrets is there already, and the sealed-secrets"
            " controller writes only its own; it has their-own, which the sealed one has not",
        )
    ]
    assert "`bootstrap up prod --adopt-secret`" in found[0].mend


THEIRS = "https://git.example.com/team-a/agents.git"


def live(url: str = ORIGIN, *, deleted: bool = False, **source: str) -> dict[str, Any]:
    """An Application of our project, cloned from `url`."""
    metadata = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {}
    return {
        "metadata": metadata,
        "spec": {"project": "agentsmith", "source": {"repoURL": url, **source}},
    }


@pytest.mark.parametrize(
    ("applications", "what"),
    [
        (
            {"agentsmith-root": live(THEIRS)},
            f"Application agentsmith-root is of repository {THEIRS}, and this one is {ORIGIN}",
        ),
        (
            {"agentsmith-root": live(), "agentsmith-prod": live(THEIRS)},
            f"Application agentsmith-prod is of repository {THEIRS}, and this one is {ORIGIN}",
        ),
        (
            {"agentsmith-root": live(), "agentsmith-prod": live(deleted=True)},
            "Application agentsmith-prod is being deleted, and what it made with it",
        ),
        (
            {"agentsmith-root": live(deleted=True), "agentsmith-prod": live()},
            "Application agentsmith-root is being deleted, and what it made with it",
        ),
        (
            {"agentsmith-prod": live()},
            "Argo CD has no Application agentsmith-root, so nobody follows what is pushed: new"
            " environments, removals and changed settings do not come",
        ),
    ],
)
def test_what_is_another_s_or_going_or_followed_by_nobody_is_an_error(
    prod: WorkTree, good: FakeCluster, applications: dict[str, Any], what: str
):
    good.applications = applications
    good.repositories = (ORIGIN,)

    found = [item for item in look(prod, good) if item.check == "argocd"]

    assert [(item.severity, item.what) for item in found if item.severity is Severity.ERROR] == [
        (Severity.ERROR, what)
    ]


def test_a_key_that_up_will_give_is_no_error_and_one_that_nobody_has_is(
    prod: WorkTree, good: FakeCluster, controller_certificate: str
):
    good.certificate = controller_certificate
    here = bad(look(prod, good))
    (prod.root / "environments/prod/sealing-key.local.pem").unlink()
    gone = bad(look(prod, good))

    path = "environments/prod/sealing-cert.pem"
    assert here == [
        ("prod: controller", "info", f"the controller in kube-system has not the key of {path} yet")
    ]
    assert gone == [
        (
            "prod: controller", "error",
            f"the controller in kube-system has not the key of {path}, and it is not here",
        )
    ]  # fmt: skip


def test_what_may_not_be_asked_is_a_finding_and_not_the_end(prod: WorkTree, good: FakeCluster):
    good.secrets_refused = True

    assert bad(look(prod, good)) == [
        ("webhook", "info", "reading that: forbidden"),
        ("controller", "error", "reading that: forbidden"),
        ("prod: secret", "info", "reading that: forbidden"),
    ]


def test_a_destination_that_argocd_does_not_know_is_an_error(prod: WorkTree, good: FakeCluster):
    prod.run("init", "edge", "--cluster", "edge-1")
    lost = bad(look(prod, good))
    good.known = (KnownCluster("edge-1", "https://edge:6443"),)
    known = bad(look(prod, good))

    away = (
        "edge: controller", "info", "edge runs in another cluster, whose controller was not asked"
    )  # fmt: skip
    assert lost == [
        ("clusters", "error", "Argo CD does not know edge-1, where edge is to run"),
        away,
    ]
    assert known == [away]
