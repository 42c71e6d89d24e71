"""The `livefacs` command."""

from __future__ import annotations

import errno
import os
import sys

# What a full or broken disk says. Sinks turn theirs into a LiveFacsError with the file's name.
_UNWRITABLE = {getattr(errno, name, errno.ENOSPC) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO")}


def main() -> None:
    """Run the command line; errors a user can mend become one line and exit status 2."""
    try:
        status = _run()
    except KeyboardInterrupt:  # also while Python still imports
        status = 130
    except (OSError, SystemExit) as error:
        status = _output_gone(error)
    sys.exit(status)


def _run() -> int:
    import typer

    from realtime.commands.app import app
    from realtime.errors import LiveFacsError

    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:  # wrong usage
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "livefacs"
        message = error.format_message().rstrip(".")
        # No message: nothing was asked for, and the help is already printed.
        return _fail(f"{message}; see {command} --help") if message else 2
    except LiveFacsError as error:
        return _fail(str(error))
    except typer.Abort:
        return 130
    if sys.stdout is not None:
        sys.stdout.flush()  # here, where a full disk can still be told
    return status if isinstance(status, int) else 0


def _output_gone(error: OSError | SystemExit) -> int:
    """The exit status after standard output failed; any other error is raised again."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BrokenPipeError):
            # The reader of our output has gone (`livefacs ... | head`): nothing left to say, to nobody.
            # Typer and Rich make it a SystemExit of their own.
            _silence()
            return 0
        seen = seen.__context__
    if isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None:
        _silence()
        return _fail(f"standard output: {error.strerror}")
    raise error


def _silence() -> None:
    """Let Python's own last flush of standard output go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _fail(message: str) -> int:
    from realtime.commands.secrets import hide

    line = " ".join(hide(message).split())
    print(f"livefacs: {line}", file=sys.stderr)
    return 2
