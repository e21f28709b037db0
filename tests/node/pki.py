"""Certificates and kubeconfig files of one node's cluster."""

from __future__ import annotations

import base64
import datetime
import ipaddress
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Authority:
    """A certificate authority whose files are in `folder`; valid for two days."""

    def __init__(self, folder: Path) -> None:
        """Make the authority and write ca.crt."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.certificate = folder, folder / "ca.crt"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node-ca")])
        certificate = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, file: str, name: str, group: str = "", hosts: tuple[str, ...] = ()
    ) -> tuple[Path, Path]:
        """Write FILE.crt and FILE.key for user `name` of `group`, or for a server at `hosts`."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if group:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _builder(x509.Name(attributes), self._name, key.public_key())
        if hosts:
            usages = [ExtendedKeyUsageOID.SERVER_AUTH]
            alternatives = [_alternative(host) for host in hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        certificate = builder.add_extension(x509.ExtendedKeyUsage(usages), False).sign(
            self._key, hashes.SHA256()
        )
        paths = self.folder / f"{file}.crt", self.folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].touch(mode=0o600)
        paths[1].write_bytes(private_pem(key))
        return paths

    def kubeconfig(self, path: Path, server: str, name: str, group: str = "") -> Path:
        """Write a kubeconfig file of user `name`; `server` is a URL."""
        certificate, key = self.issue(path.stem, name, group)
        user = {
            "client-certificate-data": _encoded(certificate),
            "client-key-data": _encoded(key),
        }
        cluster = {"server": server, "certificate-authority-data": _encoded(self.certificate)}
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "node", "cluster": cluster}],
            "users": [{"name": "node", "user": user}],
            "contexts": [{"name": "node", "context": {"cluster": "node", "user": "node"}}],
            "current-context": "node",
        }))  # fmt: skip
        return path


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=2))
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
