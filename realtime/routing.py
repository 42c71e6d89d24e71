"""The router: which pose group's head serves a face, by the head's pitch and yaw.

Pose groups come from the bundle. The FERA-2017 system groups by pitch: up, level, down (Zhou, Pi and
Shi 2017, section III.C); the group of the estimated pose takes all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engines.manifest import PoseGroup
from realtime.types import Face, Pose


class PoseRouter:
    """Picks pose groups from geometry."""

    def __init__(self, groups: Sequence[PoseGroup]) -> None:
        self._groups = tuple(groups)

    def group_of(self, pose: Pose) -> str:
        """Name of the pose group that a pose falls in."""
        pitch, yaw = math.degrees(pose.pitch), math.degrees(pose.yaw)
        for group in self._groups:
            if group.contains(pitch, yaw):
                return group.name
        # The groups of a checked bundle cover every angle; only a pose that is not a number gets here.
        return self._groups[0].name

    def route(self, faces: Iterable[Face]) -> None:
        """Set `pose_group` on each face."""
        for face in faces:
            face.pose_group = self.group_of(face.pose)
