"""The network: a head of its own for each pose group, deaf to light."""

from __future__ import annotations

import torch

from trainers.multi_au.exported import EveryGroup
from trainers.multi_au.network import of_group


def test_scores_come_group_after_group_in_their_ranges(make_task, make_batch) -> None:
    task, batch = make_task(), make_batch(5)
    task.eval_mode()
    with torch.no_grad():
        scores = EveryGroup(task.network, None, None)(batch.picture)
        by_group = task.network(batch.picture)
    assert [tuple(each.shape) for each in scores] == [(5, 3), (5, 3), (5, 7)] * 3
    for group in range(3):
        occurrence, intensity, expression = scores[3 * group : 3 * group + 3]
        assert occurrence.min() >= 0 and occurrence.max() <= 1
        assert intensity.min() >= 0 and intensity.max() <= 5
        torch.testing.assert_close(expression.sum(dim=1), torch.ones(5))
        torch.testing.assert_close(by_group[:, group, :3].sigmoid(), occurrence, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(by_group[:, group, 3:6].sigmoid() * 5, intensity, rtol=1e-3, atol=1e-4)
    assert not torch.allclose(scores[1], scores[4])


def test_each_row_gets_its_own_group() -> None:
    by_group = torch.arange(24.0).reshape(4, 3, 2)
    rows = of_group(by_group, torch.tensor([2, 0, 1, 2]))
    assert rows.tolist() == [[4, 5], [6, 7], [14, 15], [22, 23]]
