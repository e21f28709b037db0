"""What to do about the words of Argo CD, Helm and the API server, and in which file."""

from __future__ import annotations

import pytest

from bootstrap.rollout.advice import (
    ANY_TROUBLE,
    Advice,
    advise_comparison,
    advise_refusal,
    advise_sync,
)
from bootstrap.rollout.files import Files, files_of, files_of_chart

FILES = Files("environments/prod/values.yaml", "environments/prod")
VALUES, CONFIG, SEALED = (
    f"environments/prod/{name}" for name in ("values.yaml", "agentsmith.yml", "sealed-secret.yaml")
)
BAD_VALUES = "helm template: values don't meet the specifications of the schema(s)"
CREDENTIALS = (
    "give Argo CD credentials for the repository: `bootstrap repo add`; or mend its URL:"
    " `bootstrap init ENV --repo-url URL`"
)
REACH = (
    "Argo CD must reach the repository's URL from inside the cluster; mend it with `bootstrap init"
    " ENV --repo-url URL`"
)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (BAD_VALUES, Advice(f"mend {VALUES}, and push", VALUES)),
        (
            "helm template: execution error: config.content has 2000000 bytes",
            Advice(f"mend {CONFIG}, and push", CONFIG),
        ),
        (
            "helm template: execution error: sealedSecret.manifest is of another namespace",
            Advice(f"mend {SEALED}, and push", SEALED),
        ),
        (
            "helm template: open /tmp/x/environments/prod/agentsmith.yml: no such file",
            Advice(f"mend {CONFIG}, and push", CONFIG),
        ),
        (
            "open /tmp/x/environments/prod/agentsmith.yml: no such file or directory",
            Advice(
                f"look at the Application in the Argo CD UI, mend it and push ({CONFIG})", CONFIG
            ),
        ),
        # what Helm quotes may have words that mean something else elsewhere
        (
            f"{BAD_VALUES} - at '/x': 401 is not a project",
            Advice(f"mend {VALUES}, and push", VALUES),
        ),
        ("authentication required", Advice(CREDENTIALS)),
        ("unexpected status code: 403", Advice(CREDENTIALS)),
        (
            "revision 4a03f403e1 is gone",
            Advice("look at the Application in the Argo CD UI, mend it and push"),
        ),
        ("dial tcp: connection refused", Advice(REACH)),
        ("app path does not exist", Advice("push the commit that holds that path")),
        (
            "application repo x is not permitted in project 'agentsmith'",
            Advice("run `bootstrap up` again after `bootstrap init`"),
        ),
        ("it is Monday", Advice(ANY_TROUBLE)),
    ],
)
def test_what_argocd_can_not_compare_is_mended_in_the_file_that_is_at_fault(
    message: str, advice: Advice
) -> None:
    assert advise_comparison(message, FILES) == advice


def test_where_no_environment_is_no_file_of_one_is_named() -> None:
    assert advise_comparison(BAD_VALUES, files_of(None)) == Advice(
        "mend the environment's values.yaml, agentsmith.yml or sealed-secret.yaml, and push"
    )


@pytest.mark.parametrize(
    ("message", "hint", "file"),
    [
        (
            'pods "d-1" is forbidden: exceeded quota: small, requested: pods=1',
            f"raise the namespace's ResourceQuota, or lower replicas or resources in {VALUES}",
            VALUES,
        ),
        (
            'pods "d-1" is forbidden: failed quota: small: must specify limits.cpu',
            f"set the resources that the namespace's ResourceQuota asks for in {VALUES}, or change"
            " the quota",
            VALUES,
        ),
        (
            'pods "d-1" is forbidden: [maximum memory usage per Container is 1Gi]',
            f"keep the resources in {VALUES} within the namespace's LimitRange, or change that",
            VALUES,
        ),
        (
            'pods "d-" is forbidden: no PriorityClass with name high was found',
            f"make PriorityClass high in the cluster, or change priorityClassName in {VALUES}",
            VALUES,
        ),
        (
            'pods "d-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot',
            f"mend the security contexts in {VALUES}, or the level that the namespace enforces"
            " (restricted:latest)",
            VALUES,
        ),
        (
            'admission webhook "policy.example.com" denied the request: no label team',
            f"do as policy policy.example.com of the cluster asks, in {VALUES}, or have the policy"
            " changed",
            VALUES,
        ),
        (
            "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'team' with binding 'b'"
            " denied request: no label team",
            f"do as policy team of the cluster asks, in {VALUES}, or have the policy changed",
            VALUES,
        ),
        (
            'failed calling webhook "policy.example.com": connection refused',
            "mend webhook policy.example.com of the cluster: it does not answer, and nothing in Git"
            " is wrong by that",
            None,
        ),
        (
            'roles is forbidden: User "argocd" cannot create resource "roles"',
            "give argocd that right, by a Role or a ClusterRole of the cluster",
            None,
        ),
        (
            'roles "d" is forbidden: user "argocd" is attempting to grant RBAC permissions not'
            " currently held",
            "give Argo CD the rights that it is to grant, or leave out what needs them in"
            f" {VALUES}",
            VALUES,
        ),
        (
            'pods "d-" is forbidden: error looking up service account a/x: serviceaccount "x" not'
            " found",
            f"make ServiceAccount x in its namespace, or mend its name in {VALUES}",
            VALUES,
        ),
        (
            'namespaces "jobs" not found',
            "make the namespace with `kubectl create namespace jobs`, or mend its name in"
            f" {VALUES}",
            VALUES,
        ),
        (
            "unable to create new content in namespace a because it is being terminated",
            "wait until the namespace is gone, and Argo CD makes it again; `kubectl get namespace`"
            " shows what it waits for",
            None,
        ),
        (
            'Deployment.apps "d" is invalid: spec.selector: Invalid value: x: field is immutable',
            "delete the object that it names, and Argo CD makes it again; or undo the change in"
            f" {VALUES}",
            VALUES,
        ),
        (
            "The Kubernetes API could not find monitoring.coreos.com/ServiceMonitor for requested"
            " resource a/d",
            f"install the CustomResourceDefinition of what it names, or turn that off in {VALUES}",
            VALUES,
        ),
        (
            'Deployment.apps "d" is invalid: spec.replicas: Invalid value: -1',
            f"mend what it names in {VALUES}, and push",
            VALUES,
        ),
        (
            "no key could decrypt secret (github-token)",
            "seal its values again for this cluster's certificate and this namespace, and push"
            f" ({SEALED})",
            SEALED,
        ),
    ],
)
def test_a_refusal_has_advice_that_fits(message: str, hint: str, file: str | None) -> None:
    assert advise_refusal(message, FILES) == Advice(hint, file)


def test_what_nobody_knows_has_no_advice_of_a_kind() -> None:
    assert advise_refusal("it is Monday", FILES) is None
    assert advise_sync("Deployment", "d", "it is Monday", FILES) is None


def test_a_sealed_secret_that_fails_in_words_that_nobody_knows_is_sealed_again() -> None:
    advice = advise_sync("SealedSecret", "s", "illegal base64 data at input byte 4", FILES)

    assert advice is not None
    assert advice.file == SEALED


def test_a_chart_of_the_platform_has_its_values_in_the_file_of_its_application() -> None:
    advice = advise_refusal("exceeded quota", files_of_chart("argo-cd"))

    assert advice is not None
    assert advice.file == "argocd/platform/argo-cd.yaml"
