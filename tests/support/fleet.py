"""A checkout with the real chart and any number of environments, written without a key."""

from __future__ import annotations

import base64
import random
import shutil
from pathlib import Path

from bootstrap.argocd.application import render_application
from bootstrap.argocd.application_file import read_application
from bootstrap.argocd.helm_source import HelmSource
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.environments.scaffold import starting_config, starting_values
from bootstrap.sealing.sealed_secret import SealedSecret, render_sealed_secret

PROJECT = Path(__file__).resolve().parents[2]
CHART = "helm/agentsmith"


def add_chart(root: Path) -> None:
    """Put the real chart where environments look for it."""
    shutil.copytree(PROJECT / CHART, root / CHART, dirs_exist_ok=True)


def add_environment(
    root: Path,
    name: str,
    *,
    values: str | None = None,
    config: str | None = None,
    sealed: SealedSecret | str | None = None,
    namespace: str | None = None,
) -> HelmSource:
    """Write an environment as `bootstrap init` does and return what Helm is given for it."""
    environment = Environment(
        name,
        namespace or f"agentsmith-{name}",
        "https://git.example.com/team/agents.git",
        "main",
        parse_destination(None),
    )
    if sealed is None:
        sealed = SealedSecret(environment.namespace, sealed_values(name))
    if isinstance(sealed, SealedSecret):
        sealed = render_sealed_secret(sealed, "").content
    files = {
        environment.application_path: render_application(environment).content,
        environment.path("values.yaml"): values or starting_values(environment),
        environment.path("agentsmith.yml"): config or starting_config(),
        environment.path("sealed-secret.yaml"): sealed,
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode())
    application = files[environment.application_path]
    source = read_application(application, name=name, path=environment.application_path).helm
    assert isinstance(source, HelmSource)
    return source


def sealed_values(seed: str) -> dict[str, str]:
    """Return values that look sealed: Helm does not open them."""
    source = random.Random(seed)
    keys = ("github-token", "slack-bot-token", "slack-signing-secret")
    return {key: base64.b64encode(b"\x02\x00" + source.randbytes(560)).decode() for key in keys}
