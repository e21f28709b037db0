"""What is left of an environment in its namespace, and whether the namespace is ours; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.environments.environment import Environment
from bootstrap.objects import mapping
from bootstrap.rollout.deletion import HOOK
from bootstrap.rollout.release import is_of_agent

# Pods and ReplicaSets have the second alone.
_OUR_LABELS = ("app.kubernetes.io/part-of", "app.kubernetes.io/name")
# Every namespace gets these from Kubernetes, or from OpenShift.
_BUILT_IN = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("ServiceAccount", "default"),
    }
)
_NAME_LABEL = "f:kubernetes.io/metadata.name"
_ARGOCD_MANAGER = "argocd-controller"


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Objects of a namespace as "Kind name", sorted, less those that every namespace has."""

    ours: tuple[str, ...] = ()
    """Of the chart, made from one of its objects, or an agent's Job."""
    foreign: tuple[str, ...] = ()


def sort_out(objects: Sequence[Mapping[str, Any]]) -> Leftovers:
    """Tell the environment's objects from those of others; each has `kind` and `metadata`."""
    ours: set[str] = set()
    foreign: set[str] = set()
    for item, is_ours in _told_apart(objects):
        (ours if is_ours else foreign).add(f"{item['kind']} {item['metadata']['name']}")
    return Leftovers(tuple(sorted(ours)), tuple(sorted(foreign)))


def has_more_than_hook(objects: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the environment has anything here beside the chart's pre-delete hook."""
    return any(
        is_ours and not str(item["metadata"]["name"]).startswith(HOOK)
        for item, is_ours in _told_apart(objects)
    )


def why_namespace_stays(namespace: Mapping[str, Any], environment: Environment) -> str:
    """Return why this namespace is not the environment's to delete, "" if it is."""
    metadata = mapping(namespace.get("metadata"))
    if mapping(metadata.get("annotations")).get("helm.sh/resource-policy") == "keep":
        return "the chart made it (namespace.create) and keeps it"
    labels = mapping(metadata.get("labels"))
    if any(labels.get(key) != value for key, value in environment.labels.items()):
        return "it has not the labels of a namespace that Argo CD made for this environment"
    for entry in metadata.get("managedFields") or []:
        fields = mapping(mapping(mapping(entry).get("fieldsV1")).get("f:metadata"))
        if entry.get("manager") != _ARGOCD_MANAGER and _NAME_LABEL in mapping(
            fields.get("f:labels")
        ):
            return "it was there before Argo CD came to it"
    return ""


def _told_apart(
    objects: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Yield each object that not every namespace has, and whether it is the environment's."""
    by_uid = {str(item["metadata"].get("uid")): item for item in objects}
    for item in objects:
        if (str(item["kind"]), str(item["metadata"]["name"])) not in _BUILT_IN:
            yield item, _is_ours(item, by_uid)


def _is_ours(item: Mapping[str, Any], by_uid: Mapping[str, Mapping[str, Any]]) -> bool:
    seen: set[str] = set()
    while True:
        metadata = mapping(item.get("metadata"))
        labels = mapping(metadata.get("labels"))
        if any(labels.get(key) == "agentsmith" for key in _OUR_LABELS):
            return True
        if is_of_agent(item):
            return True
        owners = [mapping(owner) for owner in metadata.get("ownerReferences") or []]
        if not owners:
            return False
        owner = str(owners[0].get("uid"))
        if owner in seen:
            return False
        seen.add(owner)
        if owner not in by_uid:
            # its owner is gone, so the garbage collector is about to take it
            return str(owners[0].get("name", "")).startswith("agentsmith")
        item = by_uid[owner]
