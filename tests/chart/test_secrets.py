"""Three sources of the Secret, of which one at most is in use."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest

from tests.chart.render import (
    CHART,
    NAMESPACE,
    Chart,
    containers,
    dispatcher_pod,
    names,
    pick,
    pod_specs,
    run,
    sealed_secret,
)

INLINE: dict[str, Any] = {"secrets": {"slackBotToken": "xoxb-1"}}
SEALED: dict[str, Any] = {"sealedSecret": {"manifest": sealed_secret()}}
EXISTING: dict[str, Any] = {"existingSecret": "elsewhere"}

KEYS = {
    "anthropicApiKey": "anthropic-api-key",
    "openaiApiKey": "openai-api-key",
    "geminiApiKey": "gemini-api-key",
    "githubToken": "github-token",
    "azureDevOpsToken": "azure-devops-token",
    "gitlabToken": "gitlab-token",
    "jiraToken": "jira-token",
    "jiraEmail": "jira-email",
    "slackBotToken": "slack-bot-token",
    "slackSigningSecret": "slack-signing-secret",
}


def secret_data(chart: Chart, *arguments: Any) -> dict[str, bytes]:
    data = pick(chart.objects(*arguments), "Secret", "agentsmith-secrets")["data"]
    return {key: base64.b64decode(value, validate=True) for key, value in data.items()}


def test_every_value_becomes_its_key(chart: Chart) -> None:
    values = {"secrets": {name: f"value of {name} ß\n2" for name in KEYS}}
    expected = {key: f"value of {name} ß\n2".encode() for name, key in KEYS.items()}
    assert secret_data(chart, values) == expected | {"redis-url": b"redis:6379"}


def test_empty_values_are_left_out(chart: Chart) -> None:
    values = {"secrets": {"githubToken": "t", "jiraToken": "", "gitlabToken": " \n"}}
    assert secret_data(chart, values) == {"github-token": b"t", "redis-url": b"redis:6379"}


def test_line_ends_that_set_file_adds_are_dropped(chart: Chart) -> None:
    files = {"secrets.githubToken": b" t\r\n\n", "secrets.slackBotToken": b"a\nb"}
    assert secret_data(chart, None, files) == {
        "github-token": b" t",
        "redis-url": b"redis:6379",
        "slack-bot-token": b"a\nb",
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (INLINE, ("Secret", "agentsmith-secrets")),
        (SEALED, ("SealedSecret", "agentsmith-secrets")),
        (EXISTING, None),
        ({}, ("Secret", "agentsmith-secrets")),
    ],
    ids=["inline", "sealed", "existing", "none"],
)
def test_each_source_makes_its_own_object(
    chart: Chart, values: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    made = {n for n in names(chart.objects(values)) if "Secret" in n[0]}
    assert made == ({expected} if expected else set())


@pytest.mark.parametrize(
    "sources",
    [s for n in (2, 3) for s in itertools.combinations(("inline", "sealed", "existing"), n)],
    ids="+".join,
)
def test_two_sources_are_refused_by_name(chart: Chart, sources: tuple[str, ...]) -> None:
    known = {"inline": INLINE, "sealed": SEALED, "existing": EXISTING}
    labels = {
        "inline": "secrets.slackBotToken",
        "sealed": "sealedSecret.manifest",
        "existing": "existingSecret",
    }
    values = {k: v for source in sources for k, v in known[source].items()}
    refusal = chart.refusal(values)
    assert f"but these are: {', '.join(labels[s] for s in sources)}. Keep one" in refusal
    assert "xoxb-1" not in refusal


def test_every_reader_takes_the_existing_secret(chart: Chart) -> None:
    objects = chart.objects(EXISTING)
    assert read_secrets(objects) == {"elsewhere"}
    assert env(objects)["K8S_SECRET_NAME"] == {"value": "elsewhere"}


def read_secrets(objects: list[dict[str, Any]]) -> set[str]:
    return {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for _, spec in pod_specs(objects)
        for container in containers(spec)
        for variable in container.get("env", [])
        if "secretKeyRef" in variable.get("valueFrom", {})
    }


def env(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    variables = dispatcher_pod(objects)["spec"]["containers"][0]["env"]
    return {v["name"]: {k: x for k, x in v.items() if k != "name"} for v in variables}


def test_only_the_slack_keys_hold_a_pod_back(chart: Chart) -> None:
    found = {
        ref["valueFrom"]["secretKeyRef"]["key"]: ref["valueFrom"]["secretKeyRef"]["optional"]
        for ref in env(chart.objects()).values()
        if "valueFrom" in ref
    }
    required = {"slack-bot-token", "slack-signing-secret"}
    assert found == {key: key not in required for key in KEYS.values()}


def test_no_secret_is_printed_outside_the_secret(chart: Chart) -> None:
    values = {"secrets": {name: f"hidden-{name}" for name in KEYS}}
    text = chart.text(values)
    assert "hidden-" not in text
    for name in KEYS:
        assert text.count(base64.b64encode(f"hidden-{name}".encode()).decode()) == 1


def test_a_sealed_secret_keeps_its_spec_and_gets_labels_and_a_wave(chart: Chart) -> None:
    manifest = sealed_secret(github_token="AgB+/=", slack_bot_token="AgBy")
    objects = chart.objects(None, {"sealedSecret.manifest": manifest.encode()})
    assert pick(objects, "SealedSecret", "agentsmith-secrets") == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {
            "name": "agentsmith-secrets",
            "namespace": NAMESPACE,
            "annotations": {"argocd.argoproj.io/sync-wave": "-1"},
            "labels": {
                "app.kubernetes.io/component": "secret",
                "app.kubernetes.io/instance": "agentsmith",
                "app.kubernetes.io/managed-by": "Helm",
                "app.kubernetes.io/name": "agentsmith",
                "app.kubernetes.io/part-of": "agentsmith",
                "app.kubernetes.io/version": "latest",
                "helm.sh/chart": "agentsmith-0.1.0",
            },
        },
        "spec": {
            "encryptedData": {"github-token": "AgB+/=", "slack-bot-token": "AgBy"},
            "template": {
                "metadata": {"name": "agentsmith-secrets", "namespace": NAMESPACE},
                "type": "Opaque",
            },
        },
    }


def test_scope_labels_and_annotations_of_a_sealed_secret_are_kept(chart: Chart) -> None:
    wide = "sealedsecrets.bitnami.com/namespace-wide"
    manifest = sealed_secret().replace(
        "metadata:\n  name",
        f'metadata:\n  annotations: {{{wide}: "true", argocd.argoproj.io/sync-wave: "-5"}}\n'
        "  labels: {team: platform, app.kubernetes.io/instance: other}\n  name",
        1,
    )
    made = pick(chart.objects({"sealedSecret": {"manifest": manifest}}), "SealedSecret",
                "agentsmith-secrets")["metadata"]  # fmt: skip
    assert made["annotations"] == {wide: "true", "argocd.argoproj.io/sync-wave": "-5"}
    assert made["labels"]["team"] == "platform"
    assert made["labels"]["app.kubernetes.io/instance"] == "agentsmith"


def test_a_sealed_secret_read_back_from_a_cluster_can_be_applied(chart: Chart) -> None:
    noted = "kubectl.kubernetes.io/last-applied-configuration"
    manifest = sealed_secret(slack_bot_token="AgBy").replace(
        "metadata:\n  name",
        f"metadata:\n  annotations: {{{noted}: '{{}}', team: platform}}\n"
        "  creationTimestamp: null\n  generation: 3\n  resourceVersion: '12'\n  uid: a-b\n"
        "  ownerReferences: []\n  managedFields: []\n  name",
        1,
    )
    manifest += "status: {}\n"
    made = pick(chart.objects({"sealedSecret": {"manifest": manifest}}), "SealedSecret",
                "agentsmith-secrets")  # fmt: skip
    assert set(made) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(made["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert set(made["metadata"]["annotations"]) == {"argocd.argoproj.io/sync-wave", "team"}


def test_a_cluster_wide_sealed_secret_needs_no_namespace(chart: Chart) -> None:
    manifest = sealed_secret().replace(
        f"  namespace: {NAMESPACE}\nspec:",
        '  annotations: {sealedsecrets.bitnami.com/cluster-wide: "true"}\nspec:',
    )
    objects = chart.objects({"sealedSecret": {"manifest": manifest}})
    assert pick(objects, "SealedSecret", "agentsmith-secrets")["metadata"]["namespace"] == NAMESPACE


def test_a_fresh_environment_renders_before_its_first_seal(chart: Chart) -> None:
    objects = chart.objects(SEALED)
    spec = pick(objects, "SealedSecret", "agentsmith-secrets")["spec"]
    assert spec["encryptedData"] == {}


BROKEN = {
    "plain Secret": ("kind: SealedSecret", "kind: Secret", "must be a SealedSecret"),
    "other group": ("bitnami.com/v1alpha1", "bitnami.com/v2", "must be a SealedSecret"),
    "other name": ("name: agentsmith-secrets", "name: other", 'is named "other"'),
    "other namespace": (
        f"namespace: {NAMESPACE}",
        "namespace: elsewhere",
        f'sealed for namespace "elsewhere", but the release is in namespace "{NAMESPACE}"',
    ),
    "no namespace": (f"  namespace: {NAMESPACE}\nspec", "spec", 'sealed for namespace ""'),
    "no encryptedData": ("encryptedData: {}", "data: {}", "needs spec.encryptedData"),
    "no spec": ("spec:\n", "spec: x\nmore:\n", "needs metadata and spec"),
    "not YAML": ("kind:", "kind: [", "is not YAML"),
    "two documents": ("# Written", f"{sealed_secret()}---\n# Written", "holds 2 documents"),
    "only comments": (sealed_secret(), "# nothing yet\n", "holds 0 documents"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_sealed_secret_is_refused_with_file_and_fix(chart: Chart, case: str) -> None:
    old, new, message = BROKEN[case]
    manifest = sealed_secret().replace(old, new)
    assert manifest != sealed_secret()
    refusal = chart.refusal({"sealedSecret": {"manifest": manifest}})
    assert message in refusal
    assert "environments/ENV/sealed-secret.yaml" in refusal
    assert "Write it anew with `bootstrap seal`" in refusal


@pytest.mark.parametrize("lead", ["---\n", "# a\n---\n", "--- # b\n"])
def test_a_document_start_as_kubeseal_writes_it_is_accepted(chart: Chart, lead: str) -> None:
    assert chart.text({"sealedSecret": {"manifest": lead + sealed_secret() + "---\n"}})


@pytest.mark.parametrize(
    ("secrets", "missing"),
    [
        ({}, ["slack-bot-token", "slack-signing-secret", "one of anthropic-api-key"]),
        ({"slackBotToken": "a", "slackSigningSecret": "b"}, ["one of anthropic-api-key"]),
        ({"slackBotToken": "a", "geminiApiKey": "c"}, ["slack-signing-secret"]),
    ],
    ids=["all", "model key", "one Slack key"],
)
def test_missing_secrets_are_named_where_completeness_is_asked_for(
    chart: Chart, secrets: dict[str, str], missing: list[str]
) -> None:
    refusal = chart.refusal({"requireCompleteSecrets": True, "secrets": secrets})
    assert f"the Secret would lack: {', '.join(missing)}" in refusal


@pytest.mark.parametrize("values", [SEALED, EXISTING], ids=["sealed", "existing"])
def test_completeness_is_not_asked_of_a_secret_from_elsewhere(
    chart: Chart, values: dict[str, Any]
) -> None:
    assert chart.text({"requireCompleteSecrets": True} | values)


def notes(chart: Chart, *options: Any) -> str:
    text = run(chart.helm, "install", "agentsmith", CHART, "--namespace", NAMESPACE,
               "--dry-run=client", *options)  # fmt: skip
    return text.partition("NOTES:\n")[2]


def test_notes_name_what_is_missing_and_print_no_secret(chart: Chart) -> None:
    values = chart.arguments({"secrets": {"githubToken": "ghp_hidden"}}, {})
    text = notes(chart, *values)
    assert "Keys: github-token, redis-url\n" in text
    assert "MISSING: slack-bot-token, slack-signing-secret, one of anthropic-api-key" in text
    assert "ghp_hidden" not in text


def test_notes_name_what_a_sealed_secret_lacks(chart: Chart) -> None:
    manifest = sealed_secret(slack_bot_token="AgBy", github_token="AgBx")
    text = notes(chart, *chart.arguments({"sealedSecret": {"manifest": manifest}}, {}))
    assert "Keys: github-token, slack-bot-token\n" in text
    assert "MISSING: slack-signing-secret, redis-url, one of anthropic-api-key" in text


def test_notes_say_which_port_a_policy_cannot_know(chart: Chart) -> None:
    text = notes(chart, "--values", CHART / "ci" / "no-redis-values.yaml")
    assert "can't know its port. Unless it is\n  443, 6443, add it" in text
    assert "MISSING" not in text


def test_notes_say_how_agents_elsewhere_reach_redis(chart: Chart) -> None:
    text = notes(chart, "--values", CHART / "ci" / "job-namespace-values.yaml")
    assert f"From there Redis is redis.{NAMESPACE}:6379. The key redis-url of Secret" in text


def test_notes_promise_no_end_of_what_the_hook_cannot_reach(chart: Chart) -> None:
    text = notes(chart, "--values", CHART / "ci" / "docker-values.yaml")
    assert "Containers that it has started in Docker go on." in text
    assert "Jobs" not in text
    text = notes(chart, "--set", "cleanup.enabled=false")
    assert "Running agents outlive helm uninstall" in text


def test_notes_of_the_local_example_have_nothing_missing(chart: Chart) -> None:
    text = notes(chart, "--values", CHART / "values.local.yaml.example")
    assert "Keys: anthropic-api-key, redis-url, slack-bot-token, slack-signing-secret\n" in text
    assert "MISSING" not in text


def test_notes_of_the_production_example_say_where_the_secret_is_from(chart: Chart) -> None:
    text = notes(chart, "--values", CHART / "values.prod.yaml.example")
    assert "Secret agentsmith-secrets\n  Made outside of this chart." in text
    assert "https://agentsmith.example.com/slack/..." in text
