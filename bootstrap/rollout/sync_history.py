"""Which revisions of an environment Argo CD synced, as its Application remembers; no I/O.

Argo CD keeps the last ten successful syncs in `status.history`, oldest first. It says nothing of
health there: that is known of the last one only, from the Application itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bootstrap.objects import mapping


def synced_revisions(application: Mapping[str, Any] | None) -> list[str]:
    """Return the commits that were synced with success, newest first, each once.

    The last one counts only if the Application is healthy now, or what is unhealthy is a later
    attempt that never ended well; how the others were is not known.
    """
    newest_first = _newest_first(application)
    if newest_first and healthy_revision(application) is None:
        unhealthy = newest_first[0]
        if _failed_later(application, unhealthy):
            return list(dict.fromkeys(newest_first))
        newest_first = [revision for revision in newest_first if revision != unhealthy]
    return list(dict.fromkeys(newest_first))


def healthy_revision(application: Mapping[str, Any] | None) -> str | None:
    """Return the one commit that is known to be healthy: the last one synced, if it is so now."""
    status = mapping((application or {}).get("status"))
    newest = next(iter(_newest_first(application)), None)
    return newest if mapping(status.get("health")).get("status") == "Healthy" else None


def _failed_later(application: Mapping[str, Any] | None, synced: str) -> bool:
    """Tell whether a sync of another commit than `synced` is under way, or ended badly.

    A retry that has only begun does not say yet of which commit it is.
    """
    operation = mapping(mapping((application or {}).get("status")).get("operationState"))
    revision = mapping(operation.get("syncResult")).get("revision")
    return operation.get("phase") not in {None, "Succeeded"} and revision != synced


def _newest_first(application: Mapping[str, Any] | None) -> list[str]:
    status = mapping((application or {}).get("status"))
    synced = [str(mapping(item).get("revision") or "") for item in status.get("history") or []]
    return [revision for revision in reversed(synced) if revision]
