"""Documents of Helm's output: read as Kubernetes reads them, with Secrets masked."""

from __future__ import annotations

import json

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.manifests.diff import by_key
from bootstrap.manifests.rendered import is_hook, mask_secrets, parse_objects

PLAIN = """\
---
# Source: chart/templates/a.yaml
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
spec:
  encryptedData: {a: AgB}
---
# Source: chart/templates/b.yaml
kind: ConfigMap
data:
  text: "kind: Secret"
"""


def test_output_without_plain_secrets_stays_as_it_is() -> None:
    assert mask_secrets(PLAIN) == (PLAIN, 0)


@pytest.mark.parametrize(
    "secret",
    [
        "kind: Secret\ndata:\n  key: c2VjcmV0\n",
        'kind: "Secret"\nstringData:\n  key: secret\n',
        '{"kind": "Secret", "stringData": {"key": "secret"}}\n',
        "kind: List\nitems:\n  - kind: Secret\n    data: {key: c2VjcmV0}\n",
        "kind: SecretList\nitems:\n  - kind: Secret\n    data: {key: c2VjcmV0}\n",
    ],
)
def test_values_of_secrets_are_masked_wherever_they_are(secret: str) -> None:
    text, masked = mask_secrets(f"{PLAIN}---\n# Source: chart/templates/c.yaml\n{secret}")

    assert masked == 1
    assert text.startswith(f"{PLAIN}---\n# Source: chart/templates/c.yaml\n")
    assert "key: <secret>" in text
    assert "c2VjcmV0" not in text
    assert "key: secret" not in text


def test_objects_are_read_as_yaml_1_1_and_lists_are_taken_apart() -> None:
    a, b = "{apiVersion: v1, kind: A, metadata: {name: a}", "{apiVersion: v1, kind: B, metadata: "
    text = (
        f"---\n{a}, mode: 0644, flag: no}}\n---\n# nothing\n"
        f"---\nkind: BList\nitems: [{b}{{name: b}}}}]\n"
    )
    assert parse_objects(text) == [
        {
            "apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "mode": 420, "flag": False,
        },
        {"apiVersion": "v1", "kind": "B", "metadata": {"name": "b"}},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("!!timestamp 2026-01-01", "2026-01-01"),
        ("12:30", "12:30"),
        ("1:30.5", "1:30.5"),
        ("=", "="),
        ("<<", "<<"),
        ("!!binary aGVsbG8=", "hello"),
        ("{2026-01-01: a, 12:30: b}", {"2026-01-01": "a", "12:30": "b"}),
        ("{<<: {a: 1}, b: 2}", {"a": 1, "b": 2}),
        ("1_000", 1000),
        ("0644", 420),
        ("1e3", 1000),
        ("1.5", 1.5),
    ],
)
def test_a_bare_value_is_what_helm_and_kubernetes_take_it_for(written: str, read: object) -> None:
    text = f"---\n{{apiVersion: v1, kind: A, metadata: {{name: a}}, value: {written}}}\n"

    assert parse_objects(text)[0]["value"] == read
    assert json.loads(json.dumps(parse_objects(text)))[0]["value"] == read


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("a: b", "it has no metadata"),
        ("[a]", "it is not a mapping"),
        ("text", "it is not a mapping"),
        ("{kind: A, metadata: {name: a}}", "it has no apiVersion, or one that is not text"),
        ("{apiVersion: v1, metadata: {name: a}}", "it has no kind, or one that is not text"),
        ("{apiVersion: v1, kind: A, metadata: {name: 1}}", "it has no metadata.name, or one that"),
        (
            "{apiVersion: v1, kind: A, metadata: {generateName: a-}}",
            "it has no metadata.name, or one that",
        ),
        ("{apiVersion: v1, kind: A, metadata: {name: a, namespace: 1}}", "its metadata.namespace "),
        (
            "{apiVersion: v1, kind: A, metadata: {name: a, annotations: 1}}",
            "its metadata.annotations is not a mapping",
        ),
        ("{kind: List, items: [{kind: A}]}", "it has no metadata"),
    ],
)
def test_what_is_no_object_is_named_by_its_template_or_number(document: str, problem: str) -> None:
    for source, where in (
        ("# Source: chart/templates/c.yaml\n", "chart/templates/c.yaml"),
        ("", "2"),
    ):
        with pytest.raises(BootstrapError) as caught:
            parse_objects(f"---\n# nothing\n---\n{source}{document}\n")
        assert f"{where} renders to what is no object of Kubernetes: {problem}" in (
            caught.value.message
        )


def test_a_hook_may_leave_the_rest_of_its_name_to_the_server() -> None:
    metadata = {"generateName": "a-", "annotations": {"argocd.argoproj.io/hook": "Sync"}}
    found = {"apiVersion": "v1", "kind": "A", "metadata": metadata}

    assert parse_objects(f"---\n{json.dumps(found)}\n") == [found]
    assert by_key([found], "ns") == {("", "A", "ns", "a-"): found}


def test_what_is_not_yaml_is_named_without_being_quoted() -> None:
    with pytest.raises(BootstrapError) as caught:
        mask_secrets("---\n# Source: chart/templates/c.yaml\nkind: Secret\ndata: {a: hidden\n")
    assert "chart/templates/c.yaml" in caught.value.message
    assert "hidden" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("annotations", "hook"),
    [
        ({"helm.sh/hook": "pre-delete"}, True),
        ({"argocd.argoproj.io/hook": "Sync"}, True),
        ({}, False),
    ],
)
def test_hooks_are_told_by_their_annotations(annotations: dict[str, str], hook: bool) -> None:
    assert is_hook({"metadata": {"annotations": annotations}}) is hook
    assert is_hook({"metadata": None}) is False
