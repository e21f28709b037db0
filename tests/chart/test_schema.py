"""values.schema.json: closed wherever the chart reads by name, open where it only passes on."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.chart.render import CHART, CI_VALUES, Chart
from tests.support.reading import read_yaml

Tree = dict[str, Any]
Path = tuple[str | int, ...]

SCHEMA: Tree = json.loads((CHART / "values.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
DEFAULTS: Tree = read_yaml((CHART / "values.yaml").read_text())

# In the schema but without a default: read by a parent chart, or a field of a Kubernetes type.
WITHOUT_DEFAULT = {"enabled", "global.imageRegistry", "global.imagePullSecrets"}
KUBERNETES_FIELDS = {
    "claims",
    "initialDelaySeconds",
    "successThreshold",
    "terminationGracePeriodSeconds",
}


def resolve(schema: Tree) -> Tree:
    """Follow a reference to the definitions."""
    if "$ref" in schema:
        return resolve(SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")])
    return schema


def closed_objects(schema: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Yield path and schema of every object that lists its keys; lists count with item 0."""
    schema = resolve(schema)
    if "properties" in schema:
        yield path, schema
        for key, below in schema["properties"].items():
            yield from closed_objects(below, (*path, key))
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        yield from closed_objects(schema["items"], (*path, 0))


def keys_of(values: Tree, schema: Tree, path: Path = ()) -> Iterator[Path]:
    """Yield every key of the values that the chart reads by name."""
    properties = resolve(schema).get("properties", {})
    for key, value in values.items():
        yield (*path, key)
        if isinstance(value, dict) and key in properties:
            yield from keys_of(value, properties[key], (*path, key))


def own_keys() -> list[Path]:
    """Return every key under an object that the schema closes."""
    closed = {path for path, schema in closed_objects(SCHEMA) if path != ("global",)}
    return [key for key in keys_of(DEFAULTS, SCHEMA) if key[:-1] in closed]


def misspelt(key: str) -> str:
    """Return a likely typing error of a key."""
    return key[:-2] + key[:-3:-1] if key[-1] != key[-2] else key[:-1]


def put(tree: Tree, path: Path, value: object) -> Tree:
    """Set the value at a path, making what is missing on the way."""
    at: Any = tree
    for key, following in itertools.pairwise(path):
        empty: Any = [{}] if following == 0 else {}
        at = at[0] if key == 0 else at.setdefault(key, empty)
    at[path[-1]] = value
    return tree


def dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def refused(message: str) -> set[str]:
    """Return the paths of the keys that Helm calls not allowed."""
    found = set()
    for where, keys in re.findall(r"at '([^']*)': additional properties (.*) not allowed", message):
        prefix = where.strip("/").replace("/", ".")
        found |= {f"{prefix}.{key}".strip(".") for key in re.findall(r"'([^']+)'", keys)}
    return found


def test_every_misspelt_key_is_refused_by_helm(either: Chart) -> None:
    values: Tree = {}
    expected = set()
    for path in own_keys():
        wrong = (*path[:-1], misspelt(str(path[-1])))
        put(values, wrong, "x")
        expected.add(dotted(wrong))
    assert len(expected) > 140
    assert refused(either.refusal(values)) == expected


@pytest.mark.parametrize("path", own_keys(), ids=dotted)
def test_a_single_misspelt_key_is_refused(path: Path) -> None:
    values = copy.deepcopy(DEFAULTS)
    at: Any = values
    for key in path[:-1]:
        at = at[key]
    at[misspelt(str(path[-1]))] = at.pop(path[-1])
    with pytest.raises(jsonschema.ValidationError, match="Additional properties are not allowed"):
        VALIDATOR.validate(values)


def test_every_unknown_key_in_a_list_item_is_refused_by_helm(either: Chart) -> None:
    values: Tree = {}
    expected = set()
    for path, schema in closed_objects(SCHEMA):
        if 0 in path:
            assert schema["additionalProperties"] is False
            item = dict.fromkeys(schema["required"], "/x")
            put(values, path[:-1], [item | {"unknown": "x"}])
            expected.add(dotted((*path, "unknown")))
    assert expected == {
        "dispatcher.extraEnv.0.unknown",
        "httpRoute.paths.0.unknown",
        "ingress.paths.0.unknown",
    }
    assert refused(either.refusal(values)) == expected


def test_the_schema_is_valid_itself() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_only_global_is_an_open_object_with_keys() -> None:
    opened = {p for p, s in closed_objects(SCHEMA) if s.get("additionalProperties") is not False}
    assert opened == {("global",)}


def test_schema_and_defaults_know_the_same_keys() -> None:
    listed = {
        dotted((*path, key))
        for path, schema in closed_objects(SCHEMA)
        for key in schema["properties"]
        if 0 not in path and key not in KUBERNETES_FIELDS - {"terminationGracePeriodSeconds"}
    }
    defaults = {dotted(key) for key in own_keys()}
    timing = {
        f"dispatcher.probes.{p}.terminationGracePeriodSeconds"
        for p in ("startup", "readiness", "liveness")
    }
    assert listed - timing - WITHOUT_DEFAULT == defaults


PASSED_ON: Tree = {
    "global": {"anything": {"at": "all"}, "imageRegistry": "registry.example.com"},
    "enabled": True,
    "commonLabels": {"any": "label"},
    "commonAnnotations": {"any": "annotation"},
    "dispatcher": {
        "nodeSelector": {"any": "label"},
        "podLabels": {"any": "label"},
        "podSecurityContext": {"supplementalGroups": [1]},
        "securityContext": {"privileged": False},
        "resources": {"limits": {"nvidia.com/gpu": 1, "ephemeral-storage": "1Gi"}},
        "affinity": {"nodeAffinity": {}},
        "extraPodSpec": {"hostUsers": False},
        "service": {"annotations": {"any": "annotation"}},
    },
    "ingress": {"annotations": {"any": "annotation"}},
    "redis": {"tolerations": [{"any": "field"}]},
    "spawner": {"jobResources": {"limits": {"cpu": 2}}},
}


def test_what_is_passed_on_may_hold_any_key(either: Chart) -> None:
    assert either.text(PASSED_ON)


WRONG: dict[str, object] = {
    "image.pullPolicy": "Sometimes",
    "image.agent": "agentsmith latest",
    "image.dispatcher": "agentsmith@sha256:1234",
    "image.pullSecrets": "login",
    "redis.image": "library//redis",
    "cleanup.image": "",
    "tests.image": "tools...x:1",
    "global.imageRegistry": "https://registry.example.com/",
    "global.imagePullSecrets": [{"secret": "login"}],
    "commonLabels": {"team": "plat form"},
    "commonAnnotations": {"two/slashes/here": "x"},
    "redis.podLabels": {"no blank": "x"},
    "redis.nodeSelector": {"disk": "-ssd"},
    "namespace.labels": {"team": "x" * 64},
    "dispatcher.podAnnotations": {"-leading": "x"},
    "dispatcher.extraEnv": [{"name": "A=B", "value": "x"}],
    "dispatcher.probes.liveness.successThreshold": 2,
    "redis.maxMemory": "256 megabytes",
    "redis.maxMemoryPolicy": "all",
    "redis.enabled": "yes",
    "spawner.type": "podman",
    "spawner.namespace": "Agent Smith",
    "spawner.ttlSecondsAfterFinished": "5m",
    "spawner.jobResources.limits.cpu": "one",
    "spawner.jobResources.requests.memory": "512 MB",
    "dispatcher.replicas": -1,
    "dispatcher.port": 80,
    "dispatcher.resources.limits.memory": "512MB",
    "dispatcher.service.type": "ExternalName",
    "dispatcher.service.port": 70000,
    "dispatcher.probes.path": "/health #1",
    "httpRoute.paths": [{"value": "slack"}],
    "dispatcher.probes.startup.periodSeconds": 0,
    "dispatcher.preStopSleepSeconds": "10s",
    "dispatcher.spread": "medium",
    "dispatcher.podLabels": {"count": 1},
    "ingress.host": "https://example.com",
    "ingress.paths": [],
    "ingress.tls": "agentsmith-tls",
    "httpRoute.timeout": "5 minutes",
    "networkPolicy.dispatcher.egressCidrs": ["10.0.0.1", "example.com/24", "10.0.0.0/33", "::/129"],
    "networkPolicy.dispatcher.egressPorts": ["https"],
    "secrets.githubToken": 12345,
    "secrets.jiraEmail": ["a@example.com"],
    "existingSecret": "Agent_Smith",
    "sealedSecret.manifest": {"kind": "SealedSecret"},
    "config.content": {"projects": {}},
    "extraObjects": {"kind": "ConfigMap"},
}


def test_every_wrong_value_is_refused_by_helm(either: Chart) -> None:
    values: Tree = {}
    for path, value in WRONG.items():
        put(values, tuple(path.split(".")), value)
    message = either.refusal(values)
    at = {
        where.strip("/").replace("/", ".")
        for where in re.findall(r"^ *- at '([^']*)'", message, re.M)
    }
    missing = [p for p in WRONG if not any(w == p or w.startswith(f"{p}.") for w in at)]
    assert not missing


def test_a_readiness_probe_has_no_grace_period_of_its_own(chart: Chart) -> None:
    probes = {"readiness": {"terminationGracePeriodSeconds": 5, "successThreshold": 2}}
    refusal = chart.refusal({"dispatcher": {"probes": probes}})
    assert refused(refusal) == {"dispatcher.probes.readiness.terminationGracePeriodSeconds"}


def test_a_refused_secret_is_not_printed(either: Chart) -> None:
    message = either.refusal({"secrets": {"githubToken": 98765432123, "gitHubToken": "ghp_hidden"}})
    assert "githubToken" in message
    assert "98765432123" not in message
    assert "ghp_hidden" not in message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ingress": {"enabled": True}}, "/ingress/host"),
        ({"ingress": {"enabled": True, "host": "a.example", "tlsSecretName": ""}}, "tlsSecretName"),
        ({"httpRoute": {"enabled": True}}, "/httpRoute/parentRefs"),
    ],
    ids=["ingress without host", "TLS without Secret", "route without gateway"],
)
def test_a_value_that_needs_another_is_refused_without_it(
    chart: Chart, values: Tree, message: str
) -> None:
    assert message in chart.refusal(values)


@pytest.mark.parametrize("path", CI_VALUES, ids=lambda path: path.stem)
def test_ci_values_are_valid_for_other_validators_too(path: Any) -> None:
    values = read_yaml(path.read_text())
    VALIDATOR.validate(values)


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/0", "10.20.0.0/16", "255.1.2.3/32", "::/0", "fd00::/8", "2001:db8::1/128"]
)
def test_an_address_range_is_accepted(cidr: str) -> None:
    VALIDATOR.validate({"networkPolicy": {"dispatcher": {"egressCidrs": [cidr]}}})


def test_a_parent_chart_may_set_global_in_the_ways_in_use(either: Chart) -> None:
    for mirror in ("", None, "registry.example.com:5000/mirror/"):
        values = {"global": {"imageRegistry": mirror, "imagePullSecrets": None}}
        assert either.text(values)
    assert either.text({"global": {"imagePullSecrets": ["a", {"name": "b"}]}})


@pytest.mark.parametrize(
    "reference",
    [
        "redis",
        "redis:7-alpine",
        "localhost/x:tag",
        "localhost:5000/x/y_z:1.0",
        "registry.example.com:5000/team/app.name/x--y:v1_2",
        "ghcr.io/a/b@sha256:" + "0" * 64,
        "ghcr.io/a/b:1.2.3@sha256:" + "a" * 64,
    ],
)
def test_a_whole_image_reference_is_accepted(reference: str) -> None:
    VALIDATOR.validate({"image": {"agent": reference}})
