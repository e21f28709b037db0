"""How the result of `bootstrap check` looks."""

from __future__ import annotations

from bootstrap.checkout.scan import ScanResult, mend_metadata
from bootstrap.errors import BootstrapError
from bootstrap.plaintext.written import is_edited
from bootstrap.terminal.output import TerminalReporter, print_json


def show_check(result: ScanResult, *, as_json: bool) -> None:
    """Show every leak; raise BootstrapError if there is one."""
    say = TerminalReporter()
    if as_json:
        print_json(
            {
                "findings": [
                    {"path": item.path, "line": item.line, "what": item.what}
                    for item in result.leaks
                ],
                "files": result.files,
                "secrets": result.secrets,
            }
        )
    for item in result.leaks:
        say.step(f"{item.path}:{item.line}: {item.what}")
    if result.leaks:
        count = len(result.leaks)
        take_out = "take it out (`git rm --cached FILE` keeps the file)"
        if all(is_edited(item.path) for item in result.leaks):
            take_out = "take it out of the file and seal it (`bootstrap secrets set KEY --env ENV`)"
        mend = f"{take_out}; replace every secret that was ever pushed"
        in_metadata = [item for item in result.leaks if item.in_metadata]
        if in_metadata:
            rest = len(in_metadata) < count
            mended = mend_metadata(in_metadata)
            mend = f"{mend}; in a label or annotation: {mended}" if rest else mended
        raise BootstrapError(f"plaintext in {count} place{'s' if count > 1 else ''}", mend)
    say.step(
        f"no plaintext in {result.files} files ({result.secrets} values of local files looked for)"
    )
