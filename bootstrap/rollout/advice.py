"""What to do about what Argo CD, Helm and the API server say, and in which file; no I/O.

Their words are read here, once, where a verdict is made. Nobody reads a verdict's words again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.rollout.files import CONFIG, SEALED, VALUES, Files
from bootstrap.rollout.unsealing import SEAL_AGAIN, Unsealed, advise_unsealing


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and the file to do it in, None where no file of the repository mends it."""

    hint: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of trouble: the words that tell it, what to do, the file that a person edits.

    `hint` may have {file}, and what the groups of `words` found, as {1}.
    """

    words: str
    hint: str
    file: str | None = None


def advise_refusal(message: str, files: Files) -> Advice | None:
    """Return what to do where an API server did not take an object, None if it can't be told."""
    for kind in _REFUSALS:
        found = re.search(kind.words, message)
        if found:
            path = files.path(kind.file) if kind.file else None
            return Advice(_fill(kind.hint, path, found.groups()), path)
    return None


def advise_sync(kind: str, name: str, message: str, files: Files) -> Advice | None:
    """Return what to do about an object that could not be synced, None if it can't be told.

    Without `kind`, `message` is that of the whole sync.
    """
    advice = advise_refusal(message, files)
    if advice is None and kind == "SealedSecret":
        return advise_sealed(message, files, Unsealed(name=name))
    if advice is None and kind == "Job":
        return Advice(f"`kubectl logs job/{name}` in its namespace says more; mend it and push")
    return advice or _advise_comparison(message, files)


def advise_comparison(message: str, files: Files) -> Advice:
    """Return what to do where Argo CD can't tell what Git has: it can't read or render it."""
    file = _rendered_file(message, files)
    return _advise_comparison(message, files) or Advice(_fill(ANY_TROUBLE, file), file)


def advise_sealed(message: str, files: Files, what: Unsealed) -> Advice:
    """Return what to do where the controller says `message` of a SealedSecret."""
    return Advice(*advise_unsealing(message, files, what))


def _advise_comparison(message: str, files: Files) -> Advice | None:
    file = _rendered_file(message, files)
    for kind in _COMPARISONS:
        if re.search(kind.words, message, re.IGNORECASE):
            return Advice(_fill(kind.hint, file), file)
    return None


def _rendered_file(message: str, files: Files) -> str | None:
    if not files.folder:
        return None
    named = files.named_in(message)
    for words, name in _RENDERED:
        if named is None and re.search(words, message):
            named = files.path(name)
    return named


def _fill(hint: str, file: str | None, groups: Sequence[str | None] = ()) -> str:
    """Return `hint` with the path of the file in its place, or else behind it."""
    for number, text in enumerate(groups, 1):
        hint = hint.replace(f"{{{number}}}", text or "")
    if "{file}" in hint:
        return hint.replace("{file}", file or _ANY_FILE)
    return f"{hint} ({file})" if file else hint


ANY_TROUBLE = "look at the Application in the Argo CD UI, mend it and push"
_ANY_FILE = f"the environment's {VALUES}, {CONFIG} or {SEALED}"
# what the chart and Helm call them, in messages that have no path
_RENDERED = (
    (r"SealedSecret |sealedSecret\.|no key could decrypt", SEALED),
    (r"config\.content|agentsmith\.yml", CONFIG),
    (r"helm template|values don't meet|execution error", VALUES),
)
_REFUSALS = (
    _Kind(r"no key could decrypt", SEAL_AGAIN, SEALED),
    _Kind(
        r"exceeded quota",
        "raise the namespace's ResourceQuota, or lower replicas or resources in {file}",
        VALUES,
    ),
    _Kind(
        r"failed quota",
        "set the resources that the namespace's ResourceQuota asks for in {file}, or change the"
        " quota",
        VALUES,
    ),
    _Kind(
        r"(?:[Mm]aximum|[Mm]inimum) \S+ usage per|limit to request ratio per",
        "keep the resources in {file} within the namespace's LimitRange, or change that",
        VALUES,
    ),
    _Kind(
        r"no PriorityClass with name (\S+) was found",
        "make PriorityClass {1} in the cluster, or change priorityClassName in {file}",
        VALUES,
    ),
    _Kind(
        r"violates PodSecurity \"([^\"]+)\"",
        "mend the security contexts in {file}, or the level that the namespace enforces ({1})",
        VALUES,
    ),
    _Kind(
        r"failed calling webhook \"([^\"]+)\"",
        "mend webhook {1} of the cluster: it does not answer, and nothing in Git is wrong by that",
    ),
    _Kind(
        r"admission webhook \"([^\"]+)\" denied|ValidatingAdmissionPolicy '([^']+)'",
        "do as policy {1}{2} of the cluster asks, in {file}, or have the policy changed",
        VALUES,
    ),
    _Kind(
        r"attempting to grant RBAC permissions",
        "give Argo CD the rights that it is to grant, or leave out what needs them in {file}",
        VALUES,
    ),
    _Kind(
        r"User \"([^\"]+)\" cannot ",
        "give {1} that right, by a Role or a ClusterRole of the cluster",
    ),
    _Kind(
        r"error looking up service account [^:]*: serviceaccount \"([^\"]+)\" not found",
        "make ServiceAccount {1} in its namespace, or mend its name in {file}",
        VALUES,
    ),
    _Kind(
        r"namespaces \"([^\"]+)\" not found",
        "make the namespace with `kubectl create namespace {1}`, or mend its name in {file}",
        VALUES,
    ),
    _Kind(
        r"because it is being terminated",
        "wait until the namespace is gone, and Argo CD makes it again; `kubectl get namespace`"
        " shows what it waits for",
    ),
    _Kind(
        r"field is immutable|[Uu]pdates to \S+ spec for fields other than",
        "delete the object that it names, and Argo CD makes it again; or undo the change in {file}",
        VALUES,
    ),
    _Kind(
        r"no matches for kind|could not find the requested resource|The Kubernetes API could not"
        r" find",
        "install the CustomResourceDefinition of what it names, or turn that off in {file}",
        VALUES,
    ),
    _Kind(r" is invalid: ", "mend what it names in {file}, and push", VALUES),
)
_COMPARISONS = (
    # first: what it quotes may have any words, those below too
    _Kind(
        r"helm template|values don't meet|execution error|error converting YAML",
        "mend {file}, and push",
    ),
    _Kind(
        r"authentication required|Authorization|authorization failed|could not read Username|"
        r"Permission denied|repository not found|unable to authenticate|\b40[13]\b",
        "give Argo CD credentials for the repository: `bootstrap repo add`; or mend its URL:"
        " `bootstrap init ENV --repo-url URL`",
    ),
    _Kind(
        r"dial tcp|no such host|connection refused|i/o timeout|unable to access|could not resolve|"
        r"failed to list refs|unable to connect",
        "Argo CD must reach the repository's URL from inside the cluster; mend it with"
        " `bootstrap init ENV --repo-url URL`",
    ),
    _Kind(r"app path does not exist", "push the commit that holds that path"),
    _Kind(
        r"\bproject\b|not permitted|InvalidSpec", "run `bootstrap up` again after `bootstrap init`"
    ),
)
