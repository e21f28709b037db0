"""Is it out yet? Judges an Argo CD Application; no I/O.

Facts: an Application's `status.sync.revision` is the commit that was last compared, and alone says
nothing of an operation; `status.operationState` may be of an earlier commit; since Argo CD 3 the
health of single resources is not in the Application.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bootstrap.environments.names import ENVIRONMENT_LABEL
from bootstrap.objects import mapping, one_line
from bootstrap.rollout.verdict import State, Verdict

_ERROR_CONDITIONS = frozenset({"ComparisonError", "InvalidSpecError", "SyncError", "UnknownError"})
_RETRY_NOTE = re.compile(r"\s*Retrying attempt #\d+ at .*$")
_LAYERS = re.compile(
    r"Failed to load target state: |failed to generate manifest for source \d+ of \d+: |"
    r"rpc error: code = \w+ desc = |Manifest generation error \(cached\): |"
    r"failed to get latest revision for source \d+ of \d+: "
)
_SHORT = 7


def judge(
    application: Mapping[str, Any] | None, *, is_wanted: Callable[[str], bool], wanted: str
) -> Verdict:
    """Return how far `application` (None: not there yet) is on the way to commit `wanted`.

    `is_wanted` tells of a revision whether it is that commit or a descendant.
    """
    if application is None:
        return Verdict(State.WAITING, "waiting for Argo CD to create the Application")
    status = mapping(application.get("status"))
    broken = _broken_condition(status)
    revision = str(mapping(status.get("sync")).get("revision") or "")
    if not revision or not is_wanted(revision):
        seen = f"at {revision[:_SHORT]}" if revision else "not compared yet"
        return broken or Verdict(
            State.WAITING,
            f"{seen}, waiting for Argo CD to see {wanted[:_SHORT] or 'the repository'}",
        )
    return (
        _judge_operation(status, is_wanted)
        or broken
        or _judge_sync(application, status)
        or _judge_health(status)
    )


def is_synced(application: Mapping[str, Any] | None, *, is_wanted: Callable[[str], bool]) -> bool:
    """Tell whether what Git has at a wanted commit is applied, whatever its health."""
    sync = mapping(mapping((application or {}).get("status")).get("sync"))
    return sync.get("status") == "Synced" and has_seen(application, is_wanted=is_wanted)


def has_seen(application: Mapping[str, Any] | None, *, is_wanted: Callable[[str], bool]) -> bool:
    """Tell whether a wanted commit was compared last, and no sync is at work on an older one."""
    status = mapping((application or {}).get("status"))
    revision = str(mapping(status.get("sync")).get("revision") or "")
    phase = mapping(status.get("operationState")).get("phase")
    return is_wanted(revision) and phase not in {"Running", "Terminating"}


def find_broken(application: Mapping[str, Any]) -> Verdict | None:
    """Return why Argo CD can't even compare `application` with Git, None if it can."""
    return _broken_condition(mapping(application.get("status")))


def _broken_condition(status: Mapping[str, Any]) -> Verdict | None:
    for condition in status.get("conditions") or []:
        if condition.get("type") in _ERROR_CONDITIONS:
            message = str(condition.get("message", ""))
            return Verdict(State.STUCK, _cause(message), _hint_for(message))
    return None


def last_attempt(status: Mapping[str, Any]) -> tuple[str, Verdict | None]:
    """Return the commit of the last sync, "" if there was none, and what is to say of it."""
    operation = mapping(status.get("operationState"))
    revision = str(
        mapping(operation.get("syncResult")).get("revision")
        or mapping(mapping(operation.get("operation")).get("sync")).get("revision")
        or ""
    )
    return revision, _judge_attempt(operation, revision)


def _judge_operation(status: Mapping[str, Any], is_wanted: Callable[[str], bool]) -> Verdict | None:
    revision, verdict = last_attempt(status)
    return verdict if is_wanted(revision) else None


def _judge_attempt(operation: Mapping[str, Any], revision: str) -> Verdict | None:
    phase = operation.get("phase")
    message = _RETRY_NOTE.sub("", _cause(str(operation.get("message", ""))))
    failed = list(_failed_resources(mapping(operation.get("syncResult"))))
    what = "; ".join(failed) or message
    if phase in {"Failed", "Error"}:
        return Verdict(
            State.FAILED,
            f"the sync of {revision[:_SHORT]} failed: {what}",
            "mend it and push; Argo CD does not try this commit again by itself",
        )
    if phase in {"Running", "Terminating"}:
        if operation.get("retryCount") and what:
            return Verdict(State.STUCK, f"the sync fails and is retried: {what}", _hint_for(what))
        return Verdict(State.WAITING, f"syncing {revision[:_SHORT]}")
    return None


def _failed_resources(result: Mapping[str, Any]) -> Iterator[str]:
    for resource in result.get("resources") or []:
        if resource.get("status") == "SyncFailed" or resource.get("hookPhase") in {
            "Failed",
            "Error",
        }:
            yield (
                f"{resource.get('kind')} {resource.get('name')}:"
                f" {one_line(str(resource.get('message', '')))}"
            )


def _judge_sync(application: Mapping[str, Any], status: Mapping[str, Any]) -> Verdict | None:
    sync = str(mapping(status.get("sync")).get("status", "Unknown"))
    if sync == "Synced":
        return None
    policy = mapping(mapping(application.get("spec")).get("syncPolicy"))
    automated = policy.get("automated")
    metadata = mapping(application.get("metadata"))
    name = str(metadata.get("name"))
    environment = mapping(metadata.get("labels")).get(ENVIRONMENT_LABEL)
    if sync == "OutOfSync" and not isinstance(automated, Mapping):
        return Verdict(
            State.FAILED,
            "OutOfSync, and its sync is manual",
            f"start it with `argocd app sync {name}`, then run this again",
        )
    if sync == "OutOfSync" and mapping(automated).get("enabled") is False:
        return Verdict(
            State.FAILED,
            "OutOfSync, and its sync is paused",
            f"end that with `bootstrap resume {environment or name.partition('-')[2]} --push`",
        )
    return Verdict(State.WAITING, sync)


def _judge_health(status: Mapping[str, Any]) -> Verdict:
    health = str(mapping(status.get("health")).get("status", "Unknown"))
    if health == "Healthy":
        return Verdict(State.DONE, "Synced and Healthy")
    if health == "Degraded":
        return Verdict(
            State.STUCK,
            "Synced, but Degraded",
            "look at its resources in the Argo CD UI",
            is_vague=True,
        )
    return Verdict(State.WAITING, f"Synced, {health}", is_vague=health == "Progressing")


_HINTS = (
    (
        r"no key could decrypt",
        "seal its values again for this cluster's certificate and this namespace, and push",
    ),
    (
        r"authentication required|Authorization|authorization failed|could not read Username|"
        r"Permission denied|repository not found|unable to authenticate|403|401",
        "give Argo CD credentials for the repository: `bootstrap repo add`; or mend its URL:"
        " `bootstrap init ENV --repo-url URL`",
    ),
    (
        r"dial tcp|no such host|connection refused|i/o timeout|unable to access|could not resolve|"
        r"failed to list refs|unable to connect",
        "Argo CD must reach the repository's URL from inside the cluster; mend it with"
        " `bootstrap init ENV --repo-url URL`",
    ),
    (r"app path does not exist", "push the commit that holds that path"),
    (
        r"helm template|values don't meet|execution error|error converting YAML",
        "mend the environment's values.yaml, agentsmith.yml or sealed-secret.yaml, and push",
    ),
    (r"project|not permitted|InvalidSpec", "run `bootstrap up` again after `bootstrap init`"),
)


def _hint_for(message: str) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, message, re.IGNORECASE):
            return hint
    return "look at the Application in the Argo CD UI, mend it and push"


def _cause(message: str) -> str:
    """Return what went wrong, without the layers of servers that passed it on.

    They quote whole command lines, in an order that changes, before the words that matter.
    """
    helm = re.search(r"`helm template .*?` failed \S+ status \d+: Error: (.*)", message, re.DOTALL)
    if helm:
        return one_line(f"helm template: {helm[1]}")
    return one_line(_LAYERS.sub("", message))
