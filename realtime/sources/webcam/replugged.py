"""A camera that was named by its number, found again under another."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from realtime.errors import SourceError
from realtime.sources.webcam import nodes
from realtime.sources.webcam.address import V4L2

if TYPE_CHECKING:
    from realtime.sources.spec import Spec


class Replugged:
    """Says where a source is, each time it is to be opened.

    Linux gives a camera that is plugged in again the lowest free number, which may be another, and its old
    number may be another camera's by then. A link of udev's (`/dev/v4l/by-id/…`), a name and an address stand
    for what they stand for, and are left as they are.

    Args:
        spec: what the user wrote.
    """

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._numbered = spec.format == V4L2 and re.fullmatch(r"/dev/video[0-9]+", spec.address) is not None
        self._identity: nodes.Identity | None = None
        self._others: set[str] = set()  # ports of cameras of the very same kind

    def where(self) -> Spec:
        """The spec, with the address its camera has now.

        Raises:
            SourceError: the camera that was there is nowhere, though another may have its number.
        """
        if not self._numbered:
            return self._spec
        if self._identity is None:
            self._identity = nodes.identity_of(self._spec.address)
            if self._identity is not None:
                ports = {node.identity.port for node in nodes.twins(self._identity) if node.identity}
                self._others = ports - {self._identity.port}
            return self._spec
        node = self._found(self._identity)
        if node is None:
            raise SourceError(f"{self._spec.label} ({self._identity.name}) is not plugged in")
        self._identity = node.identity
        return replace(self._spec, address=node.path)

    def _found(self, identity: nodes.Identity) -> nodes.Node | None:
        """Its device file: in the same port, or in one where there was no camera like it before."""
        twins = [node for node in nodes.twins(identity) if node.identity]
        here = [node for node in twins if node.identity == identity]
        moved = [node for node in twins if node.identity and node.identity.port not in self._others]
        return next(iter(here or moved), None)
