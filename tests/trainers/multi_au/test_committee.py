"""The committee: what the rule says, and who is heard for which AU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engines.onnxruntime_engine import OnnxRuntimeEngine
from trainers.blendshapes.graph import AUS, head_model
from trainers.blendshapes.pose_leakage import POSE_GROUPS, read_leakage
from trainers.blendshapes.rule import BlendshapeRule
from trainers.corpora.corpus import EXPRESSIONS
from trainers.multi_au.committee import Committee, Rules
from trainers.multi_au.network import Scores


def told(seed: int, n: int = 64) -> list[torch.Tensor]:
    """Blendshapes, resting faces of which some are not known, and poses."""
    rng = np.random.default_rng(seed)
    known = rng.random((n, 1)) < 0.7
    values = (rng.random((n, 52)) ** 3, rng.random((n, 52)) ** 4 * known, rng.normal(0, 0.5, (n, 3)))
    return [torch.from_numpy(each.astype(np.float32)) for each in values]


@pytest.mark.parametrize("group", POSE_GROUPS)
def test_torch_and_onnx_runtime_follow_the_same_rule(group) -> None:
    law = read_leakage()[group]
    inputs = told(3)
    named = dict(zip(("blendshapes", "neutral", "pose"), (each.numpy() for each in inputs), strict=True))
    outputs = ("au_occurrence", "au_intensity", "expression")
    with OnnxRuntimeEngine(head_model(group, law).SerializeToString(), group) as engine:
        expected = engine.infer(named, outputs)
    for name, got in zip(outputs, BlendshapeRule([law])(*inputs), strict=True):
        np.testing.assert_allclose(got[:, 0].numpy(), expected[name], atol=2e-6, err_msg=name)


def test_rules_stand_in_the_columns_of_the_corpus() -> None:
    aus = ("AU18", "AU45", "AU12")
    rules, inputs = Rules(aus, ("up", "sideways")), told(4)
    said = rules(*inputs)
    laws = read_leakage()
    assert said.shape == (64, 2, 3 + len(EXPRESSIONS))
    for place, group in enumerate(("up", "level")):
        _, intensity, expression = (kind[:, 0] for kind in BlendshapeRule([laws[group]])(*inputs))
        assert said[:, place, 0].abs().max() == 0
        torch.testing.assert_close(said[:, place, 1], intensity[:, AUS.index("AU45")])
        torch.testing.assert_close(said[:, place, 2], intensity[:, AUS.index("AU12")])
        torch.testing.assert_close(said[:, place, 3:].sum(dim=1), expression.sum(dim=1))
        happy = said[:, place, 3 + EXPRESSIONS.index("happiness")]
        torch.testing.assert_close(happy, expression[:, 4])


def scores(occurrence, intensity, faces: int = 7) -> Scores:
    n = len(intensity)
    return Scores(torch.tensor(occurrence), torch.tensor(intensity), torch.full((n, faces), 1 / faces))


def test_who_is_heard_for_which_au() -> None:
    aus = ("AU12", "AU18", "AU20")  # both; the picture alone, since the rule does not know it; the rule alone
    committee = Committee(aus, [0.25, 0.75], rule_only=["AU20"])
    rule = torch.cat([torch.tensor([[4.0, 0.0, 3.0]]), torch.eye(7)[:1]], dim=1)
    said = committee(scores([[0.2, 0.3, 0.9]], [[2.0, 1.5, 5.0]]), rule, 1)
    assert said.intensity[0].tolist() == pytest.approx([0.75 * 2 + 0.25 * 4, 1.5, 3.0])
    present = [1 / (1 + np.exp(-(level - 1) / 0.35)) for level in (2.5, 3.0)]
    wanted = [0.75 * 0.2 + 0.25 * present[0], 0.3, present[1]]
    assert said.occurrence[0].tolist() == pytest.approx(wanted, rel=1e-5)
    assert said.expression[0].tolist() == pytest.approx([(1 + 1 / 7) / 2] + [1 / 14] * 6)


def test_every_pose_group_has_its_own_line() -> None:
    committee = Committee(("AU12",), [1.0, 1.0, 1.0])
    with torch.no_grad():
        committee.gain.copy_(torch.tensor([[1.0], [2.0], [0.5]]))
        committee.shift.copy_(torch.tensor([[0.0], [-1.0], [1.0]]))
    picture, rule = torch.full((3, 1), 2.0), torch.full((3, 1), 9.0)
    assert committee.joint(picture, rule, torch.tensor([1, 2, 0])).flatten().tolist() == [3.0, 2.0, 2.0]
    assert [committee.joint(picture[:1], rule[:1], group).item() for group in range(3)] == [2.0, 3.0, 2.0]


def test_every_pose_group_has_its_own_trust() -> None:
    committee = Committee(("AU12", "AU18"), [0.25, 0.75])
    rule = torch.cat([torch.full((2, 2), 4.0), torch.eye(7)[:2]], dim=1)
    said = committee(scores([[0.0, 0.5]] * 2, [[2.0, 1.0]] * 2), rule, torch.tensor([1, 0]))
    assert said.intensity.tolist() == [[2.5, 1.0], [3.5, 1.0]]
    present = [1 / (1 + np.exp(-(level - 1) / 0.35)) for level in (2.5, 3.5)]
    assert said.occurrence[:, 0].tolist() == pytest.approx([0.25 * present[0], 0.75 * present[1]], rel=1e-5)


@given(st.integers(0, 10_000))
def test_scores_stay_in_their_ranges_whatever_the_line(seed: int) -> None:
    torch.manual_seed(seed)
    committee = Committee(("AU12", "AU18"), [0.5, 0.0, 1.0])
    with torch.no_grad():
        committee.gain.normal_(1, 2)
        committee.shift.normal_(0, 3)
    rule = torch.cat([torch.rand(9, 2) * 5, torch.softmax(torch.randn(9, 7), dim=1)], dim=1)
    said = committee(
        scores(torch.rand(9, 2).tolist(), (torch.rand(9, 2) * 5).tolist()), rule, torch.arange(9) % 3
    )
    assert said.intensity.min() >= 0 and said.intensity.max() <= 5
    assert said.occurrence.min() >= 0 and said.occurrence.max() <= 1
    torch.testing.assert_close(said.expression.sum(dim=1), torch.ones(9))
