"""Credentials for a repository, from what the command line names: never from its words."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import UsageError

if TYPE_CHECKING:
    from bootstrap.argocd.credentials import CredentialKind, RepositoryCredentials


@dataclass(frozen=True, slots=True)
class Asked:
    """What was given on the command line; None is not given."""

    username: str | None
    password_stdin: bool
    ssh_key: str | None
    app_id: str | None
    app_installation_id: str | None
    app_key: str | None
    app_url: str | None

    def kind(self) -> CredentialKind:
        """Return the one kind of credentials that is asked for, all of it."""
        from bootstrap.argocd.credentials import CredentialKind

        app = {
            "--github-app-id": self.app_id,
            "--github-app-installation-id": self.app_installation_id,
            "--github-app-key": self.app_key,
        }
        given = {
            "--username": self.username,
            "--ssh-key": self.ssh_key,
            "--github-app-id": next(filter(None, [*app.values(), self.app_url]), None),
        }
        chosen = [name for name, value in given.items() if value is not None]
        if len(chosen) != 1:
            raise UsageError(
                f"{' and '.join(chosen)} exclude each other" if chosen else "no credentials given",
                "give --username, or --ssh-key FILE, or --github-app-id,"
                " --github-app-installation-id and --github-app-key FILE",
            )
        if self.password_stdin and self.username is None:
            raise UsageError("--password-stdin is used only with --username", "add --username")
        missing = [name for name, value in app.items() if value is None]
        if chosen == ["--github-app-id"] and missing:
            raise UsageError(f"{missing[0]} is missing", "a GitHub App needs all three")
        return {
            "--username": CredentialKind.HTTPS,
            "--ssh-key": CredentialKind.SSH,
            "--github-app-id": CredentialKind.GITHUB_APP,
        }[chosen[0]]

    def read(self, url: str) -> RepositoryCredentials:
        """Read the secret part: a prompt without echo, a pipe, or a file that Git can't see."""
        from bootstrap.argocd.credentials import app_credentials, https_credentials, ssh_credentials
        from bootstrap.files.input import read_value

        if self.username is not None:
            if not self.password_stdin and not (sys.stdin and sys.stdin.isatty()):
                raise UsageError(
                    "there is no terminal to ask for the password", "pipe it in: --password-stdin"
                )
            prompt = f"password or token of {self.username} for {url} (not shown): "
            password = read_value(prompt, "pipe it in: --password-stdin")
            return https_credentials(self.username, password)
        if self.ssh_key is not None:
            return ssh_credentials(_read_key(self.ssh_key), source=self.ssh_key)
        return app_credentials(
            self.app_id or "",
            self.app_installation_id or "",
            _read_key(self.app_key or ""),
            self.app_url,
            source=self.app_key or "",
        )


def _read_key(file: str) -> bytes:
    from pathlib import Path

    from bootstrap.files.input import read_private
    from bootstrap.git import refuse_if_git_would_see

    raw = read_private(file)
    refuse_if_git_would_see(Path(file))
    return raw
