"""Which revisions of an environment were healthy, as its Application remembers; no I/O.

Argo CD keeps the last ten successful syncs in `status.history`, oldest first. It says nothing of
health there: that is known of the last one only, from the Application itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bootstrap.health import mapping


def healthy_revisions(application: Mapping[str, Any] | None) -> list[str]:
    """Return the commits that were synced with success, newest first, each once.

    The last one counts only if the Application is healthy now.
    """
    status = mapping((application or {}).get("status"))
    synced = [str(mapping(item).get("revision") or "") for item in status.get("history") or []]
    newest_first = [revision for revision in reversed(synced) if revision]
    if newest_first and mapping(status.get("health")).get("status") != "Healthy":
        unhealthy = newest_first[0]
        newest_first = [revision for revision in newest_first if revision != unhealthy]
    return list(dict.fromkeys(newest_first))
