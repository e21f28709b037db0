"""Credentials for repositories that lie in Git, sealed: given to Argo CD before it needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.argocd.credentials import URL_ANNOTATION
from bootstrap.cluster import Cluster
from bootstrap.constants import ARGOCD_NAMESPACE, REPOSITORIES_DIR
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.objects import mapping
from bootstrap.planned_file import is_generated
from bootstrap.protocols import Clock, Reporter, looks
from bootstrap.rollout.advice import advise_sealed
from bootstrap.rollout.files import Files
from bootstrap.rollout.release import settled
from bootstrap.rollout.unsealing import Unsealed
from bootstrap.sealing.sealed_secret import SealedSecret, build_sealed_secret, parse_sealed_secret

_SECONDS = 30.0


def load_sealed_repositories(repository: Repository) -> list[SealedSecret]:
    """Return what `bootstrap repo add --seal` wrote, by name; files of others are left alone."""
    found = []
    for name in repository.repositories():
        path = f"{REPOSITORIES_DIR}/{name}.yaml"
        text = repository.read(path)
        if text is not None and is_generated(text):
            found.append(
                parse_sealed_secret(text, path=path, namespace=ARGOCD_NAMESPACE, name=name)
            )
    return found


def url_of(sealed: SealedSecret) -> str:
    """Return the URL that the credentials are for, or the name of their Secret."""
    return str(mapping(sealed.metadata.get("annotations")).get(URL_ANNOTATION, sealed.name))


def give_repositories(
    cluster: Cluster, sealed: Sequence[SealedSecret], clock: Clock, reporter: Reporter
) -> None:
    """Apply `sealed` and wait until the controller has made Secrets of them."""
    for item in sealed:
        cluster.secrets.apply_sealed(build_sealed_secret(item))
    for item in sealed:
        for look in looks(clock, _SECONDS, pause=0.25):
            if _is_open(item, cluster.secrets.read_sealed(item.name)):
                break
            if look.is_last:
                raise BootstrapError(
                    f"SealedSecret {item.namespace}/{item.name} was not unsealed in time",
                    f"`kubectl -n {item.namespace} describe sealedsecret {item.name}` says more",
                )
        reporter.step(f"credentials for {url_of(item)} given to Argo CD")


def _is_open(sealed: SealedSecret, live: Mapping[str, Any] | None) -> bool:
    if live is None or not settled([{**live, "kind": "SealedSecret"}]):
        return False
    for condition in mapping(live.get("status")).get("conditions") or []:
        message = str(condition.get("message", ""))
        if condition.get("type") == "Synced" and condition.get("status") == "False":
            raise BootstrapError(
                f"{REPOSITORIES_DIR}/{sealed.name}.yaml can't be unsealed: {message}",
                _advice(message, sealed),
            )
    return True


def _advice(message: str, sealed: SealedSecret) -> str:
    if "no key could decrypt" in message:
        return "seal it again for a key that the controller has: `bootstrap repo add --seal ENV`"
    files = Files(f"{REPOSITORIES_DIR}/{sealed.name}.yaml")
    return advise_sealed(message, files, Unsealed(sealed.namespace, sealed.name)).hint
