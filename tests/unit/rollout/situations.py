"""Live states of an environment `prod`, and what every command says of each: one table.

`test_diagnose.py` asks the judge; `test_one_verdict.py` in `tests/unit/commands/watch/` runs the
commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bootstrap.rollout.verdict import State, Verdict

OLD, WANTED, NEWER = "a" * 40, "b" * 40, "c" * 40
VALUES = "environments/prod/values.yaml"
CONFIG = "environments/prod/agentsmith.yml"
SEALED = "environments/prod/sealed-secret.yaml"
_NO_MORE = "Argo CD does not try this commit again by itself"
_REVISION = "deployment.kubernetes.io/revision"
_LAYERS = (
    "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code ="
    " Unknown desc = Manifest generation error (cached): failed to execute helm template command:"
    " failed running helm: `helm template . --name-template agentsmith --set-file"
    " config.content=/tmp/_argocd-repo/0a1b/environments/prod/agentsmith.yml --set-file"
    " sealedSecret.manifest=/tmp/_argocd-repo/0a1b/environments/prod/sealed-secret.yaml --values"
    " /tmp/_argocd-repo/0a1b/environments/prod/values.yaml <api versions removed> --include-crds`"
    " failed exit status 1: Error: "
)
_SCHEMA = (
    "values don't meet the specifications of the schema(s)\nagentsmith:\n- at '/dispatcher':"
    " additional properties 'replicass' not allowed"
)


def application(
    *,
    revision: str = WANTED,
    sync: str = "Synced",
    health: str = "Healthy",
    operation: dict[str, Any] | None = None,
    conditions: list[dict[str, str]] | None = None,
    automated: dict[str, Any] | None = {"prune": True},  # noqa: B006
) -> dict[str, Any]:
    """Return an Application as the API server has it."""
    policy = {} if automated is None else {"automated": automated}
    status: dict[str, Any] = {
        "sync": {"status": sync, "revision": revision},
        "health": {"status": health},
        "conditions": conditions or [],
        "summary": {"images": ["redis:7"]},
    }
    if operation is not None:
        status["operationState"] = operation
    return {
        "metadata": {"name": "agentsmith-prod"},
        "spec": {"project": "agentsmith", "syncPolicy": policy},
        "status": status,
    }


def operation(
    phase: str, revision: str = WANTED, message: str = "", **more: object
) -> dict[str, Any]:
    """Return the last operation of an Application."""
    result = {"revision": revision, "resources": more.pop("resources", [])}
    return {"phase": phase, "message": message, "syncResult": result, **more}


def refused(kind: str, name: str, message: str, **more: object) -> dict[str, Any]:
    """Return what an operation says of an object that could not be applied."""
    return {"kind": kind, "name": name, "status": "SyncFailed", "message": message, **more}


def cant_compare(message: str) -> list[dict[str, str]]:
    """Return the conditions of an Application that Argo CD can't compare with Git."""
    return [{"type": "ComparisonError", "message": message}]


def crashing(name: str, owner: str = "") -> dict[str, Any]:
    """Return a pod whose container crashes again and again."""
    return _pod(
        name,
        {
            "restartCount": 7,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1}},
        },
        owner,
    )


def _pod(name: str, container: dict[str, Any], owner: str = "") -> dict[str, Any]:
    owners = [{"kind": "ReplicaSet", "uid": owner}] if owner else []
    return {
        "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": owners},
        "status": {"containerStatuses": [{"name": "dispatcher", **container}]},
    }


def _waiting(name: str, reason: str, message: str, owner: str = "") -> dict[str, Any]:
    return _pod(name, {"state": {"waiting": {"reason": reason, "message": message}}}, owner)


def _sealed(generation: int = 1, message: str = "no key could decrypt secret") -> dict[str, Any]:
    condition = {"type": "Synced", "status": "False", "message": message}
    return {
        "kind": "SealedSecret",
        "metadata": {"name": "agentsmith-secrets", "generation": generation},
        "status": {"observedGeneration": 1, "conditions": [condition]},
    }


def _rollout(*, observed: int = 2, refusal: str = "") -> list[dict[str, Any]]:
    """Return a Deployment at its second release, with the ReplicaSets of both."""
    failure = {"type": "ReplicaFailure", "status": "True", "message": refusal}
    return [
        {
            "kind": "Deployment",
            "metadata": {"name": "d", "uid": "d", "generation": 2, "annotations": {_REVISION: "2"}},
            "status": {"observedGeneration": observed},
        },
        *(
            {
                "kind": "ReplicaSet",
                "metadata": {
                    "name": name,
                    "uid": name,
                    "annotations": {_REVISION: revision},
                    "ownerReferences": [{"uid": "d"}],
                },
                "status": {"conditions": [failure] if refusal and name == "d-new" else []},
            }
            for name, revision in (("d-old", "1"), ("d-new", "2"))
        ),
    ]


def _crash(pod: str) -> Verdict:
    return Verdict(
        State.STUCK,
        f"Pod {pod}: container dispatcher crashes: exit code 1",
        f"`kubectl logs {pod} --previous` in its namespace says more",
        container=(pod, "dispatcher"),
    )


def _no_pod(message: str, hint: str, file: str | None = VALUES) -> Verdict:
    return Verdict(State.STUCK, f"no pod for d-new: {message}", hint, file)


@dataclass(frozen=True)
class Situation:
    """What the API server has of `prod`, and what is to be said of it."""

    name: str
    application: dict[str, Any]
    verdict: Verdict
    objects: list[dict[str, Any]] = field(default_factory=list)


_SYNCED = operation("Succeeded")
_OLD_CRASHES = [crashing("old")]
_QUOTA = 'pods "d-new-1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1'
_PRIORITY = 'pods "d-new-" is forbidden: no PriorityClass with name high was found'
_WEBHOOK = 'admission webhook "policy.example.com" denied the request: no label team'
_UNSEALED = (
    f"seal its values again for this cluster's certificate and this namespace, and push ({SEALED})"
)

SITUATIONS = [
    Situation(
        "the pushed chart does not render, and an old pod crashes",
        application(
            sync="Unknown",
            health="Degraded",
            operation=operation("Succeeded", OLD),
            conditions=cant_compare(f"{_LAYERS}execution error at (x.yaml:1:2): replicas is odd"),
        ),
        Verdict(
            State.STUCK,
            "helm template: execution error at (x.yaml:1:2): replicas is odd",
            f"mend {VALUES}, and push",
            VALUES,
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "the schema refuses the values, and an old pod crashes",
        application(
            revision="",
            sync="Unknown",
            health="Degraded",
            operation=operation("Succeeded", OLD),
            conditions=cant_compare(f"{_LAYERS}{_SCHEMA}"),
        ),
        Verdict(
            State.STUCK,
            "helm template: values don't meet the specifications of the schema(s) agentsmith:"
            " - at '/dispatcher': additional properties 'replicass' not allowed",
            f"mend {VALUES}, and push",
            VALUES,
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "the commit is not seen yet, and an old pod crashes",
        application(revision=OLD, health="Degraded", operation=operation("Succeeded", OLD)),
        Verdict(State.WAITING, "at aaaaaaa, waiting for Argo CD to see bbbbbbb"),
        _OLD_CRASHES,
    ),
    Situation(
        "the commit before it failed for good, and is not overtaken yet",
        application(
            revision=OLD,
            sync="OutOfSync",
            operation=operation("Failed", OLD, "old trouble"),
            conditions=[{"type": "SyncError", "message": "Failed last sync attempt to aaaaaaa"}],
        ),
        Verdict(State.WAITING, "at aaaaaaa, waiting for Argo CD to see bbbbbbb"),
    ),
    Situation(
        "the commit is compared and not applied yet, and an old pod crashes",
        application(sync="OutOfSync", health="Degraded", operation=operation("Succeeded", OLD)),
        Verdict(State.WAITING, "OutOfSync"),
        _OLD_CRASHES,
    ),
    Situation(
        "the sync is at work, and an old pod crashes",
        application(sync="OutOfSync", health="Degraded", operation=operation("Running")),
        Verdict(State.WAITING, "syncing bbbbbbb"),
        _OLD_CRASHES,
    ),
    Situation(
        "a pod of the release before crashes while the new one starts",
        application(health="Progressing", operation=_SYNCED),
        Verdict(State.WAITING, "Synced, Progressing", is_vague=True),
        [*_rollout(), crashing("old", "d-old")],
    ),
    Situation(
        "the Deployment's controller has not seen the change, and its pods crash",
        application(health="Progressing", operation=_SYNCED),
        Verdict(State.WAITING, "Synced, Progressing", is_vague=True),
        [*_rollout(observed=1), crashing("old", "d-new")],
    ),
    Situation(
        "a pod of the wanted release crashes",
        application(health="Degraded", operation=_SYNCED),
        _crash("new"),
        [*_rollout(), crashing("old", "d-old"), crashing("new", "d-new")],
    ),
    Situation(
        "a pod crashes where a webhook of the cluster changed what was applied",
        application(sync="OutOfSync", health="Degraded", operation=_SYNCED),
        _crash("new"),
        [*_rollout(), crashing("new", "d-new")],
    ),
    Situation(
        "the image is missing",
        application(health="Progressing", operation=_SYNCED),
        Verdict(
            State.STUCK,
            "Pod new: ImagePullBackOff: Back-off pulling image x:1",
            f"check the image reference in {VALUES} and the pull secret",
            VALUES,
            about="the image of new",
        ),
        [*_rollout(), _waiting("new", "ImagePullBackOff", "Back-off pulling image x:1", "d-new")],
    ),
    Situation(
        "a quota refuses the pods",
        application(health="Progressing", operation=_SYNCED),
        _no_pod(
            _QUOTA,
            f"raise the namespace's ResourceQuota, or lower replicas or resources in {VALUES}",
        ),
        _rollout(refusal=_QUOTA),
    ),
    Situation(
        "the PriorityClass of the pods is missing",
        application(health="Progressing", operation=_SYNCED),
        _no_pod(
            _PRIORITY,
            f"make PriorityClass high in the cluster, or change priorityClassName in {VALUES}",
        ),
        _rollout(refusal=_PRIORITY),
    ),
    Situation(
        "an admission webhook refuses the pods",
        application(health="Progressing", operation=_SYNCED),
        _no_pod(
            _WEBHOOK,
            f"do as policy policy.example.com of the cluster asks, in {VALUES}, or have the policy"
            " changed",
        ),
        _rollout(refusal=_WEBHOOK),
    ),
    Situation(
        "an admission webhook refuses the Deployment, again and again",
        application(
            sync="OutOfSync",
            health="Degraded",
            operation=operation(
                "Running", retryCount=2, resources=[refused("Deployment", "d", _WEBHOOK)]
            ),
        ),
        Verdict(
            State.STUCK,
            f"the sync fails and is retried: Deployment d: {_WEBHOOK}",
            f"do as policy policy.example.com of the cluster asks, in {VALUES}, or have the policy"
            " changed",
            VALUES,
            about="a sync that is retried",
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "an admission webhook refused the Deployment for good",
        application(
            sync="OutOfSync",
            health="Degraded",
            operation=operation("Failed", resources=[refused("Deployment", "d", _WEBHOOK)]),
            conditions=[{"type": "SyncError", "message": "Failed last sync attempt to bbbbbbb"}],
        ),
        Verdict(
            State.FAILED,
            f"the sync of bbbbbbb failed: Deployment d: {_WEBHOOK}",
            f"do as policy policy.example.com of the cluster asks, in {VALUES}, or have the policy"
            f" changed; {_NO_MORE}",
            VALUES,
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "the controller can't unseal what was sealed for another namespace",
        application(health="Degraded", operation=_SYNCED),
        Verdict(
            State.STUCK,
            "SealedSecret agentsmith-secrets: no key could decrypt secret",
            _UNSEALED,
            SEALED,
        ),
        [_sealed(), *_rollout(), _waiting("new", "CreateContainerConfigError", "x", "d-new")],
    ),
    Situation(
        "the sync waits for a SealedSecret that can't be unsealed",
        application(
            sync="OutOfSync",
            health="Degraded",
            operation=operation(
                "Running",
                message="waiting for healthy state of bitnami.com/SealedSecret/agentsmith-secrets",
                resources=[
                    {"kind": "SealedSecret", "name": "agentsmith-secrets", "status": "Synced"}
                ],
            ),
        ),
        Verdict(
            State.STUCK,
            "SealedSecret agentsmith-secrets: no key could decrypt secret",
            _UNSEALED,
            SEALED,
        ),
        [_sealed(), *_OLD_CRASHES],
    ),
    Situation(
        "the sync is retried over a SealedSecret that can't be unsealed",
        application(
            sync="OutOfSync",
            health="Degraded",
            operation=operation(
                "Running",
                retryCount=1,
                resources=[
                    {
                        "kind": "SealedSecret",
                        "name": "agentsmith-secrets",
                        "status": "Synced",
                        "hookPhase": "Failed",
                        "message": "no key could decrypt secret",
                    }
                ],
            ),
        ),
        Verdict(
            State.STUCK,
            "SealedSecret agentsmith-secrets: no key could decrypt secret",
            _UNSEALED,
            SEALED,
            about="a sync that is retried",
        ),
        [_sealed(), *_OLD_CRASHES],
    ),
    Situation(
        "a retry that has only begun over a SealedSecret that can't be unsealed",
        application(
            sync="OutOfSync",
            health="Degraded",
            operation={
                "phase": "Running",
                "retryCount": 1,
                "message": "Retrying operation. Attempt #1",
            },
        ),
        Verdict(
            State.STUCK,
            "SealedSecret agentsmith-secrets: no key could decrypt secret",
            _UNSEALED,
            SEALED,
            about="a sync that is retried",
        ),
        [_sealed(), *_OLD_CRASHES],
    ),
    Situation(
        "a SealedSecret that was mended, and the controller has not come to it",
        application(health="Progressing", operation=_SYNCED),
        Verdict(State.WAITING, "Synced, Progressing", is_vague=True),
        [_sealed(generation=2)],
    ),
    Situation(
        "a hook failed",
        application(
            sync="OutOfSync",
            operation=operation(
                "Failed",
                message="one or more synchronization tasks completed unsuccessfully",
                resources=[
                    {
                        "kind": "Job",
                        "name": "migrate",
                        "hookPhase": "Failed",
                        "message": "Job has reached the specified backoff limit",
                    }
                ],
            ),
        ),
        Verdict(
            State.FAILED,
            "the sync of bbbbbbb failed: Job migrate: Job has reached the specified backoff limit",
            f"`kubectl logs job/migrate` in its namespace says more; mend it and push; {_NO_MORE}",
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "Argo CD has not the right to apply an object",
        application(
            sync="OutOfSync",
            operation=operation(
                "Failed",
                resources=[
                    refused(
                        "Role",
                        "d",
                        'roles.rbac.authorization.k8s.io is forbidden: User "system:serviceaccount:'
                        'argocd:controller" cannot create resource "roles"',
                    )
                ],
            ),
        ),
        Verdict(
            State.FAILED,
            "the sync of bbbbbbb failed: Role d: roles.rbac.authorization.k8s.io is forbidden: User"
            ' "system:serviceaccount:argocd:controller" cannot create resource "roles"',
            "give system:serviceaccount:argocd:controller that right, by a Role or a ClusterRole of"
            f" the cluster; {_NO_MORE}",
        ),
    ),
    Situation(
        "the sync failed over what nobody knows",
        application(
            sync="OutOfSync",
            operation=operation(
                "Failed",
                message="one or more objects failed to apply",
                resources=[
                    {"kind": "ConfigMap", "name": "fine", "status": "Synced"},
                    refused("Deployment", "redis", "it is\nMonday"),
                ],
            ),
        ),
        Verdict(
            State.FAILED,
            "the sync of bbbbbbb failed: Deployment redis: it is Monday",
            f"mend it and push; {_NO_MORE}",
        ),
    ),
    Situation(
        "the project does not permit a kind",
        application(
            sync="OutOfSync",
            operation=operation(
                "Running",
                message="resource Foo is not permitted in project agentsmith."
                " Retrying attempt #3 at 2026-01-01T00:00:00Z.",
                retryCount=3,
            ),
        ),
        Verdict(
            State.STUCK,
            "the sync fails and is retried: resource Foo is not permitted in project agentsmith.",
            "run `bootstrap up` again after `bootstrap init`",
            is_vague=True,
            about="a sync that is retried",
        ),
    ),
    Situation(
        "Argo CD does not reach the repository",
        application(
            sync="Unknown",
            conditions=cant_compare(
                "rpc error: code = Unknown desc = failed to list refs: dial tcp 10.0.0.1:443:"
                " connect: connection refused"
            ),
        ),
        Verdict(
            State.STUCK,
            "failed to list refs: dial tcp 10.0.0.1:443: connect: connection refused",
            "Argo CD must reach the repository's URL from inside the cluster; mend it with"
            " `bootstrap init ENV --repo-url URL`",
        ),
    ),
    Situation(
        "Argo CD did not begin to sync",
        application(
            sync="OutOfSync",
            operation=operation("Succeeded", OLD),
            conditions=[{"type": "SyncError", "message": "auto-sync will wipe out all resources"}],
        ),
        Verdict(
            State.STUCK,
            "auto-sync will wipe out all resources",
            "look at the Application in the Argo CD UI, mend it and push",
        ),
    ),
    Situation(
        "the sync is manual",
        application(sync="OutOfSync", automated=None, operation=operation("Succeeded", OLD)),
        Verdict(
            State.FAILED,
            "OutOfSync, and its sync is manual",
            "start it with `argocd app sync agentsmith-prod`, then run this again",
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "the sync is paused",
        application(sync="OutOfSync", automated={"prune": True, "enabled": False}),
        Verdict(
            State.FAILED,
            "OutOfSync, and its sync is paused",
            "end that with `bootstrap resume prod --push`",
        ),
        _OLD_CRASHES,
    ),
    Situation(
        "unwell, and no object says why",
        application(health="Degraded", operation=_SYNCED),
        Verdict(
            State.STUCK,
            "Synced, but Degraded",
            "look at its resources in the Argo CD UI",
            is_vague=True,
        ),
    ),
    Situation(
        "a Deployment is suspended",
        application(health="Suspended", operation=_SYNCED),
        Verdict(State.WAITING, "Synced, Suspended", is_vague=True),
    ),
    Situation(
        "only a warning",
        application(conditions=[{"type": "SharedResourceWarning", "message": "only a warning"}]),
        Verdict(State.DONE, "Synced and Healthy"),
    ),
    Situation(
        "well, and synced at the wanted commit",
        application(operation=_SYNCED),
        Verdict(State.DONE, "Synced and Healthy"),
        _rollout(),
    ),
]
