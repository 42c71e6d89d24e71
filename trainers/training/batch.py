"""The pictures, further inputs and labels that go through a network together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Batch:
    """B faces. Labels that nobody gave are NaN, or -1 where they are indices.

    Attributes:
        inputs: what the networks see, by kind (`engines.INPUT_KINDS`): "crop" is the picture, (B, C, S, S),
            also where it is a whole one: uint8 as it is read, float32 and normalised as tasks get it.
            "landmarks", "blendshapes", "neutral" and "pose" are float32 as the runtime feeds them.
        intensity: (B, A) float32, 0 to 5.
        occurrence: (B, A) float32, 0 or 1.
        expression: (B,) int64 index into `trainers.corpora.corpus.EXPRESSIONS`.
        head_pose: (B, 3) float32 labelled yaw, pitch, roll in degrees, axes as `realtime.types.Pose`.
        pose_group: (B,) int64 index into `Facts.pose_groups`, by the labelled pose.
        mirrored_group: (B,) int64, the group that the mirror image belongs to.
        subject: (B,) int64 index into `Facts.subjects`; -1 also for those that are not trained on.
        view, domain: (B,) int64 indices into `Facts.views` and `Facts.domains`.
        row: (B,) int64 row of the corpus.
    """

    inputs: dict[str, Tensor]
    intensity: Tensor
    occurrence: Tensor
    expression: Tensor
    head_pose: Tensor
    pose_group: Tensor
    mirrored_group: Tensor
    subject: Tensor
    view: Tensor
    domain: Tensor
    row: Tensor

    def __len__(self) -> int:
        return len(self.row)

    @property
    def picture(self) -> Tensor:
        """(B, C, S, S) float32, normalised; KeyError where the recipe has no pictures."""
        return self.inputs["crop"]

    def to(self, device: torch.device) -> Batch:
        """Return the batch on another device."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def __getitem__(self, rows: Tensor | slice) -> Batch:
        """Return some of its faces: a mask of B, indices or a slice."""
        return self._each(lambda tensor: tensor[rows])

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        columns = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        inputs = {kind: change(tensor) for kind, tensor in columns.pop("inputs").items()}
        return Batch(inputs=inputs, **{name: change(tensor) for name, tensor in columns.items()})
