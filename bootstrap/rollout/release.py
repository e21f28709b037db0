"""Which live objects are of the release that the Deployments have now, and of which images; no I/O.

During a rollout the objects of the release before are still there, and may crash as they did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.objects import mapping

_REVISION = "deployment.kubernetes.io/revision"
_AGENT_JOB = re.compile(r"agentsmith-[0-9a-f]{12}")
_OBSERVED = frozenset({"SealedSecret", "Deployment"})
"""Kinds whose status says of which generation it is."""


def of_release(objects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return `objects` without those of a release before, and without the Jobs of agents.

    What can't be told, as of an owner that is not among them, is kept.
    """
    by_uid = {str(uid): item for item in objects if (uid := _uid(item))}
    return [item for item in objects if not is_of_agent(item) and not _is_of_before(item, by_uid)]


def settled(objects: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether controllers have seen the latest generation of every given object.

    Argo CD's own check may report the health that a SealedSecret had before its last change.
    """
    return all(_is_observed(item) for item in objects if item.get("kind") in _OBSERVED)


def images_of(objects: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the images that live Deployments ask for, sorted."""
    found = set()
    for item in objects:
        if item.get("kind") == "Deployment":
            template = mapping(mapping(item.get("spec")).get("template"))
            for container in mapping(template.get("spec")).get("containers") or []:
                found.add(str(container.get("image")))
    return tuple(sorted(found))


def is_of_agent(item: Mapping[str, Any]) -> bool:
    """Tell whether an object is the Job of an agent, or its pod: the dispatcher makes those."""
    metadata = mapping(item.get("metadata"))
    labels = mapping(metadata.get("labels"))
    owners = [mapping(owner) for owner in metadata.get("ownerReferences") or []]
    return (labels.get("app") == "agentsmith" and "job-id" in labels) or any(
        owner.get("kind") == "Job" and _AGENT_JOB.fullmatch(str(owner.get("name")))
        for owner in owners
    )


def _is_of_before(item: Mapping[str, Any], by_uid: Mapping[str, Mapping[str, Any]]) -> bool:
    if item.get("kind") in _OBSERVED:
        # its conditions are those of the generation that its controller has seen
        return "observedGeneration" in mapping(item.get("status")) and not _is_observed(item)
    owner = _owner(item, by_uid)
    if owner is None:
        return False
    if item.get("kind") == "Pod":
        return owner.get("kind") == "ReplicaSet" and _is_of_before(owner, by_uid)
    if item.get("kind") != "ReplicaSet" or owner.get("kind") != "Deployment":
        return False
    revision, newest = _revision(item), _revision(owner)
    is_older = None not in {revision, newest} and revision != newest
    return is_older or _is_of_before(owner, by_uid)


def _owner(
    item: Mapping[str, Any], by_uid: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    for owner in mapping(item.get("metadata")).get("ownerReferences") or []:
        found = by_uid.get(str(mapping(owner).get("uid")))
        if found is not None:
            return found
    return None


def _is_observed(item: Mapping[str, Any]) -> bool:
    observed = mapping(item.get("status")).get("observedGeneration")
    return bool(observed == mapping(item.get("metadata")).get("generation"))


def _revision(item: Mapping[str, Any]) -> str | None:
    return mapping(mapping(item.get("metadata")).get("annotations")).get(_REVISION)


def _uid(item: Mapping[str, Any]) -> str | None:
    return mapping(item.get("metadata")).get("uid")
