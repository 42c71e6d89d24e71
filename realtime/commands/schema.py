"""`livefacs schema`: the wire format, for programs and for people."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the documentation page instead of JSON Schema.")
    ] = False,
) -> None:
    """Print the JSON Schema of every message LiveFACS publishes."""
    from realtime import schema as wire

    typer.echo(wire.markdown() if markdown else json.dumps(wire.json_schema(), indent=2))
