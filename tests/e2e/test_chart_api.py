"""The chart against a real API server: strict validation, restricted pods, access rights."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chart.live import agent_job
from tests.chart.render import CI_VALUES, NAMESPACE, Chart, Object, pod_specs
from tests.plane.cluster import Cluster
from tests.plane.target import Target
from tests.tools.build import ensure

STANDARD = "pod-security.kubernetes.io"
# Its definition is not in the plane; tests/chart compares the one object with what we expect.
NOT_IN_THE_CLUSTER = {"HTTPRoute"}
PRIORITY_CLASS = ("scheduling.k8s.io/v1", "PriorityClass")
PRIORITY = "high"  # of ci/full-values.yaml


@dataclass(frozen=True, slots=True)
class Places:
    """A namespace for releases that enforces restricted, and one for agent Jobs."""

    plane: Target
    chart: Chart
    scratch: Path
    release: str
    jobs: str

    def objects(self, ci: Path) -> list[Object]:
        """Return what the chart makes of ci values, in these namespaces instead of theirs."""
        text = ci.read_text(encoding="utf-8")
        for theirs, ours in (
            (NAMESPACE, self.release),
            ("namespace: agentsmith-jobs", f"namespace: {self.jobs}"),
        ):
            text = text.replace(theirs, ours)
        values = self.scratch / ci.name
        values.write_text(text, encoding="utf-8")
        return self.chart.objects(values, namespace=self.release)

    @property
    def cluster(self) -> Cluster:
        return self.plane.cluster

    def kubectl(self, *arguments: str, objects: Sequence[Object]) -> str:
        """Run kubectl on objects and return what it prints; a warning is an error too."""
        stream = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        options = ("--filename=-", "--warnings-as-errors", f"--kubeconfig={self.plane.kubeconfig}")
        command: list[str | Path] = [ensure("kubectl")["kubectl"], *arguments, *options]
        run = subprocess.run(
            command,
            input=stream,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""
        return str(run.stdout)


@pytest.fixture(scope="module")
def places(
    plane: Target, helm4: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Places]:
    """Two new namespaces, and the chart under Helm 4 (Helm 3 prints the same bytes)."""
    scratch, suffix = tmp_path_factory.mktemp("values"), secrets.token_hex(3)
    chart = Chart(helm4, scratch)
    made = Places(plane, chart, scratch, f"chart-api-{suffix}", f"chart-api-jobs-{suffix}")
    for name, level in ((made.release, "restricted"), (made.jobs, "baseline")):
        metadata = {"name": name, "labels": {f"{STANDARD}/enforce": level}}
        plane.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    known = plane.cluster.get(*PRIORITY_CLASS, PRIORITY)
    if known is None:
        version, kind = PRIORITY_CLASS
        plane.cluster.apply(
            {"apiVersion": version, "kind": kind, "metadata": {"name": PRIORITY}, "value": 1000}
        )
    yield made
    for name in (made.release, made.jobs):
        plane.cluster.delete("v1", "Namespace", name)
    if known is None:
        plane.cluster.delete(*PRIORITY_CLASS, PRIORITY)


def in_cluster(objects: Sequence[Object]) -> list[Object]:
    return [o for o in objects if o["kind"] not in NOT_IN_THE_CLUSTER]


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_the_server_takes_every_object_strictly_and_without_a_warning(
    places: Places, values: Path
) -> None:
    objects = places.objects(values)
    printed = places.kubectl(
        *("apply", "--server-side", "--force-conflicts", "--output=name"),
        *("--dry-run=server", "--validate=strict"),
        objects=in_cluster(objects),
    )
    assert len(printed.splitlines()) == len(in_cluster(objects))
    assert {o["kind"] for o in objects} - {o["kind"] for o in in_cluster(objects)} <= {"HTTPRoute"}


def test_strict_means_strict(places: Places) -> None:
    """The measure itself: an unknown field and a deprecated object are refused."""
    metadata = {"name": "wrong", "namespace": places.release}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    endpoints = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata}
    for wrong, message in (
        (account | {"automount": False}, "unknown field"),
        (endpoints, "deprec"),
    ):
        with pytest.raises(AssertionError, match=message):
            places.kubectl(
                *("apply", "--server-side", "--dry-run=server", "--validate=strict"),
                objects=[wrong],
            )


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_every_pod_starts_where_restricted_is_enforced_and_gets_a_token_only_if_it_asks(
    places: Places, values: Path
) -> None:
    objects = places.objects(values)
    make_accounts(places, objects)
    made = created(places, pods_of(objects, places.release))
    expected = {f"Pod/{name}" for name, _ in pod_specs(objects)}
    assert {f"Pod/{o['metadata']['annotations']['from']}" for o in made} == expected
    with_token = {o["metadata"]["annotations"]["from"] for o in made if has_token(o)}
    docker = values.stem == "docker-values"
    dispatcher = set() if docker else {"Deployment/agentsmith-dispatcher"}
    assert with_token == {"Job/agentsmith-cleanup"} | dispatcher


def test_agents_start_under_baseline_and_not_under_restricted(places: Places) -> None:
    """As NOTES and guides say: their pods, which the dispatcher describes, have no context."""
    spec = agent_job("agent", app="agentsmith")["spec"]["template"]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
    for namespace in (places.jobs, places.release):
        pod["metadata"] = {"name": "agent", "namespace": namespace}
        if namespace == places.jobs:
            assert created(places, [pod])
        else:
            with pytest.raises(AssertionError, match='violates PodSecurity "restricted'):
                created(places, [pod])


def make_accounts(places: Places, objects: Sequence[Object]) -> None:
    """Make the service accounts, without which no pod is taken."""
    for o in objects:
        if o["kind"] == "ServiceAccount":
            places.cluster.apply(o)


def pods_of(objects: Sequence[Object], namespace: str) -> list[Object]:
    """Return the pods that the objects make, each with a note of where it comes from."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name.lower().replace("/", "-"),
                "namespace": namespace,
                "annotations": {"from": name},
            },
            "spec": {"restartPolicy": "Never", **spec},
        }
        for name, spec in pod_specs(objects)
    ]


def created(places: Places, pods: Sequence[Object]) -> list[Object]:
    """Return the pods as the server would make them."""
    printed = places.kubectl(
        *("create", "--dry-run=server", "--validate=strict", "--output=json"), objects=pods
    )
    found, decoder = [], json.JSONDecoder()
    while printed := printed.strip():
        pod, end = decoder.raw_decode(printed)
        found.append(pod)
        printed = printed[end:]
    assert len(found) == len(pods)
    return found


def has_token(pod: Object) -> bool:
    """Tell whether any container of the pod would see a token."""
    tokens = {
        volume["name"]
        for volume in pod["spec"].get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
        if "serviceAccountToken" in source
    }
    mounts = [m["name"] for c in pod["spec"]["containers"] for m in c.get("volumeMounts", [])]
    return bool(tokens & set(mounts))


# (group, resource, verb): all that a service account may do.
Right = tuple[str, str, str]
DISPATCHER: set[Right] = {
    *(("batch", "jobs", verb) for verb in ("create", "delete", "get", "list", "watch")),
    *(("", "pods", verb) for verb in ("get", "list", "watch")),
    ("", "pods/log", "get"),
}
CLEANUP_JOBS: set[Right] = {("batch", "jobs", verb) for verb in ("delete", "get", "list", "watch")}
CLEANUP_DISPATCHER: set[Right] = {
    ("apps", "deployments", verb) for verb in ("delete", "get", "list", "watch")
}
VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
    *("escalate", "bind", "impersonate", "use", "*"),
)


def every_right(cluster: Cluster) -> set[Right]:
    """Return every verb on every namespaced resource that the cluster knows, and wildcards."""
    groups = [g["preferredVersion"]["groupVersion"] for g in get(cluster, "/apis")["groups"]]
    found = {("*", "*"), ("", "*"), ("batch", "*")}
    for root in ("/api/v1", *(f"/apis/{version}" for version in groups)):
        group = root.removeprefix("/apis/").partition("/")[0] if root != "/api/v1" else ""
        for resource in get(cluster, root)["resources"]:
            if resource["namespaced"]:
                found.add((group, resource["name"]))
    return {(*resource, verb) for resource in found for verb in VERBS}


def get(cluster: Cluster, path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(cluster.request("GET", path))
    return loaded


def reviewer(cluster: Cluster, account: str, home: str) -> Callable[[Right, str, str], bool]:
    """Return a question: may this service account do that in a namespace, to a named object?"""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]

    def ask(right: Right, namespace: str, name: str = "") -> bool:
        group, resource, verb = right
        resource, _, subresource = resource.partition("/")
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{home}:{account}",
                "groups": groups,
                "resourceAttributes": {
                    "group": group,
                    "resource": resource,
                    "subresource": subresource,
                    "verb": verb,
                    "namespace": namespace,
                    "name": name,
                },
            },
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        return bool(json.loads(cluster.request("POST", path, review))["status"]["allowed"])

    return ask


def allowed(
    cluster: Cluster, account: str, home: str, namespace: str, name: str = ""
) -> set[Right]:
    """Return all that a service account may do in a namespace ("": in all), asked one by one."""
    ask = reviewer(cluster, account, home)
    rights = sorted(every_right(cluster))
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda right: ask(right, namespace, name), rights)
        return {right for right, yes in zip(rights, answers, strict=True) if yes}


def bind(places: Places, values: str) -> None:
    """Give the cluster what decides on rights in a render of these ci values."""
    (path,) = (p for p in CI_VALUES if p.stem == f"{values}-values")
    for o in places.objects(path):
        if o["kind"] in {"ServiceAccount", "Role", "RoleBinding"}:
            places.cluster.apply(o)


def test_service_accounts_may_do_what_the_contract_lists_and_nothing_else(
    places: Places,
) -> None:
    """Every verb on every resource of the cluster is asked for, in three places."""
    bind(places, "default")
    here, other = places.release, "default"
    expected = {"agentsmith-dispatcher": DISPATCHER, "agentsmith-cleanup": CLEANUP_JOBS}
    for account, rights in expected.items():
        assert allowed(places.cluster, account, here, here) == rights
        for elsewhere in (other, ""):
            assert allowed(places.cluster, account, here, elsewhere) == set()
    assert allowed(places.cluster, "redis", here, here) == set()
    named = allowed(places.cluster, "agentsmith-cleanup", here, here, "agentsmith-dispatcher")
    assert named == CLEANUP_JOBS | CLEANUP_DISPATCHER
    ask = reviewer(places.cluster, "agentsmith-cleanup", here)
    assert not ask(("apps", "deployments", "delete"), here, "redis")


def test_the_denied_are_really_asked_for(places: Places) -> None:
    """The measure itself: what must be denied is among the questions, and some get a yes."""
    rights = every_right(places.cluster)
    assert rights >= {
        ("", "secrets", "get"),
        ("", "secrets", "list"),
        ("", "pods/exec", "create"),
        ("", "serviceaccounts/token", "create"),
        ("rbac.authorization.k8s.io", "roles", "escalate"),
        ("bitnami.com", "sealedsecrets", "get"),
        ("*", "*", "*"),
    }
    assert len(rights) > 900


def test_rights_follow_the_jobs_into_their_namespace(places: Places) -> None:
    remove_rights(places)
    bind(places, "job-namespace")
    home = places.release
    for account, rights in (
        ("agentsmith-dispatcher", DISPATCHER),
        ("agentsmith-cleanup", CLEANUP_JOBS),
    ):
        ask = reviewer(places.cluster, account, home)
        assert {right for right in rights if ask(right, places.jobs, "")} == rights
        assert {right for right in rights if ask(right, home, "")} == set()
        assert not ask(("", "secrets", "get"), places.jobs, "agentsmith-job-secrets")


def test_without_jobs_nobody_has_rights_on_jobs(places: Places) -> None:
    remove_rights(places)
    bind(places, "docker")
    for account in ("agentsmith-dispatcher", "agentsmith-cleanup"):
        ask = reviewer(places.cluster, account, places.release)
        assert not [r for r in DISPATCHER | CLEANUP_JOBS if ask(r, places.release, "")]


def remove_rights(places: Places) -> None:
    for namespace in (places.release, places.jobs):
        for kind in ("RoleBinding", "Role"):
            version = "rbac.authorization.k8s.io/v1"
            for found in places.cluster.list(version, kind, namespace):
                places.cluster.delete(version, kind, found["metadata"]["name"], namespace)
