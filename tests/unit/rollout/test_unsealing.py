"""Each message of the sealed-secrets controller has the advice that fits it."""

from __future__ import annotations

import pytest

from bootstrap.rollout.files import Files
from bootstrap.rollout.unsealing import Unsealed, advise_unsealing

SEALED = "environments/prod/sealed-secret.yaml"
FILES = Files("environments/prod/values.yaml", "environments/prod")
WHAT = Unsealed("agentsmith-prod", "agentsmith-secrets")
DELETE = (
    "`kubectl -n agentsmith-prod annotate secret agentsmith-secrets"
    " sealedsecrets.bitnami.com/managed=true` and `kubectl -n agentsmith-prod delete secret"
    " agentsmith-secrets`"
)
AGAIN = (
    ", then restart the sealed-secrets controller (`kubectl rollout restart` its Deployment), which"
    " has given up"
)
SEAL = "seal its values again for this cluster's certificate and this namespace, and push"


@pytest.mark.parametrize(
    ("message", "hint", "file"),
    [
        ("no key could decrypt secret (github-token)", f"{SEAL} ({SEALED})", SEALED),
        (
            "illegal base64 data at input byte 4",
            f"a sealed value is damaged: seal it again, and push ({SEALED})",
            SEALED,
        ),
        (
            'failed update: Resource "agentsmith-secrets" already exists and is not managed by'
            " SealedSecret",
            "`bootstrap up prod --adopt-secret` has the controller take it over; or delete it, and"
            f" the controller makes it again: {DELETE}",
            None,
        ),
        (
            'Secret "agentsmith-secrets" is invalid: data: Forbidden: field is immutable when'
            " `immutable` is set",
            "an immutable Secret can only be deleted, and the controller makes it again:"
            f" {DELETE}",
            None,
        ),
        (
            'Secret "agentsmith-secrets" is invalid: type: Invalid value: "Opaque": field is'
            " immutable",
            "the Secret in the cluster has another type, which can't change: delete it, and the"
            f" controller makes it again: {DELETE}",
            None,
        ),
        (
            'secrets "agentsmith-secrets" is forbidden: unable to create new content in namespace'
            " agentsmith-prod because it is being terminated",
            "wait until the namespace is gone; Argo CD makes it, and this, again",
            None,
        ),
        (
            'namespaces "agentsmith-prod" not found',
            f"make the namespace with `kubectl create namespace agentsmith-prod`{AGAIN}",
            None,
        ),
        (
            'secrets "agentsmith-secrets" is forbidden: exceeded quota: few, requested:'
            " count/secrets=1, used: count/secrets=3, limited: count/secrets=3",
            f"raise the namespace's ResourceQuota of Secrets{AGAIN}",
            None,
        ),
        (
            'admission webhook "policy.example.com" denied the request: no',
            f"do as policy policy.example.com of the cluster asks of Secrets, or have it changed"
            f"{AGAIN}",
            None,
        ),
        (
            'Internal error occurred: failed calling webhook "policy.example.com": EOF',
            f"mend webhook policy.example.com of the cluster, which does not answer{AGAIN}",
            None,
        ),
        (
            'secrets is forbidden: User "system:serviceaccount:kube-system:sealed-secrets" cannot'
            ' create resource "secrets" in API group "" in the namespace "agentsmith-prod"',
            "give system:serviceaccount:kube-system:sealed-secrets the right to create Secrets"
            " there: a Role, or the controller's own (additionalNamespaces of its chart)"
            f"{AGAIN}",
            None,
        ),
        (
            "etcdserver: request timed out",
            f"see that the API server answers{AGAIN}",
            None,
        ),
        (
            "template: x:1: function \"nope\" not defined",
            f"mend spec.template of {SEALED}: the controller can't fill in its templates",
            SEALED,
        ),
        (
            "it is Monday",
            "see what it names, and the controller's log; if it is a sealed value,"
            f" {SEAL} ({SEALED})",
            SEALED,
        ),
    ],
)  # fmt: skip
def test_a_message_of_the_controller_has_advice_that_fits(
    message: str, hint: str, file: str | None
) -> None:
    assert advise_unsealing(message, FILES, WHAT) == (hint, file)


def test_what_is_no_environments_has_no_secret_to_adopt_by_its_name() -> None:
    hint, _file = advise_unsealing(
        'Resource "repo-1" already exists and is not managed by SealedSecret',
        Files("argocd/repositories/repo-1.yaml"),
        Unsealed("argocd", "repo-1"),
    )

    assert hint.startswith("delete it, and the controller makes it again: `kubectl -n argocd ")
