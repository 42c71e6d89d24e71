"""The `livefacs` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; errors a user can mend become one line and exit status 2."""
    import typer

    from realtime.commands.app import app
    from realtime.errors import LiveFacsError

    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:  # wrong usage
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "livefacs"
        _fail(f"{error.format_message().rstrip('.')}; see {command} --help")
    except LiveFacsError as error:
        _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`livefacs ... | head`): nothing left to say, to nobody.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str) -> None:
    line = " ".join(message.split())
    print(f"livefacs: {line}", file=sys.stderr)
    sys.exit(2)
