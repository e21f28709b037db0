"""What Helm says becomes one line that names the user's file; secrets are not quoted."""

from __future__ import annotations

import pytest

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.helm.errors import explain

SOURCE = HelmSource(
    "prod",
    "helm/agentsmith",
    "agentsmith",
    "agentsmith-prod",
    ("environments/prod/values.yaml",),
    (("sealedSecret.manifest", "environments/prod/sealed-secret.yaml"),),
)
VALUES = "environments/prod/values.yaml"
SCHEMA = (
    "values don't meet the specifications of the schema(s) in the following chart(s):\nagentsmith:"
)


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (
            f"Error: {SCHEMA}\n- at '/dispatcher': additional properties 'replicass' not allowed\n"
            "- at '/redis/port': got string, want integer\n",
            f"{VALUES}: dispatcher: additional properties 'replicass' not allowed;"
            " redis.port: got string, want integer",
        ),
        (
            f"Error: {SCHEMA}\n- at '': additional properties 'imagee' not allowed\n",
            f"{VALUES}: additional properties 'imagee' not allowed",
        ),
        (
            f"Error: {SCHEMA}\n- at '/secrets/githubToken': 'ghp_x' does not match pattern\n",
            f"{VALUES}: secrets.githubToken: not what the chart's schema allows",
        ),
        (
            "Error: execution error at (agentsmith/templates/guards.yaml:1:4): ingress.enabled"
            " needs ingress.host.\n\nUse --debug flag to render out invalid YAML\n",
            f"{VALUES}: ingress.enabled needs ingress.host.",
        ),
        (
            "Error: execution error at (agentsmith/templates/secret.yaml:3:14):"
            " sealedSecret.manifest (in Argo CD: environments/ENV/sealed-secret.yaml) is not YAML.",
            "environments/prod/sealed-secret.yaml is not YAML.",
        ),
        (
            f"Error: failed to parse ../../{VALUES}: cannot unmarshal yaml document: error"
            " converting YAML to JSON: yaml: line 3: did not find expected key\n",
            f"{VALUES}: yaml: line 3: did not find expected key",
        ),
        (f"Error: open ../../{VALUES}: no such file or directory", f"{VALUES}: no such file"),
        (
            'Error: parse error at (agentsmith/templates/service.yaml:3): function "x" not defined',
            "prod does not render: parse error at (helm/agentsmith/templates/service.yaml:3):"
            ' function "x" not defined',
        ),
        ("", "prod does not render: helm gave no reason"),
    ],
)
def test_refusal_names_file_and_field(stderr: str, message: str) -> None:
    assert explain(stderr, SOURCE).message == message
