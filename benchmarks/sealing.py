"""How fast sealing is, side by side with kubeseal in one run: `python -m benchmarks.sealing`.

Machines differ and so does their load, so what counts are the ratios. Every figure is the best of
several rounds, and the two sides of a ratio take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.measuring import best_of, ms
from bootstrap.argocd.application import render_application
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.plaintext.known_keys import SECRET_KEYS, chart_name
from bootstrap.sealing.certificate import SealingCertificate, generate_key, render_certificate
from bootstrap.sealing.crypto import seal_value
from bootstrap.sealing.sealed_secret import SealedSecret, merge_values, render_sealed_secret

PROJECT = Path(__file__).resolve().parents[1]
VALUE = "x" * 40
_SHOW_MODULES = """
import sys
from bootstrap.__main__ import run
code = run(["seal", sys.argv[1]])
print(*(name for name in sys.modules if name != "__main__"))
sys.exit(code)
"""
_IMPORT = """
import contextlib, importlib, sys
for name in sys.argv[1:]:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
"""


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Measure, print, and return each ratio by its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=int, default=100)
    parser.add_argument("--values", type=int, default=2000, help="for the bare loop")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kubeseal", type=Path, help="[default: built from its pinned source]")
    options = parser.parse_args(arguments)
    kubeseal = options.kubeseal or _build_kubeseal()
    certificate = generate_key(datetime.now(UTC)).certificate
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder), certificate, options.environments)
        return {
            **_one_process(fleet, kubeseal, options.rounds),
            **_fleet(fleet, kubeseal, options.rounds),
            **_bare_loop(certificate, options.values, options.rounds),
        }


class Fleet:
    """A repository with many environments, each with a file of 11 secrets."""

    def __init__(self, root: Path, certificate: SealingCertificate, size: int) -> None:
        self.root = root
        self.names = [f"env{number}" for number in range(size)]
        self.certificate_file = root / "cert.pem"
        self.certificate_file.write_text(certificate.pem)
        self.environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        (root / "helm/agentsmith").mkdir(parents=True)
        (root / "argocd/applications").mkdir(parents=True)
        (root / ".gitignore").write_bytes((PROJECT / ".gitignore").read_bytes())
        secrets = "".join(f"  {chart_name(key)}: {VALUE}\n" for key in SECRET_KEYS)
        for name in self.names:
            environment = self._describe(name)
            folder = root / environment.folder
            folder.mkdir(parents=True)
            (root / environment.application_path).write_text(
                render_application(environment).content
            )
            (folder / "sealing-cert.pem").write_text(render_certificate(certificate))
            (folder / "secrets.local.yaml").write_text(f"secrets:\n{secrets}")
        subprocess.run(["git", "init", "--quiet", "--template=", str(root)], check=True)
        self.empty()

    def empty(self) -> None:
        """Put every environment back to before its first seal."""
        for name in self.names:
            environment = self._describe(name)
            empty = SealedSecret(environment.namespace)
            path = environment.path("sealed-secret.yaml")
            (self.root / path).write_text(render_sealed_secret(empty, path).content)
            (self.root / environment.path("sealed-digests.local.json")).unlink(missing_ok=True)

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a command in the repository."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, input=stdin, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr}")
        return done.stdout

    def secret(self, name: str) -> str:
        """Return the Secret that kubeseal is given for an environment."""
        metadata = {"name": "agentsmith-secrets", "namespace": self._describe(name).namespace}
        values = dict.fromkeys(SECRET_KEYS, VALUE)
        return json.dumps(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
        )

    def _describe(self, name: str) -> Environment:
        url = "https://git.example.com/team/agents.git"
        return Environment(name, f"agentsmith-{name}", url, "main", parse_destination(None))


def _one_process(fleet: Fleet, kubeseal: Path, rounds: int) -> dict[str, float]:
    name = fleet.names[0]
    file = f"environments/{name}/secrets.local.yaml"
    # what one run has imported by its end, in that order
    modules = fleet.run(sys.executable, "-c", _SHOW_MODULES, file).split()
    ours, imports, theirs = best_of(
        max(rounds, 7) if rounds > 1 else 1,
        lambda: fleet.run(sys.executable, "-m", "bootstrap", "seal", file),
        lambda: fleet.run(sys.executable, "-c", _IMPORT, *modules),
        lambda: _kubeseal(fleet, kubeseal, name),
        before=fleet.empty,
    )
    print(f"11 values in one process: {ms(ours)}; Python and its imports alone {ms(imports)}")
    print(f"  kubeseal, the same 11 values: {ms(theirs)}")
    return {"start-up": _ratio("seal / imports", ours / imports, "under 1.25", lower=1.25)}


def _fleet(fleet: Fleet, kubeseal: Path, rounds: int) -> dict[str, float]:
    def loop() -> None:
        for name in fleet.names:
            _kubeseal(fleet, kubeseal, name)

    ours, theirs = best_of(
        rounds,
        lambda: fleet.run(sys.executable, "-m", "bootstrap", "seal", "--all"),
        loop,
        before=fleet.empty,
    )
    size = len(fleet.names)
    print(f"{size} environments of 11 values: {ms(ours)}; kubeseal in a loop {ms(theirs)}")
    return {"fleet": _ratio("kubeseal / seal --all", theirs / ours, "at least 10", upper=10)}


def _bare_loop(certificate: SealingCertificate, count: int, rounds: int) -> dict[str, float]:
    key, value, label = certificate.public_key, VALUE.encode(), b"namespace/agentsmith-secrets"
    values = {f"key{number}": value for number in range(count)}

    def ours() -> None:
        merge_values(
            SealedSecret("namespace"),
            values,
            seal=lambda item: seal_value(key, item, label),
            is_unchanged=lambda *_given: False,
        )

    took, bare = best_of(max(rounds, 1), ours, lambda: _two_primitives(key, value, label, count))
    print(f"values a second: {count / took:.0f}; RSA-OAEP and AES-GCM alone {count / bare:.0f}")
    return {"loop": _ratio("of the bare loop", bare / took, "at least 0.8", upper=0.8)}


def _two_primitives(key: RSAPublicKey, value: bytes, label: bytes, count: int) -> None:
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label)
    for _ in range(count):
        session_key = os.urandom(32)
        key.encrypt(session_key, oaep)
        AESGCM(session_key).encrypt(bytes(12), value, None)


def _kubeseal(fleet: Fleet, kubeseal: Path, name: str) -> None:
    sealed = fleet.run(
        str(kubeseal), "--cert", str(fleet.certificate_file), "--format", "yaml",
        stdin=fleet.secret(name),
    )  # fmt: skip
    (fleet.root / f"environments/{name}/sealed-secret.yaml").write_text(sealed)


def _ratio(
    name: str, found: float, wanted: str, *, lower: float | None = None, upper: float | None = None
) -> float:
    met = found < lower if lower is not None else found >= (upper or 0)
    print(f"  {name}: {found:.2f} (wanted: {wanted}; {'met' if met else 'NOT met'})")
    return found


def _build_kubeseal() -> Path:
    from tests.tools.build import ensure

    return ensure("kubeseal")["kubeseal"]


if __name__ == "__main__":
    main()
