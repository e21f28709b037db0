"""Certificates and keys of every kind that a user might hand us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

KEY_USAGE = x509.ObjectIdentifier("2.5.29.15")
ONLY_ENCIPHER_ONLY = bytes.fromhex("03020001")  # a BIT STRING, as the controller's Go code has it


def make_certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    *,
    not_after: datetime | None = None,
    like_controller: bool = False,
) -> str:
    """Return a self-signed certificate in PEM form, valid for a year unless told otherwise."""
    end = not_after or datetime.now(UTC) + timedelta(days=365)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=730))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if like_controller:
        usage = x509.UnrecognizedExtension(KEY_USAGE, ONLY_ENCIPHER_ONLY)
        builder = builder.add_extension(usage, critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def to_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """Return the private key in PEM form (PKCS #8, unencrypted)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
