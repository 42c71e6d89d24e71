"""The stages of training, and what learns in each."""

from __future__ import annotations

import pytest

from trainers.pose_dependent.networks import PoseDependent
from trainers.pose_dependent.stages import Stage, Stages, weights_of


def test_stages_follow_each_other_and_the_last_goes_on() -> None:
    stages = Stages(regressors=2, pose=1, joint=4)
    order = [str(stages.at(epoch)) for epoch in range(9)]
    assert order == ["regressors"] * 2 + ["pose"] + ["joint"] * 6
    assert stages.used == (Stage.REGRESSORS, Stage.POSE, Stage.JOINT)


@pytest.mark.parametrize(
    ("stages", "first", "trained"),
    [
        (Stages(), Stage.JOINT, True),
        (Stages(regressors=1, joint=0), Stage.REGRESSORS, False),
        (Stages(regressors=1, pose=1, joint=0), Stage.REGRESSORS, True),
        (Stages(pose=3), Stage.POSE, True),
    ],
)
def test_stages_may_be_left_out(stages: Stages, first: Stage, trained: bool) -> None:
    assert stages.at(0) is first
    assert stages.at(99) is stages.used[-1]
    assert stages.train_pose is trained


def test_one_stage_must_be_left() -> None:
    with pytest.raises(ValueError, match="all stages have 0 epochs"):
        Stages(joint=0)


def test_stages_train_the_parts_that_the_paper_says(trunk) -> None:
    network = PoseDependent(trunk, size=64)
    names = {id(weight): name.split(".")[0] for name, weight in network.named_parameters()}
    assert {stage: {names[id(weight)] for weight in weights_of(network, stage)} for stage in Stage} == {
        Stage.REGRESSORS: {"trunk", "regressors"},
        Stage.POSE: {"pose"},
        Stage.JOINT: {"trunk", "regressors", "pose"},
    }
