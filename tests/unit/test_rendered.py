"""Documents of Helm's output: read as Kubernetes reads them, with Secrets masked."""

from __future__ import annotations

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.rendered import is_hook, mask_secrets, parse_objects

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
    text = (
        "---\nkind: A\nmode: 0644\nflag: no\n---\n# nothing\n---\nkind: BList\nitems: [{kind: B}]\n"
    )
    assert parse_objects(text) == [{"kind": "A", "mode": 420, "flag": False}, {"kind": "B"}]


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
