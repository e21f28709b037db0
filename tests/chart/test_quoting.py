"""Values that YAML would read as something else, or print in another way, arrive as they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.render import Chart, dispatcher_pod, load_all, pick

# Names that Kubernetes takes, and that YAML takes for a number, a truth value or nothing.
NUMERIC: dict[str, Any] = {
    "existingSecret": "123",
    "config": {"existingConfigMap": "true"},
    "serviceAccount": {"name": "1e3"},
    "spawner": {"namespace": "456", "secretName": "0x10"},
    "dispatcher": {"priorityClassName": "null", "replicas": 2},
    "redis": {"priorityClassName": "1.5"},
    "ingress": {
        "enabled": True,
        "host": "8.8",
        "className": "0b1",
        "tlsSecretName": "no",
        "paths": [{"path": "/~"}],
    },
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "123"}],
        "hostnames": ["123"],
        "timeout": "1h",
    },
    "image": {"pullSecrets": ["123"]},
    "rolloutToken": "123",
    "commonLabels": {"a": "1", "b": "null", "c": ""},
    "commonAnnotations": {"a": "1", "b": "yes", "c": 'x: "y" # {{ z }}\n\n'},
}
TEXT_FIELDS = {
    *("name", "namespace", "serviceAccountName", "priorityClassName", "ingressClassName"),
    *("secretName", "request", "path", "value", "image", "host", "sizeLimit"),
}


def not_text(node: Any, path: str = "") -> list[str]:
    """Return the names, labels and annotations that are not text."""
    if isinstance(node, list):
        return [p for i, item in enumerate(node) for p in not_text(item, f"{path}[{i}]")]
    if not isinstance(node, dict):
        return []
    found = []
    for key, value in node.items():
        below = f"{path}.{key}"
        texts = value.values() if key in {"labels", "annotations", "matchLabels"} else ()
        if key in TEXT_FIELDS and isinstance(value, int | float | bool | None):
            found.append(below)
        found += [below for text in texts if not isinstance(text, str)]
        found += not_text(value, below)
    return found


def test_names_that_look_like_numbers_stay_text(chart: Chart, chart3: Chart) -> None:
    text = chart.text(NUMERIC)
    assert chart3.text(NUMERIC) == text
    assert [p for o in load_all(text) for p in not_text(o, o["kind"])] == []
    assert dispatcher_pod(load_all(text))["spec"]["priorityClassName"] == "null"


def test_a_value_of_many_lines_stays_one_value(chart: Chart) -> None:
    hostile = 'a"b: c # {{ d }}\n  e: f\n'
    values = {
        "rolloutToken": hostile,
        "spawner": {"dockerNetwork": hostile},
        "dispatcher": {"environment": hostile, "podAnnotations": {"note": hostile}},
    }
    pod = dispatcher_pod(chart.objects(values))
    environment = {v["name"]: v.get("value") for v in pod["spec"]["containers"][0]["env"]}
    assert environment["DOCKER_NETWORK"] == environment["ASPNETCORE_ENVIRONMENT"] == hostile
    assert pod["metadata"]["annotations"]["rollout-token"] == hostile
    assert pod["metadata"]["annotations"]["note"] == hostile


LARGE: dict[str, Any] = {
    "spawner": {
        "ttlSecondsAfterFinished": 31536000,
        "jobResources": {
            "requests": {"cpu": 0.5, "memory": 1073741824},
            "limits": {"cpu": 2, "memory": 5368709120},
        },
    },
    "dispatcher": {
        "terminationGracePeriodSeconds": 1000000,
        "minReadySeconds": 1000000,
        "progressDeadlineSeconds": 2592000,
        "tmpSizeLimit": 1073741824,
        "podSecurityContext": {"runAsUser": 1000640000},
    },
    "redis": {"terminationGracePeriodSeconds": 1234567},
    "cleanup": {"timeoutSeconds": 10000000},
    "tests": {"timeoutSeconds": 2000000},
}


def test_large_numbers_are_not_printed_as_powers_of_ten(chart: Chart, chart3: Chart) -> None:
    text = chart.text(LARGE)
    assert chart3.text(LARGE) == text
    objects = load_all(text)
    pod = dispatcher_pod(objects)["spec"]
    environment = {v["name"]: v.get("value") for v in pod["containers"][0]["env"]}
    assert {k: v for k, v in environment.items() if k.startswith("JobSpawner__")} == {
        "JobSpawner__TtlSecondsAfterFinished": "31536000",
        "JobSpawner__Resources__CpuRequest": "0.5",
        "JobSpawner__Resources__MemoryRequest": "1073741824",
        "JobSpawner__Resources__CpuLimit": "2",
        "JobSpawner__Resources__MemoryLimit": "5368709120",
    }
    assert pod["volumes"][1]["emptyDir"] == {"sizeLimit": "1073741824"}
    assert pod["securityContext"]["runAsUser"] == 1000640000
    assert pod["terminationGracePeriodSeconds"] == 1000000
    assert pick(objects, "Job", "agentsmith-cleanup")["spec"]["activeDeadlineSeconds"] == 10000000
    assert pick(objects, "Pod", "agentsmith-test")["spec"]["activeDeadlineSeconds"] == 2000000
    assert "e+0" not in text


@pytest.mark.parametrize("port", ["8080", 8080.5, True])
def test_a_port_that_is_no_whole_number_is_refused(chart: Chart, port: object) -> None:
    assert "/dispatcher/port" in chart.refusal({"dispatcher": {"port": port}})
