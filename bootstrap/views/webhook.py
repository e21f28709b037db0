"""How the results of `bootstrap webhook` look; the secret only where it is asked for."""

from __future__ import annotations

from bootstrap.argocd.webhook import LOCAL_FILE, RESTART
from bootstrap.commands.argocd.webhook import WebhookResult
from bootstrap.terminal.output import TerminalReporter, print_data, print_json

_say = TerminalReporter()


def show_webhook(result: WebhookResult, *, show_secret: bool, as_json: bool) -> None:
    """Show what to enter at the provider."""
    _say.step(f"argocd-secret: {result.action}; the secret is in {LOCAL_FILE}, for you alone")
    if result.secret.row.read_at_start and result.action != "unchanged":
        _say.step(f"next: {RESTART}: Argo CD reads this one only at its start")
    shown = {"secret": result.secret.text} if show_secret else {}
    if as_json:
        print_json(
            {
                "provider": result.provider.value, "url": result.url, "action": result.action,
                "file": LOCAL_FILE, "enter": dict(result.form), **shown,
            }
        )  # fmt: skip
        return
    for field, text in result.form.items():
        print_data(f"{field}: {text}")
    for field, text in shown.items():
        print_data(f"{field}: {text}")


def show_probe(seconds: float, *, as_json: bool) -> None:
    """Show that Argo CD looked again."""
    if as_json:
        print_json({"refreshed": True, "seconds": round(seconds, 1)})
    _say.step(f"Argo CD looked at the repository again ({seconds:.1f} s)")
