"""What to do about what the sealed-secrets controller says of a SealedSecret; no I/O.

Its words are those of pkg/controller/controller.go and pkg/crypto of bitnami/sealed-secrets, the
same from 0.27 to 0.38, and the API server's where it writes the Secret. It tries five times in a
second, then no more until the SealedSecret changes, its Secret is deleted, or it starts again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.constants import SECRET_NAME
from bootstrap.rollout.files import SEALED, Files
from bootstrap.sealing.taken import delete_command

_AGAIN = (
    "then restart the sealed-secrets controller (`kubectl rollout restart` its Deployment), which"
    " has given up"
)
SEAL_AGAIN = "seal its values again for this cluster's certificate and this namespace, and push"
# first match counts; {delete}, {adopt} and {file} are filled in, {1} is the first group
_KINDS = (
    (r"no key could decrypt", f"{SEAL_AGAIN} ({{file}})"),
    (
        r"data is too short|illegal base64 data|crypto/rsa:|cipher: message authentication",
        "a sealed value is damaged: seal it again, and push ({file})",
    ),
    (
        r"already exists and is not managed by SealedSecret",
        "{adopt}delete it, and the controller makes it again: {delete}",
    ),
    (
        r"immutable when `immutable` is set|target Secret is immutable",
        "an immutable Secret can only be deleted, and the controller makes it again: {delete}",
    ),
    (
        r"type: Invalid value.*field is immutable",
        "the Secret in the cluster has another type, which can't change: delete it, and the"
        " controller makes it again: {delete}",
    ),
    (
        r"because it is being terminated",
        "wait until the namespace is gone; Argo CD makes it, and this, again",
    ),
    (
        r'namespaces "([^"]+)" not found',
        f"make the namespace with `kubectl create namespace {{1}}`, {_AGAIN}",
    ),
    (r"exceeded quota|failed quota", f"raise the namespace's ResourceQuota of Secrets, {_AGAIN}"),
    (
        r'admission webhook "([^"]+)" denied',
        f"do as policy {{1}} of the cluster asks of Secrets, or have it changed, {_AGAIN}",
    ),
    (
        r'failed calling webhook "([^"]+)"',
        f"mend webhook {{1}} of the cluster, which does not answer, {_AGAIN}",
    ),
    (
        r'User "([^"]+)" cannot (\S+)',
        "give {1} the right to {2} Secrets there: a Role, or the controller's own"
        f" (additionalNamespaces of its chart), {_AGAIN}",
    ),
    (
        r"request timed out|context deadline exceeded|connection refused|i/o timeout|"
        r"the server is currently unable|object has been modified",
        f"see that the API server answers, {_AGAIN}",
    ),
    (
        r"^template: |template: \S+:\d+|can't evaluate field|function \"[^\"]+\" not defined",
        "mend spec.template of {file}: the controller can't fill in its templates",
    ),
    (
        r"metadata.annotations: Too long|must be no more than|is too long|RequestEntityTooLarge",
        "seal less into it: a Secret holds at most 1 MiB ({file})",
    ),
)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The SealedSecret that a message is of; an empty namespace is one that is not known."""

    namespace: str = ""
    name: str = SECRET_NAME


def advise_unsealing(message: str, files: Files, what: Unsealed) -> tuple[str, str | None]:
    """Return what to do where the controller says `message` of a SealedSecret of `files`.

    The second is the file to do it in, None where no file of the repository mends it.
    """
    file = files.path(SEALED)
    for words, hint in _KINDS:
        found = re.search(words, message)
        if found:
            return _fill(hint, found, file, files, what), file if "{file}" in hint else None
    return (
        f"see what it names, and the controller's log; if it is a sealed value, {SEAL_AGAIN}"
        f" ({file})",
        file,
    )


def _fill(hint: str, found: re.Match[str], file: str, files: Files, what: Unsealed) -> str:
    environment = files.folder.rpartition("/")[2]
    adopt = (
        f"`bootstrap up {environment} --adopt-secret` has the controller take it over; or "
        if environment
        else ""
    )
    for number, text in enumerate(found.groups(), 1):
        hint = hint.replace(f"{{{number}}}", text or "")
    return (
        hint.replace("{adopt}", adopt)
        .replace("{delete}", delete_command(what.namespace or "NAMESPACE", what.name))
        .replace("{file}", file)
    )
