"""What runs right now: agent Jobs, and what a container that crashes said last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import JOB, POD

_AGENT_JOBS = "app=agentsmith,job-id"
_FORBIDDEN = 403
_MOST_BYTES = 8192


class Running:
    """The Jobs and logs of the cluster that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def count_agent_jobs(self, namespaces: Collection[str]) -> dict[str, int]:
        """Return how many agent Jobs run in each of `namespaces`.

        One call for all of them. Who may not list Jobs everywhere asks namespace by namespace, and
        those that may not be looked into are left out.
        """
        with self._api.translated("listing the agent Jobs"):
            if len(namespaces) > 1:
                everywhere = self._active(None)
                if everywhere is not None:
                    return {name: everywhere[name] for name in namespaces}
            found = {}
            for name in namespaces:
                active = self._active(name)
                if active is not None:
                    found[name] = active[name]
            return found

    def read_last_log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """Return the last lines that a container wrote before it ended, "" if there are none."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        for previous in ("true", "false"):
            try:
                return self._api.read_text(
                    f"{POD.path(pod, namespace)}/log", container=container, previous=previous,
                    tailLines=str(lines), limitBytes=str(_MOST_BYTES),
                )  # fmt: skip
            except (ApiException, HTTPError):
                continue  # a log is a help, not what was asked for
        return ""

    def _active(self, namespace: str | None) -> Counter[str] | None:
        """Return the number of active Jobs by namespace, None if it is forbidden."""
        from kubernetes.client import ApiException

        try:
            jobs = self._api.items(JOB.path_of_all(namespace), _AGENT_JOBS)
        except ApiException as error:
            if error.status == _FORBIDDEN:
                return None
            raise
        return Counter(
            job["metadata"]["namespace"] for job in jobs if job.get("status", {}).get("active")
        )
