"""The ground itself: the plane does what a cluster with Argo CD and sealed-secrets does."""

from __future__ import annotations

import datetime
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.tiny_app import ARGO, CHART, Clone, application, wait_healthy
from tests.plane.cluster import Manifest
from tests.plane.git_server import GitServer
from tests.plane.plane import Plane
from tests.plane.target import Target
from tests.plane.waiting import wait_for


def seal(kubeseal: Path, certificate: str, secret: Manifest, folder: Path) -> Manifest:
    (folder / "cert.pem").write_text(certificate)
    run = [str(kubeseal), "--cert", str(folder / "cert.pem"), "-o", "json"]
    sealed = subprocess.run(run, input=json.dumps(secret).encode(), check=True, capture_output=True)
    return dict(json.loads(sealed.stdout))


def a_secret(namespace: str, value: str) -> Manifest:
    metadata = {"name": "token", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": {"key": value},
    }


def test_a_chart_in_git_is_synced_and_a_push_is_announced_by_webhook(
    plane: Target,
    git_server: GitServer,
    namespace: str,
    unique_name: Callable[[str], str],
    tmp_path: Path,
) -> None:
    name = unique_name("app-")
    url = git_server.create(name)
    clone = Clone(url, tmp_path / "clone")
    first = clone.push(CHART)
    plane.cluster.apply(application(name, url, namespace))
    wait_healthy(plane, name, first)
    second = clone.push({"chart/values.yaml": "greeting: goodbye\n"})
    plane.webhook_push(url, "refs/heads/main", first, second, ["chart/values.yaml"])
    # Well before the two minutes after which Argo CD would have looked by itself.
    wait_healthy(plane, name, second, timeout=45)
    text = (plane.cluster.get("v1", "ConfigMap", "greeting", namespace) or {})["data"]["text"]
    assert text == "goodbye"
    plane.cluster.delete(*ARGO, name, "argocd")
    wait_for(lambda: plane.cluster.get(*ARGO, name, "argocd") is None, "the Application to go")
    assert plane.cluster.get("v1", "ConfigMap", "greeting", namespace) is None


def test_a_secret_sealed_for_the_served_certificate_is_unsealed(
    plane: Target, kubeseal: Path, namespace: str, tmp_path: Path
) -> None:
    certificate = plane.sealing_certificate()
    plane.cluster.apply(seal(kubeseal, certificate, a_secret(namespace, "s3cret"), tmp_path))
    found = wait_for(lambda: plane.cluster.secret("token", namespace), "the Secret")
    assert found == {"key": b"s3cret"}


def test_a_restarted_controller_unseals_with_a_key_brought_along(
    own_plane: Plane, kubeseal: Path, namespace: str, tmp_path: Path
) -> None:
    key, certificate = sealing_key()
    own_plane.cluster.apply({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "name": "brought-along",
            "namespace": "kube-system",
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
        },
        "stringData": {"tls.key": key, "tls.crt": certificate},
    })  # fmt: skip
    before = {process.pid for process in own_plane.sealed_secrets_processes}
    own_plane.sealed_secrets_restart()
    after = {process.pid for process in own_plane.sealed_secrets_processes}
    assert len(after) == 1
    assert not before & after
    own_plane.cluster.apply(seal(kubeseal, certificate, a_secret(namespace, "ours"), tmp_path))
    found = wait_for(lambda: own_plane.cluster.secret("token", namespace), "the Secret")
    assert found == {"key": b"ours"}

    # The newest key is served to all: later tests of this plane must not seal for this one.
    own_plane.cluster.delete("v1", "Secret", "brought-along", "kube-system")
    own_plane.sealed_secrets_restart()
    assert own_plane.sealing_certificate() != certificate


def test_every_server_can_be_stopped_and_started_alone(own_plane: Plane) -> None:
    for name in ("argocd-application-controller", "kube-apiserver", "sealed-secrets"):
        own_plane.stop_component(name)
        own_plane.start_component(name)
    assert "BEGIN CERTIFICATE" in own_plane.sealing_certificate()


def test_nothing_listens_beyond_loopback(own_plane: Plane) -> None:
    listening = listening_sockets()
    seen = set()
    for process in own_plane.processes.values():
        for handle in Path(f"/proc/{process.pid}/fd").iterdir():
            address = listening.get(str(handle.readlink()))
            if address is not None:
                seen.add(process.name)
                assert address == "127.0.0.1", process.name
    # The application-controller listens in a network namespace of its own, kwok not at all.
    assert seen >= own_plane.processes.keys() - {"argocd-application-controller", "kwok"}


def listening_sockets() -> dict[str, str]:
    """Return the address of each listening TCP socket of this namespace, by what its link says."""
    found = {}
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                address = fields[1].split(":")[0]
                found[f"socket:[{fields[9]}]"] = "127.0.0.1" if address == loopback else address
    return found


def test_a_second_plane_is_independent_and_can_lose_everything(own_plane: Plane) -> None:
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}}
    with Plane() as second:
        second.cluster.apply(config_map)
        assert own_plane.cluster.get("v1", "ConfigMap", "kept", "default") is None
        certificate = second.sealing_certificate()
        second.wipe()
        assert second.cluster.get("v1", "ConfigMap", "kept", "default") is None
        assert second.sealing_certificate() != certificate


def sealing_key() -> tuple[str, str]:
    """Return a private key and its certificate as PEM, as a user would bring them along."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.datetime.now(datetime.UTC)
    nobody = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(pem).decode()
