"""Tasks on batches made by hand."""

from __future__ import annotations

import pytest
import torch

from trainers.multi_au.task import MultiAuOptions, MultiAuTask
from trainers.training.batch import Batch
from trainers.training.facts import Facts
from trainers.training.recipe import DataRecipe, PoseRange

AUS = ("AU01", "AU12", "AU18")
GROUPS = {
    "up": PoseRange(pitch=(-90.0, -15.0)),
    "level": PoseRange(pitch=(-15.0, 15.0)),
    "down": PoseRange(pitch=(15.0, 90.0)),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def make_task():
    def make(inputs=(), groups=GROUPS, **options) -> MultiAuTask:
        data = DataRecipe(size=32, colour="grey", inputs=inputs, pose_groups=groups)
        shapes = {"blendshapes": (52,), "neutral": (52,), "pose": (3,), "landmarks": (478, 3)}
        facts = Facts(
            aus=AUS,
            inputs={"crop": (1, 32, 32), **{kind: shapes[kind] for kind in inputs}},
            pose_groups=tuple(groups),
        )
        torch.manual_seed(0)
        return MultiAuTask(MultiAuOptions(neck=8, hidden=16, **options), facts, data)

    return make


@pytest.fixture
def make_batch():
    def make(n=12, inputs=(), group=None, **columns) -> Batch:
        """n faces; every third belongs to each pose group."""
        torch.manual_seed(1)
        index = torch.arange(n) % 3 if group is None else torch.full((n,), group)
        pitch = (index - 1) * 25.0
        told = {
            "blendshapes": torch.rand(n, 52) ** 2,
            "neutral": torch.zeros(n, 52),
            "pose": torch.zeros(n, 3),
        }
        intensity = torch.randint(0, 6, (n, len(AUS))).float()
        blank = {
            "inputs": {"crop": torch.randn(n, 1, 32, 32), **{k: told[k] for k in inputs}},
            "intensity": intensity,
            "occurrence": (intensity >= 1).float(),
            "expression": torch.arange(n) % 7,
            "head_pose": torch.stack([torch.zeros(n), pitch, torch.zeros(n)], dim=1),
            "pose_group": index,
            "mirrored_group": index,
            **{name: torch.zeros(n, dtype=torch.int64) for name in ("subject", "view", "domain", "row")},
        }
        return Batch(**{**blank, **columns})

    return make
