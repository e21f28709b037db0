"""What a schema can't say, the templates refuse: with the value's name and the fix."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.render import CHART, Chart

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
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_cannot_work_is_refused(chart: Chart, case: str) -> None:
    values, message = REFUSED[case]
    refusal = chart.refusal(values)
    assert message in refusal
    assert "hunter2" not in refusal


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
