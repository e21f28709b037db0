"""Sealing certificates and the key pairs behind them: parse, check, make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bootstrap.errors import BootstrapError
from bootstrap.planned_file import render_header

_BLOCK = re.compile(
    r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----", re.ASCII
)
_KEY_BITS = 4096
_LEAST_KEY_BITS = 2048
_VALID_YEARS = 10
# The controller serves the certificate with the latest NotBefore to everyone who seals. A key pair
# that lives on a person's disk must never become that one, so it claims to be older than any other.
_NOT_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SealingCertificate:
    """The public half of a sealing key pair."""

    pem: str
    fingerprint: str
    """SHA-256 over the DER form, lower-case hex."""
    not_after: datetime
    public_key: rsa.RSAPublicKey


@dataclass(frozen=True, slots=True, repr=False)
class SealingKey:
    """A private key in PEM form (PKCS #8, unencrypted) and its certificate."""

    pem: str
    certificate: SealingCertificate


def parse_certificate(text: str, *, source: str) -> SealingCertificate:
    """Return the first certificate of PEM `text`, as kubeseal does; `source` names it in errors.

    The extensions are never read: controllers write a key usage that `cryptography` refuses.
    """
    match = _BLOCK.search(text)
    hint = "give the PEM certificate of a sealed-secrets controller (`kubeseal --fetch-cert`)"
    if not match:
        if "PRIVATE KEY-----" in text:
            raise BootstrapError(f"{source} holds a private key, not a certificate", hint)
        raise BootstrapError(f"{source} holds no PEM certificate", hint)
    try:
        certificate = x509.load_pem_x509_certificate(match[0].encode())
        public_key = certificate.public_key()
    except Exception as error:
        # cryptography raises ValueError, its own types and others here, by what is malformed
        raise BootstrapError(f"{source} holds a malformed certificate", hint) from error
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise BootstrapError(f"{source} is not an RSA certificate", hint)
    if public_key.key_size < _LEAST_KEY_BITS:
        raise BootstrapError(
            f"{source} has an RSA key of {public_key.key_size} bits, which is too weak", hint
        )
    return SealingCertificate(
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_after=certificate.not_valid_after_utc,
        public_key=public_key,
    )


def check_not_expired(certificate: SealingCertificate, *, now: datetime, source: str) -> None:
    """Raise BootstrapError if nothing may be sealed with `certificate` any more."""
    if certificate.not_after <= now:
        raise BootstrapError(
            f"{source} expired on {certificate.not_after:%Y-%m-%d}",
            "pin a current one: `bootstrap init ENV --from-cluster` or `--cert FILE`",
        )


def render_certificate(certificate: SealingCertificate) -> str:
    """Return the text of a sealing-cert.pem: our header, what it is, the PEM block."""
    return (
        render_header("bootstrap init")
        + "# Public sealing certificate: safe to commit. Only its private key can unseal.\n"
        + f"# sha256 {certificate.fingerprint}, valid until {certificate.not_after:%Y-%m-%d}\n"
        + certificate.pem
    )


def generate_key(now: datetime) -> SealingKey:
    """Make a key pair that the controller accepts as a bring-your-own one: RSA-4096, self-signed.

    It is valid for ten years from `now` (aware, UTC). Takes about a second.
    """
    return certify_key(rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS), now)


def certify_key(private_key: rsa.RSAPrivateKey, now: datetime) -> SealingKey:
    """Return the pair of `private_key` and a new certificate for it, as `generate_key` does."""
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_years_after(now, _VALID_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return SealingKey(
        pem=private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        certificate=parse_certificate(pem, source="the new certificate"),
    )


def render_key(key: SealingKey, environment: str) -> str:
    """Return the text of a sealing-key.local.pem."""
    return (
        f"# PRIVATE sealing key of environment {environment}. Who holds it can read its secrets;\n"
        "# without it they can't be read again. Keep a copy in a password manager; never commit.\n"
        f"# certificate sha256 {key.certificate.fingerprint}\n" + key.pem
    )


def parse_private_key(text: str, *, source: str) -> rsa.RSAPrivateKey:
    """Return the RSA private key in PEM `text`; `source` names it in errors."""
    hint = "restore it from your backup, or move it away"
    start = text.find("-----BEGIN ")
    try:
        # The full check of an RSA-4096 key takes 0.3 s; a damaged key can't match its certificate
        # or unseal anything, which is found out in the next step.
        key = serialization.load_pem_private_key(
            text[max(start, 0) :].encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except Exception:
        raise BootstrapError(f"{source} holds no usable private key", hint) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BootstrapError(f"{source} is not an RSA key", hint)
    return key


def key_belongs_to(key: rsa.RSAPrivateKey, certificate: SealingCertificate) -> bool:
    """Tell whether `certificate` is of this key pair."""
    return key.public_key().public_numbers() == certificate.public_key.public_numbers()


def _years_after(moment: datetime, years: int) -> datetime:
    moment = moment.replace(microsecond=0)
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year + years, day=28)
