"""`livefacs keys`: key pairs, so that results may leave this machine for chosen readers only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FOLDER = Path("keys")


def keys(
    name: Annotated[str, typer.Argument(help="Of whom or what the keys are, e.g. `door` or `annas-desk`.")],
    folder: Annotated[
        Path, typer.Option(help="Where to put the two files; made if need be.")
    ] = DEFAULT_FOLDER,
) -> None:
    """Make a key pair, for a publisher or for a reader of what is published.

    Both sides need one. NAME.key_secret stays where it is made; NAME.key goes to the other side. A
    publisher with keys encrypts everything; with `--allow`, it lets in only those whose .key it was given.

    Examples:

    - `livefacs keys door` on the machine with the camera, then
      `livefacs run webcam:0 --publish "tcp://*:5560" --keys keys/door.key_secret --allow readers`
    - `livefacs keys desk` on the machine that reads, then
      `livefacs watch tcp://CAMERA-MACHINE:5560 --keys keys/desk.key_secret --server-key door.key`
    """
    from realtime.errors import OptionError
    from realtime.key_files import make_pair

    try:
        public, secret = make_pair(folder.expanduser(), name)
    except ValueError as error:
        raise OptionError(str(error)) from error
    typer.echo(
        f"""\
{secret}   secret: stays here; never copy, mail or commit it
{public}          public: for the other side

To publish with these keys from this machine:
  livefacs run SOURCE --publish "tcp://*:5560" --keys {secret} --allow readers
    - give {public.name} to everybody who shall read: they name it as --server-key
    - put the .key file of everybody who shall read into the folder readers, and of nobody else

To read with these keys on this machine:
  livefacs watch tcp://PUBLISHER:5560 --keys {secret} --server-key PUBLISHER.key
    - give {public.name} to whoever runs the publisher: it goes into the --allow folder there
    - get the publisher's .key file in return"""
    )
