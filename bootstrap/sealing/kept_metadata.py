"""Which labels and annotations of a Secret go into Git with it: those that something acts on.

Tools write the whole object, with its values, into annotations of their own (kubectl, Rancher,
kubecfg, kapp ...). Nobody can list them all, so what is kept is listed, and not what is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

_ACTED_ON: dict[str, str] = {
    "sealedsecrets.bitnami.com/*": "sealed-secrets: managed, patch, owner references",
    "argocd.argoproj.io/*": "Argo CD: sync options and waves, compare options, hooks, secret types",
    "link.argocd.argoproj.io/*": "Argo CD: links in its user interface",
    "app.kubernetes.io/*": "selectors and dashboards of every kind",
    "kubernetes.io/description": "user interfaces; by convention of Kubernetes",
    "reloader.stakater.com/*": "Stakater Reloader: restarts what uses the Secret",
    "secret.reloader.stakater.com/*": "Stakater Reloader",
    "configmap.reloader.stakater.com/*": "Stakater Reloader",
    "wave.pusher.com/*": "Wave: restarts what uses the Secret",
    "reflector.v1.k8s.emberstack.com/*": "Reflector: copies the Secret to other namespaces",
    "replicator.v1.mittwald.de/*": "Kubernetes Replicator: copies the Secret",
    "kubed.appscode.com/*": "Kubed, later Config Syncer: copies the Secret",
    "velero.io/exclude-from-backup": "Velero: leaves the Secret out",
}
"""A name, or every name of a domain, and who acts on it."""

_APPLIED = "it is the whole Secret, with its values, as a tool applied it"
_TRACKED = "Argo CD says by it which Application the live Secret belongs to"
_HELM = "Helm says by it which release the live Secret belongs to"
_NEVER: dict[str, str] = {
    "objectset.rio.cattle.io/applied": _APPLIED,
    "kapp.k14s.io/original": _APPLIED,
    "*/last-applied-configuration": _APPLIED,
    "*/last-applied": _APPLIED,
    "*/last-handled-configuration": _APPLIED,
    "argocd.argoproj.io/tracking-id": _TRACKED,
    "argocd.argoproj.io/installation-id": _TRACKED,
    "argocd.argoproj.io/instance": _TRACKED,
    "meta.helm.sh/*": _HELM,
}
"""What is of no use, or of harm, in Git whoever asks for it, and why."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of labels and of annotations."""

    labels: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.labels or self.annotations)

    def __or__(self, other: Names) -> Names:
        """Return what is in either."""
        return Names(self.labels | other.labels, self.annotations | other.annotations)

    def __sub__(self, other: Names) -> Names:
        """Return what is not in `other`."""
        return Names(self.labels - other.labels, self.annotations - other.annotations)

    def __and__(self, other: Names) -> Names:
        """Return what is in both."""
        return Names(self.labels & other.labels, self.annotations & other.annotations)


NO_NAMES = Names()


def is_acted_on(name: str) -> bool:
    """Tell whether a label or annotation is kept without being asked for."""
    return any(form in _ACTED_ON for form in _forms(name)) and why_never(name) is None


def why_never(name: str) -> str | None:
    """Return why a label or annotation is not kept though it is asked for, None if it is."""
    return next((_NEVER[form] for form in _forms(name) if form in _NEVER), None)


def is_applied_object(name: str) -> bool:
    """Tell whether an annotation is, by its name, the whole object as a tool applied it."""
    return why_never(name) == _APPLIED


def _forms(name: str) -> tuple[str, str, str]:
    domain, slash, last = name.rpartition("/")
    return name, f"{domain}/*" if slash else "", f"*/{last}"
