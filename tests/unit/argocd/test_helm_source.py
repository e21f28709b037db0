"""What an Application gives to Helm; what bootstrap does not write is refused, not left out."""

from __future__ import annotations

import pytest

from bootstrap.argocd.application import render_application
from bootstrap.argocd.helm_source import HelmSource, parse_helm_source
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.errors import BootstrapError

ENVIRONMENT = Environment(
    "prod", "ns", "https://git.example.com/a/b.git", "main", parse_destination(None)
)
TEXT = render_application(ENVIRONMENT).content


def test_an_application_of_ours_is_read() -> None:
    assert parse_helm_source(TEXT, name="prod", path="p.yaml") == HelmSource(
        name="prod",
        chart="helm/agentsmith",
        release="agentsmith",
        namespace="ns",
        value_files=("environments/prod/values.yaml",),
        file_parameters=(
            ("config.content", "environments/prod/agentsmith.yml"),
            ("sealedSecret.manifest", "environments/prod/sealed-secret.yaml"),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "releaseName: agentsmith",
            "releaseName: agentsmith\n      skipCrds: true",
            "p.yaml: spec.source.helm.skipCrds was added by hand, and bootstrap can't render it",
        ),
        (
            "/environments/prod/values.yaml",
            "/environments/prod/../other/values.yaml",
            "p.yaml: spec.source is not as bootstrap writes it",
        ),
        (
            "/environments/prod/values.yaml",
            "https://example.com/values.yaml",
            "p.yaml: spec.source is not as bootstrap writes it",
        ),
        (
            "name: config.content",
            "name: a=b,config.content",
            "p.yaml: fileParameters is not as bootstrap writes it",
        ),
        (
            "releaseName: agentsmith",
            "releaseName: ''",
            "p.yaml: releaseName is not as bootstrap writes it",
        ),
        (
            "releaseName: agentsmith",
            """releaseName: 'a" "Namespace" "kube-system'""",
            "p.yaml: releaseName is not as bootstrap writes it",
        ),
        (
            "namespace: ns\n",
            """namespace: 'ns" (lookup "v1" "Secret" "" "") "'\n""",
            "p.yaml: namespace is not as bootstrap writes it",
        ),
        (
            "namespace: ns\n",
            f"namespace: {'n' * 64}\n",
            "p.yaml: namespace is not as bootstrap writes it",
        ),
    ],
)
def test_a_change_by_hand_is_refused(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(BootstrapError) as caught:
        parse_helm_source(TEXT.replace(old, new, 1), name="prod", path="p.yaml")
    assert caught.value.message == message
