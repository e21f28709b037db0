"""What is left in a namespace: every kind that the API server knows, found through discovery."""

from __future__ import annotations

import json

from tests.plane.cluster import Cluster

# Every namespace has these two.
_OF_ANY_NAMESPACE = {"ConfigMap/kube-root-ca.crt", "ServiceAccount/default"}
# The history of what happened; the API server itself forgets it after an hour.
_HISTORY = {"Event"}


def leftovers(cluster: Cluster, namespace: str) -> list[str]:
    """Return "Kind/name" of every object in the namespace that not every namespace has."""
    groups = json.loads(cluster.request("GET", "/apis"))["groups"]
    roots = ["/api/v1", *(f"/apis/{g['preferredVersion']['groupVersion']}" for g in groups)]
    found = set()
    for root in roots:
        for resource in json.loads(cluster.request("GET", root))["resources"]:
            listable = resource["namespaced"] and "list" in resource["verbs"]
            if listable and resource["kind"] not in _HISTORY:
                path = f"{root}/namespaces/{namespace}/{resource['name']}"
                items = json.loads(cluster.request("GET", path))["items"]
                found |= {f"{resource['kind']}/{item['metadata']['name']}" for item in items}
    return sorted(found - _OF_ANY_NAMESPACE)
