"""Run the command line, and turn every way it can end into an exit code."""

from __future__ import annotations

import os
import sys
import traceback

from bootstrap.errors import (
    EXIT_BUG,
    EXIT_INTERRUPTED,
    BootstrapError,
    working_directory_gone,
)


def main() -> None:
    """Run `bootstrap` with the arguments of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run `bootstrap` with `arguments` and return the exit code.

    0 done; 1 an expected failure; 2 wrong usage; 3 a bug of ours; 130 interrupted.
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _run(arguments: list[str]) -> int:
    from bootstrap.cli import app
    from bootstrap.cli.debug import debugging
    from bootstrap.terminal.output import drop_output, print_error

    debugging.set(False)
    try:
        app(arguments, prog_name="bootstrap")
    except SystemExit as end:  # how Typer ends, after it has said what was wrong with the usage
        if end.code == EXIT_INTERRUPTED:  # how it tells of Ctrl-C, without a word
            raise KeyboardInterrupt from None
        return end.code if isinstance(end.code, int) else 0
    except BootstrapError as error:
        print_error(error)
        if debugging.get():
            _print_origin(error)
        return error.exit_code
    except BrokenPipeError:
        # whoever read our output has left (`| head`)
        drop_output()
        return EXIT_INTERRUPTED
    except Exception as error:
        if not _is_somewhere():  # Python 3.13 can't load every library then: a SystemError
            gone = working_directory_gone()
            print_error(gone)
            return gone.exit_code
        _print_bug(error)
        return EXIT_BUG
    return 0


def _is_somewhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - nothing is loaded where loading is what failed
    except OSError:
        return False
    return True


def _print_bug(error: BaseException) -> None:
    """Say where it broke without the exception's message, which may quote a secret."""
    print(f"error: bootstrap has a bug ({type(error).__name__})", file=sys.stderr)
    print("  fix: report it with these lines; they hold no values:", file=sys.stderr)
    _print_origin(error)


def _print_origin(error: BaseException) -> None:
    """Say where an error was raised, and what it came of; messages may quote a secret."""
    cause: BaseException | None = error
    while cause is not None:
        print(f"    {type(cause).__name__}, raised through:", file=sys.stderr)
        for frame in traceback.extract_tb(cause.__traceback__):
            print(f"    {frame.filename}:{frame.lineno} in {frame.name}", file=sys.stderr)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


if __name__ == "__main__":
    main()
