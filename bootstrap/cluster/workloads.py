"""What runs right now: agent Jobs, and what a container that crashes said last."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from bootstrap.cluster.connection import Connection, bounded

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
        batch = self._api.batch
        with self._api.translated("listing the agent Jobs"):
            if len(namespaces) > 1:
                everywhere = self._active(batch.list_job_for_all_namespaces)
                if everywhere is not None:
                    return {name: everywhere[name] for name in namespaces}
            found = {}
            for name in namespaces:
                active = self._active(batch.list_namespaced_job, name)
                if active is not None:
                    found[name] = active[name]
            return found

    def read_last_log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """Return the last lines that a container wrote before it ended, "" if there are none."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        for previous in (True, False):
            try:
                answer = self._api.core.read_namespaced_pod_log(
                    pod, namespace, container=container, previous=previous, tail_lines=lines,
                    limit_bytes=_MOST_BYTES, _preload_content=False, **bounded(),
                )  # fmt: skip
            except (ApiException, HTTPError):
                continue  # a log is a help, not what was asked for
            return bytes(answer.data).decode("utf-8", "replace")
        return ""

    def _active(self, call: Any, *arguments: str) -> Counter[str] | None:
        """Return the number of active Jobs by namespace, None if it is forbidden."""
        from kubernetes.client import ApiException

        try:
            # raw: the client takes longer to make its objects than the API server to answer
            answer = call(
                *arguments, label_selector=_AGENT_JOBS, _preload_content=False, **bounded()
            )
        except ApiException as error:
            if error.status == _FORBIDDEN:
                return None
            raise
        return Counter(
            job["metadata"]["namespace"]
            for job in json.loads(answer.data)["items"]
            if job.get("status", {}).get("active")
        )
