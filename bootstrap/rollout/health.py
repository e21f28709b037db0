"""What is wrong with live objects, in words that a person can act on; no I/O."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from bootstrap.objects import mapping, one_line
from bootstrap.rollout.advice import Advice, advise_refusal, advise_sealed
from bootstrap.rollout.files import Files
from bootstrap.rollout.release import of_release
from bootstrap.rollout.unsealing import Unsealed
from bootstrap.rollout.verdict import State, Verdict


def explain(objects: Sequence[Mapping[str, Any]], files: Files) -> list[Verdict]:
    """Return what is wrong with live SealedSecrets, Deployments, ReplicaSets and Pods.

    Only what is of the release that the Deployments have now counts. The causes come first: a
    failed unseal before the pod that waits for its Secret. What may pass by itself comes last, as
    State.WAITING.
    """
    explainers = {
        "ReplicaSet": _explain_replica_set,
        "Pod": _explain_pod,
        "Deployment": _explain_deployment,
    }
    current = of_release(objects)
    found = explain_sealed(objects, files) + [
        verdict
        for kind, explainer in explainers.items()
        for item in current
        if item.get("kind") == kind
        for verdict in explainer(item, files)
    ]
    return sorted(found, key=lambda verdict: verdict.state is State.WAITING)


def explain_sealed(
    objects: Sequence[Mapping[str, Any]], files: Files, names: Container[str] | None = None
) -> list[Verdict]:
    """Return which live SealedSecrets can't be unsealed, of those in `names` (None: of all)."""
    return [
        _not_unsealed(item, one_line(str(condition.get("message", ""))), files)
        for item in of_release(objects)
        if item.get("kind") == "SealedSecret" and (names is None or _name(item) in names)
        for condition in _conditions(item, "Synced")
        if condition.get("status") == "False"
    ]


def _not_unsealed(item: Mapping[str, Any], message: str, files: Files) -> Verdict:
    namespace = str(mapping(item.get("metadata")).get("namespace") or "")
    advice = advise_sealed(message, files, Unsealed(namespace, _name(item)))
    return Verdict(State.STUCK, f"SealedSecret {_name(item)}: {message}", advice.hint, advice.file)


def _explain_deployment(item: Mapping[str, Any], _files: Files) -> Iterator[Verdict]:
    for condition in _conditions(item, "Progressing"):
        if condition.get("reason") == "ProgressDeadlineExceeded":
            yield Verdict(
                State.STUCK,
                f"Deployment {_name(item)}: {one_line(str(condition.get('message', '')))}",
                f"`kubectl describe deployment {_name(item)}` in its namespace says more",
            )


def _explain_replica_set(item: Mapping[str, Any], files: Files) -> Iterator[Verdict]:
    for condition in _conditions(item, "ReplicaFailure"):
        if condition.get("status") == "True":
            message = one_line(str(condition.get("message", "")))
            advice = advise_refusal(message, files) or Advice(
                f"`kubectl describe replicaset {_name(item)}` in its namespace says more"
            )
            yield Verdict(
                State.STUCK, f"no pod for {_name(item)}: {message}", advice.hint, advice.file
            )


def _explain_pod(item: Mapping[str, Any], files: Files) -> Iterator[Verdict]:
    for condition in _conditions(item, "PodScheduled"):
        if condition.get("status") == "False" and condition.get("reason") == "Unschedulable":
            # an autoscaler may bring a node in some minutes
            yield Verdict(
                State.WAITING,
                f"Pod {_name(item)}: no node takes it:"
                f" {one_line(str(condition.get('message', '')))}",
                "add or free a node, or lower resources, nodeSelector or tolerations in"
                f" {files.values}",
                files.values,
            )
    for container in _containers(item):
        crash = _crash(container)
        if crash is not None:
            yield _explain_crash(item, container, crash, files)
            continue
        waiting = _state(container, "state", "waiting")
        reason = waiting.get("reason")
        if not reason or reason in {"ContainerCreating", "PodInitializing"}:
            continue
        detail = one_line(str(waiting.get("message", "")))
        hint = _POD_HINTS.get(
            str(reason), f"`kubectl logs {_name(item)}` in its namespace says more"
        )
        yield Verdict(
            State.STUCK,
            f"Pod {_name(item)}: {reason}{': ' + detail if detail else ''}",
            hint.replace("{file}", files.values),
            files.values if "{file}" in hint else None,
            # the kubelet tries and backs off in turns
            about=f"the image of {_name(item)}" if reason in _NO_IMAGE else "",
        )


def _explain_crash(
    item: Mapping[str, Any], container: Mapping[str, Any], crash: Mapping[str, Any], files: Files
) -> Verdict:
    """Say how a container ended, in words that stay the same while it is started again."""
    place = f"Pod {_name(item)}: container {container.get('name')}"
    named = (_name(item), str(container.get("name")))
    # a dispatcher that is up before its Redis ends once or twice, and is fine then
    is_young = int(container.get("restartCount") or 0) < _YOUNG_RESTARTS
    state = State.WAITING if is_young else State.STUCK
    if crash.get("reason") == "OOMKilled":
        return Verdict(
            state,
            f"{place} ran out of memory (OOMKilled)",
            f"raise its resources.limits.memory in {files.values}, and push",
            files.values,
            container=named,
        )
    code = crash.get("exitCode")
    return Verdict(
        state,
        f"{place} crashes{'' if code is None else f': exit code {code}'}",
        f"`kubectl logs {_name(item)} --previous` in its namespace says more",
        container=named,
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
    "ErrImageNeverPull": "load the image onto the node, or change image.pullPolicy in {file}",
    "ErrImagePull": "check the image reference in {file} and the pull secret",
    "ImagePullBackOff": "check the image reference in {file} and the pull secret",
    "InvalidImageName": "mend the image reference in {file}",
}


def _conditions(item: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for condition in mapping(item.get("status")).get("conditions") or []:
        if condition.get("type") == kind:
            yield condition


def _name(item: Mapping[str, Any]) -> str:
    return str(mapping(item.get("metadata")).get("name"))
