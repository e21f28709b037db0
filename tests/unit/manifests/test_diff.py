"""What differs between two sets of objects: a person's changes, no noise, no secret."""

from __future__ import annotations

from typing import Any

from bootstrap.manifests.diff import ObjectDiff, by_key, compare


def config(text: str = "a\n", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", **metadata},
        "data": {"file": text},
    }


def sealed(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "s"},
        "spec": {"encryptedData": data},
    }


def differ(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[ObjectDiff]:
    return compare(by_key(old, "ns"), by_key(new, "ns"), old_name="old", new_name="new")


def test_what_servers_and_controllers_write_is_no_difference() -> None:
    live = config(
        uid="u",
        resourceVersion="7",
        generation=2,
        creationTimestamp="now",
        managedFields=[{}],
        annotations={
            "argocd.argoproj.io/tracking-id": "x",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "deployment.kubernetes.io/revision": "2",
        },
    ) | {"status": {"phase": "Active"}}

    assert differ([live], [config()]) == []
    assert differ([config(namespace="ns")], [config()])[0].action == "changed"


def test_text_is_compared_line_by_line() -> None:
    (found,) = differ([config("a: 1\nb: 2\n")], [config("a: 1\nb: 3\n")])

    assert found == ObjectDiff(
        "ConfigMap c",
        "changed",
        "--- old: ConfigMap c\n+++ new: ConfigMap c\n@@ -2,7 +2,7 @@\n data:\n   file: |\n"
        "     a: 1\n-    b: 2\n+    b: 3\n kind: ConfigMap\n metadata:\n   name: c\n",
    )


def test_added_and_removed_objects_are_whole() -> None:
    added, removed = differ([sealed(key="AgA")], [config()])

    assert (added.object, added.action) == ("ConfigMap c", "added")
    assert added.diff.startswith("--- /dev/null\n+++ new: ConfigMap c\n@@ -0,0 +1,")
    assert (removed.object, removed.action) == ("SealedSecret s", "removed")
    assert "-    key: <sealed>\n" in removed.diff
    assert "AgA" not in removed.diff


def test_sealed_values_show_as_keys_and_whether_they_differ() -> None:
    (found,) = differ(
        [sealed(same="AgA", other="AgB", gone="AgC")], [sealed(same="AgA", other="AgX", more="AgY")]
    )

    assert [line for line in found.diff.splitlines()[3:] if line[0] in "+-"] == [
        "-    gone: <sealed>",
        "-    other: <sealed>",
        "+    more: <sealed>",
        "+    other: <sealed, changed>",
    ]
    assert "Ag" not in found.diff


def test_values_of_a_plain_secret_never_show() -> None:
    def secret(value: str) -> dict[str, Any]:
        metadata = {"name": "p"}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"k": value}}

    (found,) = differ([secret("b2xk")], [secret("bmV3")])

    assert "-  k: <secret>\n+  k: <secret, changed>\n" in found.diff
    assert "b2xk" not in found.diff
    assert "bmV3" not in found.diff


def test_what_a_terminal_would_obey_is_shown_as_a_number() -> None:
    (found,) = differ([config("a\n")], [config("a\n\x1b[2J\u202e\n")])

    assert "\x1b" not in found.diff
