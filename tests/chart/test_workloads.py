"""Dispatcher and Redis as the images expect them, in pods that a restricted namespace admits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.chart.render import (
    CHART,
    CI_VALUES,
    NAMESPACE,
    Chart,
    containers,
    dispatcher_pod,
    pick,
    pod_specs,
)

SELECTOR = {"app.kubernetes.io/instance": "agentsmith", "app.kubernetes.io/name": "agentsmith"}


def secret_env(key: str, *, optional: bool) -> dict[str, Any]:
    reference = {"name": "agentsmith-secrets", "key": key, "optional": optional}
    return {"name": key.upper().replace("-", "_"), "valueFrom": {"secretKeyRef": reference}}


def plain_env(**variables: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


def test_the_dispatcher_gets_the_environment_of_its_contract(chart: Chart) -> None:
    assert dispatcher_pod(chart.objects())["spec"]["containers"][0]["env"] == [
        *plain_env(
            ASPNETCORE_URLS="http://+:8080",
            ASPNETCORE_ENVIRONMENT="Production",
            REDIS_URL="redis:6379",
            SPAWNER_TYPE="kubernetes",
            K8S_NAMESPACE=NAMESPACE,
            K8S_SECRET_NAME="agentsmith-secrets",
            AGENTSMITH_IMAGE="agentsmith:latest",
            IMAGE_PULL_POLICY="IfNotPresent",
            JobSpawner__TtlSecondsAfterFinished="300",
            JobSpawner__Resources__CpuLimit="1000m",
            JobSpawner__Resources__MemoryLimit="1Gi",
            JobSpawner__Resources__CpuRequest="250m",
            JobSpawner__Resources__MemoryRequest="512Mi",
        ),
        secret_env("anthropic-api-key", optional=True),
        secret_env("azure-devops-token", optional=True),
        secret_env("gemini-api-key", optional=True),
        secret_env("github-token", optional=True),
        secret_env("gitlab-token", optional=True),
        secret_env("jira-email", optional=True),
        secret_env("jira-token", optional=True),
        secret_env("openai-api-key", optional=True),
        secret_env("slack-bot-token", optional=False),
        secret_env("slack-signing-secret", optional=False),
    ]


def test_the_dispatcher_rolls_without_a_gap(chart: Chart) -> None:
    spec = pick(chart.objects(), "Deployment", "agentsmith-dispatcher")["spec"]
    template = spec["template"]
    assert {k: v for k, v in spec.items() if k != "template"} == {
        "replicas": 1,
        "revisionHistoryLimit": 3,
        "minReadySeconds": 5,
        "progressDeadlineSeconds": 300,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        },
        "selector": {"matchLabels": SELECTOR | {"app.kubernetes.io/component": "dispatcher"}},
    }
    container = template["spec"]["containers"][0]
    probe = {"httpGet": {"path": "/health", "port": "http"}}
    assert {k: v for k, v in container.items() if k.endswith("Probe") or k == "lifecycle"} == {
        "startupProbe": probe | {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 30},
        "readinessProbe": probe | {"periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 3},
        "livenessProbe": probe | {"periodSeconds": 30, "timeoutSeconds": 5, "failureThreshold": 3},
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
    }
    assert template["spec"]["terminationGracePeriodSeconds"] == 60


def test_the_dispatcher_finds_its_file_and_can_write_to_tmp(chart: Chart) -> None:
    spec = dispatcher_pod(chart.objects())["spec"]
    assert spec["containers"][0]["volumeMounts"] == [
        {"name": "config", "mountPath": "/app/config", "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    assert spec["volumes"] == [
        {"name": "config", "configMap": {"name": "agentsmith-config"}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
    ]


def test_redis_runs_as_its_contract_says(chart: Chart) -> None:
    spec = pick(chart.objects(), "Deployment", "redis")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    container = spec["template"]["spec"]["containers"][0]
    assert container["image"] == "redis:7-alpine"
    assert container["args"] == [
        *("--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru", "--save", ""),
    ]
    assert "command" not in container
    assert container["readinessProbe"]["exec"] == {"command": ["redis-cli", "ping"]}
    assert spec["template"]["spec"]["securityContext"]["runAsUser"] == 999


def test_services_lead_to_the_right_pods_and_ports(chart: Chart) -> None:
    objects = chart.objects()
    for name, port in (("agentsmith-dispatcher", 80), ("redis", 6379)):
        service = pick(objects, "Service", name)["spec"]
        deployment = pick(objects, "Deployment", name)["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        assert service["selector"] == deployment["selector"]["matchLabels"]
        assert service["selector"].items() <= labels.items()
        target = service["ports"][0]["targetPort"]
        ports = deployment["template"]["spec"]["containers"][0]["ports"]
        assert (service["ports"][0]["port"], target) == (port, ports[0]["name"])


def restricted_faults(name: str, spec: dict[str, Any]) -> list[str]:
    """Return what the restricted Pod Security Standard, and more, would object to."""
    faults = [f"{name}: {k}" for k in ("hostNetwork", "hostPID", "hostIPC") if spec.get(k)]
    faults += [f"{name}: volume {v['name']}" for v in spec.get("volumes", []) if "hostPath" in v]
    pod = spec.get("securityContext", {})
    if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
        faults.append(f"{name}: seccomp")
    if not (pod.get("runAsNonRoot") and pod.get("runAsUser", 0) > 0):
        faults.append(f"{name}: root")
    if spec.get("enableServiceLinks") is not False:
        faults.append(f"{name}: service links")
    for container in containers(spec):
        where = f"{name}/{container['name']}"
        context = container.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False:
            faults.append(f"{where}: privilege escalation")
        if context.get("readOnlyRootFilesystem") is not True:
            faults.append(f"{where}: writable root")
        if context.get("capabilities") != {"drop": ["ALL"]}:
            faults.append(f"{where}: capabilities")
        own = container["name"] not in {"wait", "proxy"}  # of ci/full-values.yaml
        if own and set(container.get("resources", {})) != {"requests", "limits"}:
            faults.append(f"{where}: resources")
    return faults


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_every_pod_is_restricted(chart: Chart, values: Path) -> None:
    specs = list(pod_specs(chart.objects(values)))
    assert len(specs) >= 2
    assert [fault for name, spec in specs for fault in restricted_faults(name, spec)] == []


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_only_pods_that_call_the_api_server_get_a_token(chart: Chart, values: Path) -> None:
    objects = chart.objects(values)
    with_token = {n for n, s in pod_specs(objects) if s["automountServiceAccountToken"]}
    docker = values.stem == "docker-values"
    dispatcher = set() if docker else {"Deployment/agentsmith-dispatcher"}
    assert with_token == {"Job/agentsmith-cleanup"} | dispatcher
    accounts = [o for o in objects if o["kind"] == "ServiceAccount"]
    assert all(o["automountServiceAccountToken"] is False for o in accounts)


def test_the_dispatcher_may_do_what_its_contract_lists_and_no_more(chart: Chart) -> None:
    objects = chart.objects()
    assert pick(objects, "Role", "agentsmith-job-manager")["rules"] == [
        {
            "apiGroups": ["batch"],
            "resources": ["jobs"],
            "verbs": ["create", "delete", "get", "list", "watch"],
        },
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
    bound = {
        o["subjects"][0]["name"]: o["roleRef"]["name"]
        for o in objects
        if o["kind"] == "RoleBinding" and "jobs" not in o["metadata"]["name"]
    }
    assert bound == {
        "agentsmith-cleanup": "agentsmith-cleanup",
        "agentsmith-dispatcher": "agentsmith-job-manager",
    }


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_no_role_has_a_wildcard_or_reads_secrets(chart: Chart, values: Path) -> None:
    for role in (o for o in chart.objects(values) if o["kind"] == "Role"):
        for rule in role["rules"]:
            words = {w for part in rule.values() for w in part}
            assert not words & {"*", "secrets", "pods/exec", "escalate", "bind", "impersonate"}


def test_jobs_in_another_namespace_bring_the_rights_there(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "job-namespace-values.yaml")
    binding = pick(objects, "RoleBinding", "agentsmith-job-manager")
    assert binding["metadata"]["namespace"] == "agentsmith-jobs"
    assert binding["subjects"][0]["namespace"] == NAMESPACE
    variables = {v["name"]: v.get("value") for v in env(objects)}
    assert variables["K8S_NAMESPACE"] == "agentsmith-jobs"
    assert variables["K8S_SECRET_NAME"] == "agentsmith-job-secrets"


def env(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    variables: list[dict[str, Any]] = dispatcher_pod(objects)["spec"]["containers"][0]["env"]
    return variables


def test_another_redis_with_a_password_is_read_from_the_secret(chart: Chart) -> None:
    variables = env(chart.objects(CHART / "ci" / "no-redis-values.yaml"))
    reference = {"name": "agentsmith-from-vault", "key": "redis-url", "optional": False}
    found = [v for v in variables if v["name"] == "REDIS_URL"]
    assert found == [{"name": "REDIS_URL", "valueFrom": {"secretKeyRef": reference}}]


def test_another_redis_without_a_password_is_a_literal_and_in_the_secret(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "docker-values.yaml")
    variables = {v["name"]: v.get("value") for v in env(objects)}
    assert variables["REDIS_URL"] == "redis.example.com:6380,ssl=true,abortConnect=false"
    assert variables["DOCKER_NETWORK"] == "agentsmith"
    data = pick(objects, "Secret", "agentsmith-secrets")["data"]
    assert (
        data["redis-url"] == "cmVkaXMuZXhhbXBsZS5jb206NjM4MCxzc2w9dHJ1ZSxhYm9ydENvbm5lY3Q9ZmFsc2U="
    )


def test_the_production_example_has_two_spread_replicas_and_a_budget(chart: Chart) -> None:
    objects = chart.objects(CHART / "values.prod.yaml.example")
    spec = pick(objects, "Deployment", "agentsmith-dispatcher")["spec"]
    assert spec["replicas"] == 2
    assert spec["template"]["spec"]["topologySpreadConstraints"] == [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": spec["selector"]["matchLabels"]},
            "matchLabelKeys": ["pod-template-hash"],
        }
    ]
    assert pick(objects, "PodDisruptionBudget", "agentsmith-dispatcher")["spec"] == {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": spec["selector"]["matchLabels"]},
    }


def test_a_mirror_registry_comes_before_names_without_registry_only(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "full-values.yaml")
    images = {c["image"] for _, s in pod_specs(objects) for c in containers(s)}
    digest = "0123456789abcdef" * 4
    assert images == {
        f"registry.example.com/mirror/example/agentsmith-dispatcher@sha256:{digest}",
        "registry.example.com/mirror/redis:7-alpine",
        "registry.example.com/mirror/example/test-tools:1",
        "registry.k8s.io/kubectl:v1.36.3",
        "busybox:1.37",
    }
    variables = {v["name"]: v.get("value") for v in env(objects)}
    assert variables["AGENTSMITH_IMAGE"] == "ghcr.io/example/agentsmith:1.4.2"


def test_pull_secrets_reach_every_pod_once(chart: Chart) -> None:
    for name, spec in pod_specs(chart.objects(CHART / "ci" / "full-values.yaml")):
        expected = [{"name": "registry-login"}, {"name": "second-login"}]
        assert spec["imagePullSecrets"] == expected, name


def test_extras_reach_the_dispatcher(chart: Chart) -> None:
    spec = dispatcher_pod(chart.objects(CHART / "ci" / "full-values.yaml"))["spec"]
    container = spec["containers"][0]
    assert [v["name"] for v in container["env"]][-2:] == ["HTTPS_PROXY", "NODE_NAME"]
    assert container["envFrom"] == [{"configMapRef": {"name": "more", "optional": True}}]
    assert [m["name"] for m in container["volumeMounts"]] == ["config", "tmp", "ca"]
    assert [v["name"] for v in spec["volumes"]] == ["config", "tmp", "ca"]
    assert [c["name"] for c in containers(spec)] == ["wait", "dispatcher", "proxy"]
    assert spec["dnsConfig"] == {"options": [{"name": "ndots", "value": "2"}]}
    assert "lifecycle" not in container


def test_an_ingress_publishes_only_the_paths_of_slack(chart: Chart) -> None:
    ingress = pick(
        chart.objects(CHART / "ci" / "ingress-values.yaml"), "Ingress", "agentsmith-dispatcher"
    )
    assert ingress["metadata"]["annotations"] == {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "300",
    }
    backend = {"service": {"name": "agentsmith-dispatcher", "port": {"name": "http"}}}
    assert ingress["spec"] == {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["agentsmith.example.com"], "secretName": "agentsmith-tls"}],
        "rules": [
            {
                "host": "agentsmith.example.com",
                "http": {"paths": [{"path": "/slack", "pathType": "Prefix", "backend": backend}]},
            }
        ],
    }


def test_an_ingress_without_tls_has_no_tls_block(chart: Chart) -> None:
    values = {"ingress": {"enabled": True, "host": "a.example", "tls": False, "className": ""}}
    spec = pick(chart.objects(values), "Ingress", "agentsmith-dispatcher")["spec"]
    assert set(spec) == {"rules"}


def test_a_route_leads_from_the_gateway_to_the_service(chart: Chart) -> None:
    route = pick(
        chart.objects(CHART / "ci" / "ingress-values.yaml"), "HTTPRoute", "agentsmith-dispatcher"
    )
    assert route["spec"] == {
        "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
        "hostnames": ["agentsmith.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/slack"}}],
                "backendRefs": [{"name": "agentsmith-dispatcher", "port": 80}],
                "timeouts": {"request": "300s"},
            }
        ],
    }
