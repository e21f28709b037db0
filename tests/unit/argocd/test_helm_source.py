"""What an Application gives to Helm; what bootstrap does not write is refused, not left out."""

from __future__ import annotations

import pytest

from bootstrap.argocd.application import render_application
from bootstrap.argocd.application_file import read_application
from bootstrap.argocd.helm_source import HelmSource
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.errors import BootstrapError

ENVIRONMENT = Environment(
    "prod", "ns", "https://git.example.com/a/b.git", "main", parse_destination(None)
)
TEXT = render_application(ENVIRONMENT).content


def test_an_application_of_ours_is_read() -> None:
    assert read_application(TEXT, name="prod", path="p.yaml").helm == HelmSource(
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
    ],
)
def test_a_change_by_hand_is_refused(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) >= 1
    found = read_application(TEXT.replace(old, new, 1), name="prod", path="p.yaml")
    assert isinstance(found.helm, BootstrapError)
    assert found.helm.message == message
    assert found.environment == ENVIRONMENT, "what a command needs that renders nothing"


@pytest.mark.parametrize("name", ["""'ns" (lookup "v1" "Secret" "" "") "'""", "n" * 64])
def test_a_namespace_changed_by_hand_is_refused_by_the_rule_for_what_is_typed(name: str) -> None:
    text = TEXT.replace("namespace: ns\n", f"namespace: {name}\n", 1)
    assert text != TEXT
    with pytest.raises(BootstrapError) as caught:
        read_application(text, name="prod", path="p.yaml")
    assert caught.value.message.startswith(
        "p.yaml was changed by hand to what bootstrap refuses: --namespace 'n"
    )
