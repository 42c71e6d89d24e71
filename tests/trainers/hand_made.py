"""Batches made by hand, for tests of losses and updates."""

from __future__ import annotations

import torch
from torch import Tensor

from trainers.training.batch import Batch


def occurrence_batch(occurrence: Tensor, subject: Tensor | None = None) -> Batch:
    """Noisy grey pictures of 32 pixels with these (n, A) labels, of these (n,) people."""
    n = len(occurrence)
    nothing = torch.zeros(n, dtype=torch.int64)
    return Batch(
        inputs={"crop": torch.randn(n, 1, 32, 32)},
        intensity=occurrence,
        occurrence=occurrence,
        expression=nothing,
        head_pose=torch.zeros(n, 3),
        pose_group=nothing,
        mirrored_group=nothing,
        subject=nothing if subject is None else subject,
        view=nothing,
        domain=nothing,
        row=nothing,
    )
