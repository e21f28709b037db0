"""What a schema can't say, the templates refuse: with the value's name and the fix."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.chart.render import CHART, Chart
from tests.support.reading import read_yaml

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "external address beside the chart's Redis": (
        {"redis": {"externalUrl": "redis.example.com:6379"}},
        "Set redis.enabled to false with them.",
    ),
    "no Redis at all": (
        {"redis": {"enabled": False}},
        "set exactly one of redis.externalUrl (host:port) and redis.urlFromSecret (true)",
    ),
    "two addresses of another Redis": (
        {
            "existingSecret": "elsewhere",
            "redis": {"enabled": False, "externalUrl": "r:6379", "urlFromSecret": True},
        },
        "set exactly one of redis.externalUrl (host:port) and redis.urlFromSecret (true)",
    ),
    "password in clear text": (
        {"redis": {"enabled": False, "externalUrl": "r:6379,Password=hunter2"}},
        "redis.externalUrl holds a password",
    ),
    "address with a scheme": (
        {"redis": {"enabled": False, "externalUrl": "redis://r:6379"}},
        "redis.externalUrl must be host:port",
    ),
    "address with a blank": (
        {"redis": {"enabled": False, "externalUrl": "r:6379, ssl=true"}},
        "redis.externalUrl must be host:port",
    ),
    "address from a Secret that has none": (
        {"redis": {"enabled": False, "urlFromSecret": True}},
        "redis.urlFromSecret needs sealedSecret.manifest or existingSecret",
    ),
    "Jobs where the Secret is not": (
        {"spawner": {"namespace": "elsewhere"}},
        'spawner.namespace is "elsewhere", but the Secret is in "agentsmith-ci"',
    ),
    "no service account": (
        {"serviceAccount": {"create": False}},
        "serviceAccount.name must name an existing service account",
    ),
    "pods killed while they drain": (
        {"dispatcher": {"preStopSleepSeconds": 30}},
        "dispatcher.terminationGracePeriodSeconds is 60, but must be at least 65",
    ),
    "hook shorter than the drain": (
        {"dispatcher": {"terminationGracePeriodSeconds": 180}},
        "cleanup.timeoutSeconds is 240, but must be more than 240",
    ),
    "variable of the chart": (
        {"dispatcher": {"extraEnv": [{"name": "REDIS_URL", "value": "x"}]}},
        "dispatcher.extraEnv sets REDIS_URL",
    ),
    "variable from the Secret": (
        {"dispatcher": {"extraEnv": [{"name": "GITHUB_TOKEN", "value": "x"}]}},
        "dispatcher.extraEnv sets GITHUB_TOKEN",
    ),
    "variable twice": (
        {"dispatcher": {"extraEnv": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}},
        "dispatcher.extraEnv sets A, which the chart sets already or which comes twice",
    ),
    "pod field of the chart": (
        {"dispatcher": {"extraPodSpec": {"volumes": []}}},
        "dispatcher.extraPodSpec sets volumes",
    ),
    "older name of a pod field": (
        {"dispatcher": {"extraPodSpec": {"serviceAccount": "other"}}},
        "dispatcher.extraPodSpec sets serviceAccount",
    ),
    "volume of the chart": (
        {"dispatcher": {"extraVolumes": [{"name": "tmp", "emptyDir": {}}]}},
        'dispatcher.extraVolumes has name "tmp"',
    ),
    "volume twice": (
        {"dispatcher": {"extraVolumes": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}},
        'dispatcher.extraVolumes has name "a"',
    ),
    "mount over the chart's": (
        {"dispatcher": {"extraVolumeMounts": [{"name": "a", "mountPath": "/app/config/"}]}},
        'dispatcher.extraVolumeMounts has mountPath "/app/config"',
    ),
    "container of the chart": (
        {"dispatcher": {"extraContainers": [{"name": "dispatcher", "image": "x"}]}},
        'dispatcher.initContainers or dispatcher.extraContainers has name "dispatcher"',
    ),
    "container before and beside": (
        {"dispatcher": {"initContainers": [{"name": "a"}], "extraContainers": [{"name": "a"}]}},
        'dispatcher.initContainers or dispatcher.extraContainers has name "a"',
    ),
    "label of the chart": (
        {"commonLabels": {"app.kubernetes.io/part-of": "shop"}},
        "commonLabels sets app.kubernetes.io/part-of",
    ),
    "label that the cleanup deletes by": (
        {"commonLabels": {"app": "agentsmith", "job-id": "1"}},
        "commonLabels sets job-id",
    ),
    "label of the dispatcher's selector": (
        {"dispatcher": {"podLabels": {"app.kubernetes.io/name": "x"}}},
        "dispatcher.podLabels sets app.kubernetes.io/name",
    ),
    "label of the selector of Redis": (
        {"redis": {"podLabels": {"app.kubernetes.io/component": "x"}}},
        "redis.podLabels sets app.kubernetes.io/component",
    ),
    "checksum of the chart": (
        {"dispatcher": {"podAnnotations": {"checksum/config": "x"}}},
        "dispatcher.podAnnotations sets checksum/config",
    ),
    "every object a hook of Helm": (
        {"commonAnnotations": {"helm.sh/hook": "pre-install"}},
        "commonAnnotations sets helm.sh/hook",
    ),
    "every object a hook of Argo CD": (
        {"commonAnnotations": {"argocd.argoproj.io/hook-delete-policy": "HookSucceeded"}},
        "commonAnnotations sets argocd.argoproj.io/hook-delete-policy",
    ),
    "account of Redis": (
        {"serviceAccount": {"name": "redis"}},
        'serviceAccount.name is "redis", which is another account of this chart',
    ),
    "account of the cleanup": (
        {"serviceAccount": {"create": False, "name": "agentsmith-cleanup"}},
        'serviceAccount.name is "agentsmith-cleanup"',
    ),
    "node port that no Service has": (
        {"dispatcher": {"service": {"nodePort": 30080}}},
        "dispatcher.service.nodePort needs dispatcher.service.type NodePort or LoadBalancer",
    ),
    "rollout that fails before a pod counts": (
        {"dispatcher": {"minReadySeconds": 300}},
        "dispatcher.progressDeadlineSeconds is 300, but must be more than",
    ),
    "Redis that outgrows its limit": (
        {"redis": {"maxMemory": "384MB"}},
        "redis.maxMemory is 384MB, but redis.resources.limits.memory is 384Mi",
    ),
    "Redis without bound": (
        {"redis": {"maxMemory": "0"}},
        "redis.maxMemory is 0 (no limit), but redis.resources.limits.memory is 384Mi",
    ),
    "limit as a number": (
        {"redis": {"resources": {"limits": {"memory": 268435456}}}},
        "redis.maxMemory is 256mb, but redis.resources.limits.memory is 268435456",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_cannot_work_is_refused(chart: Chart, case: str) -> None:
    values, message = REFUSED[case]
    refusal = chart.refusal(values)
    assert message in refusal
    assert "hunter2" not in refusal


ACCEPTED: dict[str, dict[str, Any]] = {
    "Redis just below its limit": {"redis": {"maxMemory": "402653183"}},
    "Redis without a limit": {
        "redis": {"maxMemory": "0", "resources": {"limits": {"memory": None}}}
    },
    "limit in another unit": {
        "redis": {"maxMemory": "1gb", "resources": {"limits": {"memory": "1.5Gi"}}}
    },
    "limit in a unit that is not compared": {
        "redis": {"maxMemory": "1gb", "resources": {"limits": {"memory": "1Ei"}}}
    },
    "mount below one of the chart": {
        "dispatcher": {"extraVolumeMounts": [{"name": "a", "mountPath": "/tmp/cache"}]}
    },
    "containers of other names": {
        "dispatcher": {"initContainers": [{"name": "a"}], "extraContainers": [{"name": "b"}]}
    },
    "Docker beside a namespace": {"spawner": {"type": "docker", "namespace": "elsewhere"}},
    "label that agents have too": {"commonLabels": {"app": "agentsmith"}},
    "annotation of Argo CD": {"commonAnnotations": {"argocd.argoproj.io/sync-wave": "3"}},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_can_work_is_not_refused(chart: Chart, case: str) -> None:
    assert chart.objects(ACCEPTED[case])


def nulls(tree: dict[str, Any], sections: bool) -> dict[str, Any]:
    """Return the values with null for all that is no map, or for the maps of the first level."""
    if sections:
        return {key: None if isinstance(value, dict) else value for key, value in tree.items()}
    return {
        key: nulls(value, sections) if isinstance(value, dict) and value else None
        for key, value in tree.items()
    }


# Null is the same as empty, unless the default is something that a pod can't do without.
MAY_BE_NULL = {"global", "secrets", "commonLabels", "commonAnnotations"}
MAY_BE_NULL_BELOW = (
    *("spawner.jobResources", "dispatcher.probes.startup", "dispatcher.probes.readiness"),
    *("dispatcher.probes.liveness", "dispatcher.resources", "redis.resources"),
    *("cleanup.resources", "dispatcher.podSecurityContext", "dispatcher.securityContext"),
    *("redis.podSecurityContext", "redis.securityContext", "networkPolicy.dispatcher"),
    *("ingress.className", "ingress.tlsSecretName", "ingress.annotations", "httpRoute.timeout"),
    "namespace.labels",
)


def defaults(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return every value that is no map, by its dotted path."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            found |= defaults(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def named_as_null(refusal: str) -> set[str]:
    (listed,) = re.findall(r"These values are null or missing: (.*?)\. Leave them out", refusal)
    return set(listed.split(", "))


def test_null_for_a_value_that_has_a_default_is_refused_by_name(either: Chart) -> None:
    values = read_yaml((CHART / "values.yaml").read_text())
    refusal = either.refusal(nulls(values, sections=False))
    assert named_as_null(refusal) == {
        path
        for path, default in defaults(values).items()
        if default not in ("", [], {}) and not path.startswith(MAY_BE_NULL_BELOW)
    }


def test_null_for_a_whole_section_is_refused_by_name(either: Chart) -> None:
    values = read_yaml((CHART / "values.yaml").read_text())
    refusal = either.refusal(nulls(values, sections=True))
    sections = {key for key, value in values.items() if isinstance(value, dict)}
    assert named_as_null(refusal) == sections - MAY_BE_NULL


def test_null_for_a_section_in_a_section_is_refused_by_name(chart: Chart) -> None:
    values = {
        "dispatcher": dict.fromkeys(("service", "probes", "podDisruptionBudget")),
        "networkPolicy": dict.fromkeys(("dispatcher", "agentJobs")),
    }
    expected = {f"{above}.{key}" for above, keys in values.items() for key in keys}
    assert named_as_null(chart.refusal(values)) == expected


def test_null_where_empty_would_do_is_the_same_as_empty(chart: Chart) -> None:
    values = read_yaml((CHART / "values.yaml").read_text())
    empty: dict[str, Any] = {}
    for path, default in defaults(values).items():
        if default in ("", [], {}):
            *above, key = path.split(".")
            at = empty
            for part in above:
                at = at.setdefault(part, {})
            at[key] = None
    assert len(defaults(empty)) > 40
    assert chart.text(empty) == chart.text()


WITHOUT_SCHEMA: dict[str, tuple[dict[str, Any], str]] = {
    "ingress": ({"ingress": {"enabled": True}}, "ingress.enabled needs ingress.host"),
    "TLS": (
        {"ingress": {"enabled": True, "host": "a.example", "tlsSecretName": ""}},
        "ingress.tls needs ingress.tlsSecretName",
    ),
    "route": ({"httpRoute": {"enabled": True}}, "httpRoute.enabled needs httpRoute.parentRefs"),
}


@pytest.mark.parametrize("case", WITHOUT_SCHEMA)
def test_guards_hold_where_the_schema_is_skipped(chart: Chart, case: str) -> None:
    values, message = WITHOUT_SCHEMA[case]
    assert message in chart.refusal(values, options=("--skip-schema-validation",))


def test_the_local_example_installs(either: Chart) -> None:
    assert either.text(CHART / "values.local.yaml.example", namespace="agentsmith")


def test_the_local_example_stops_where_a_key_is_emptied(chart: Chart) -> None:
    options = ("--set", "secrets.slackBotToken=")
    refusal = chart.refusal(CHART / "values.local.yaml.example", options=options)
    assert "the Secret would lack: slack-bot-token." in refusal
