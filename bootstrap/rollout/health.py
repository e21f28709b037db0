"""What is wrong with live objects, in words that a person can act on; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bootstrap.objects import mapping, one_line
from bootstrap.rollout.verdict import State, Verdict


def explain(objects: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """Return what is wrong with live SealedSecrets, Deployments, ReplicaSets and Pods.

    The causes come first: a failed unseal before the pod that waits for its Secret. What may pass
    by itself comes last, as State.WAITING.
    """
    explainers = {
        "SealedSecret": _explain_sealed_secret,
        "ReplicaSet": _explain_replica_set,
        "Pod": _explain_pod,
        "Deployment": _explain_deployment,
    }
    found = [
        verdict
        for kind, explainer in explainers.items()
        for item in objects
        if item.get("kind") == kind
        for verdict in explainer(item)
    ]
    return sorted(found, key=lambda verdict: verdict.state is State.WAITING)


def crashed_container(objects: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return the pod and container of the first crash that `explain` tells of."""
    for item in objects:
        if item.get("kind") == "Pod":
            for container in _containers(item):
                if _crash(container) is not None:
                    return _name(item), str(container.get("name"))
    return None


def images_of(objects: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the images that live Deployments ask for, sorted."""
    found = set()
    for item in objects:
        if item.get("kind") == "Deployment":
            template = mapping(mapping(item.get("spec")).get("template"))
            for container in mapping(template.get("spec")).get("containers") or []:
                found.add(str(container.get("image")))
    return tuple(sorted(found))


def settled(objects: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether controllers have seen the latest generation of every given object.

    Argo CD's own check may report the health that a SealedSecret had before its last change.
    """
    return all(
        mapping(item.get("status")).get("observedGeneration")
        == mapping(item.get("metadata")).get("generation")
        for item in objects
        if item.get("kind") in {"SealedSecret", "Deployment"}
    )


def _explain_sealed_secret(item: Mapping[str, Any]) -> Iterator[Verdict]:
    for condition in _conditions(item, "Synced"):
        if condition.get("status") == "False":
            yield Verdict(
                State.STUCK,
                f"SealedSecret {_name(item)}: {one_line(str(condition.get('message', '')))}",
                "seal its values again for this cluster's certificate and this namespace, and push",
            )


def _explain_deployment(item: Mapping[str, Any]) -> Iterator[Verdict]:
    for condition in _conditions(item, "Progressing"):
        if condition.get("reason") == "ProgressDeadlineExceeded":
            yield Verdict(
                State.STUCK,
                f"Deployment {_name(item)}: {one_line(str(condition.get('message', '')))}",
                f"`kubectl describe deployment {_name(item)}` in its namespace says more",
            )


def _explain_replica_set(item: Mapping[str, Any]) -> Iterator[Verdict]:
    for condition in _conditions(item, "ReplicaFailure"):
        if condition.get("status") == "True":
            message = one_line(str(condition.get("message", "")))
            quota = "exceeded quota" in message
            yield Verdict(
                State.STUCK,
                f"no pod for {_name(item)}: {message}",
                "raise the namespace's ResourceQuota, or lower replicas or resources in values.yaml"
                if quota
                else "mend the quota or policy that refuses the pod",
            )


def _explain_pod(item: Mapping[str, Any]) -> Iterator[Verdict]:
    for condition in _conditions(item, "PodScheduled"):
        if condition.get("status") == "False" and condition.get("reason") == "Unschedulable":
            # an autoscaler may bring a node in some minutes
            yield Verdict(
                State.WAITING,
                f"Pod {_name(item)}: no node takes it:"
                f" {one_line(str(condition.get('message', '')))}",
                "add or free a node, or lower resources, nodeSelector or tolerations in"
                " values.yaml",
            )
    for container in _containers(item):
        crash = _crash(container)
        if crash is not None:
            yield _explain_crash(item, container, crash)
            continue
        waiting = _state(container, "state", "waiting")
        reason = waiting.get("reason")
        if not reason or reason in {"ContainerCreating", "PodInitializing"}:
            continue
        detail = one_line(str(waiting.get("message", "")))
        yield Verdict(
            State.STUCK,
            f"Pod {_name(item)}: {reason}{': ' + detail if detail else ''}",
            _POD_HINTS.get(str(reason), f"`kubectl logs {_name(item)}` in its namespace says more"),
            # the kubelet tries and backs off in turns
            about=f"the image of {_name(item)}" if reason in _NO_IMAGE else "",
        )


def _explain_crash(
    item: Mapping[str, Any], container: Mapping[str, Any], crash: Mapping[str, Any]
) -> Verdict:
    """Say how a container ended, in words that stay the same while it is started again."""
    place = f"Pod {_name(item)}: container {container.get('name')}"
    # a dispatcher that is up before its Redis ends once or twice, and is fine then
    is_young = int(container.get("restartCount") or 0) < _YOUNG_RESTARTS
    state = State.WAITING if is_young else State.STUCK
    if crash.get("reason") == "OOMKilled":
        return Verdict(
            state,
            f"{place} ran out of memory (OOMKilled)",
            "raise its resources.limits.memory in values.yaml, and push",
        )
    code = crash.get("exitCode")
    return Verdict(
        state,
        f"{place} crashes{'' if code is None else f': exit code {code}'}",
        f"`kubectl logs {_name(item)} --previous` in its namespace says more",
    )


def _crash(container: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return how the container last ended, None unless it crashes again and again.

    Between two ends it waits for its next start, or has started and may end again.
    """
    if _state(container, "state", "waiting").get("reason") == "CrashLoopBackOff":
        return _state(container, "lastState", "terminated")
    if not container.get("restartCount"):
        return None
    ended = _state(container, "state", "terminated")
    if ended:
        return ended if ended.get("exitCode") else None
    if container.get("started") is False:  # no startup probe has passed yet
        return _state(container, "lastState", "terminated") or None
    return None


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = mapping(pod.get("status"))
    return [
        *(status.get("initContainerStatuses") or []),
        *(status.get("containerStatuses") or []),
    ]


def _state(container: Mapping[str, Any], when: str, what: str) -> Mapping[str, Any]:
    return mapping(mapping(container.get(when)).get(what))


_YOUNG_RESTARTS = 3
"""The kubelet starts a container again at once, then after 10 s, 20 s and 40 s."""
_NO_IMAGE = frozenset({"ErrImagePull", "ImagePullBackOff"})
_POD_HINTS = {
    "CreateContainerConfigError": "seal the key that it misses with `bootstrap seal`, and push",
    "ErrImageNeverPull": "load the image onto the node, or change image.pullPolicy in values.yaml",
    "ErrImagePull": "check the image reference in values.yaml and the pull secret",
    "ImagePullBackOff": "check the image reference in values.yaml and the pull secret",
    "InvalidImageName": "mend the image reference in values.yaml",
}


def _conditions(item: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for condition in mapping(item.get("status")).get("conditions") or []:
        if condition.get("type") == kind:
            yield condition


def _name(item: Mapping[str, Any]) -> str:
    return str(mapping(item.get("metadata")).get("name"))
