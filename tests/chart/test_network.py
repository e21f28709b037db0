"""Network policies: each pod reaches what it needs, and nobody else reaches Redis."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.render import CHART, Chart, names, pick

OWN = {"app.kubernetes.io/instance": "agentsmith", "app.kubernetes.io/name": "agentsmith"}


def component(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": OWN | {"app.kubernetes.io/component": name}}}


def tcp(*ports: int | str) -> list[dict[str, Any]]:
    return [{"port": port, "protocol": "TCP"} for port in ports]


JOBS = {"podSelector": {"matchLabels": {"app": "agentsmith"}}}


def test_only_dispatcher_agents_and_the_test_reach_redis(chart: Chart) -> None:
    assert pick(chart.objects(), "NetworkPolicy", "redis")["spec"] == {
        **component("redis"),
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"from": [component("dispatcher"), component("test"), JOBS], "ports": tcp("redis")}
        ],
    }


def test_the_dispatcher_reaches_dns_redis_and_https(chart: Chart) -> None:
    dns = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    anywhere = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
    assert pick(chart.objects(), "NetworkPolicy", "agentsmith-dispatcher")["spec"] == {
        **component("dispatcher"),
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": tcp("http")}],
        "egress": [
            {"ports": dns},
            {"to": [component("redis")], "ports": tcp(6379)},
            {"to": anywhere, "ports": tcp(443, 6443)},
        ],
    }


def test_named_callers_and_pods_of_the_namespace_alone_reach_the_dispatcher(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "ingress-values.yaml")
    ingress = pick(objects, "NetworkPolicy", "agentsmith-dispatcher")["spec"]["ingress"]
    nginx = {"kubernetes.io/metadata.name": "ingress-nginx"}
    peers = [{"podSelector": {}}, {"namespaceSelector": {"matchLabels": nginx}}]
    assert ingress == [{"from": peers, "ports": tcp("http")}]


def test_nobody_reaches_agent_jobs(chart: Chart) -> None:
    assert pick(chart.objects(), "NetworkPolicy", "agentsmith-jobs")["spec"] == {
        **JOBS,
        "policyTypes": ["Ingress"],
    }


def test_agents_of_another_namespace_reach_redis(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "job-namespace-values.yaml")
    rule = pick(objects, "NetworkPolicy", "redis")["spec"]["ingress"][0]
    there = {"matchLabels": {"kubernetes.io/metadata.name": "agentsmith-jobs"}}
    assert rule["from"][2] == JOBS | {"namespaceSelector": there}


def test_another_redis_needs_a_rule_of_its_own(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "no-redis-values.yaml")
    egress = pick(objects, "NetworkPolicy", "agentsmith-dispatcher")["spec"]["egress"]
    assert egress[-1] == {"to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}], "ports": tcp(6380)}
    assert len(egress) == 3


@pytest.mark.parametrize(
    ("address", "ports"),
    [
        ("redis.example.com:6380,ssl=true,abortConnect=false", [6380]),
        ("redis.example.com", [6379]),
        ("redis.example.com,ssl=true", [6380]),
        ("a.example:7000,b.example:7001,serviceName=mymaster,a.example:7000", [7000, 7001]),
        ("[fd00::1]:6390", [6390]),
    ],
)
def test_the_dispatcher_reaches_another_redis_by_its_address(
    chart: Chart, address: str, ports: list[int]
) -> None:
    objects = chart.objects({"redis": {"enabled": False, "externalUrl": address}})
    egress = pick(objects, "NetworkPolicy", "agentsmith-dispatcher")["spec"]["egress"]
    assert egress[-1]["ports"] == tcp(443, 6443, *ports)
    assert len(egress) == 2


def test_policies_can_be_off(chart: Chart) -> None:
    objects = chart.objects({"networkPolicy": {"enabled": False}})
    assert "NetworkPolicy" not in {kind for kind, _ in names(objects)}
    objects = chart.objects({"networkPolicy": {"agentJobs": {"enabled": False}}})
    assert ("NetworkPolicy", "agentsmith-jobs") not in names(objects)
