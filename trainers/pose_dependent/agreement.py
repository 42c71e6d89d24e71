"""How far the estimates from each two poses agree, AU by AU: Zhou et al. section IV.A and Fig. 2."""

from __future__ import annotations

import numpy as np

from trainers.corpora.viewpoints import viewpoints
from trainers.metrics import view_agreement
from trainers.reports.comparison import Comparison, listed
from trainers.reports.content import Plot
from trainers.reports.plots import SHARE, maps

MATRICES_SIDE_BY_SIDE = 4


def agreement_plots(comparison: Comparison) -> tuple[Plot, ...]:
    """Return the "ICC confusion matrix" of each AU, four to a plot; none unless the corpus has views.

    No labels enter: the frames that two views share are the targets, the model's estimates under them the two
    raters (`trainers.metrics.view_agreement`). Reports have the mean over AUs (`reports.per_view`).
    """
    corpus, estimates = comparison.corpus, comparison.predictions.intensity
    groups = viewpoints(corpus)
    if groups is None or groups.kind != "view" or estimates is None:
        return ()
    there = groups.name != ""
    found = view_agreement(estimates[there], corpus.sequence[there], corpus.frame[there], groups.name[there])
    order = [found.views.index(name) for name in groups.order]
    between = found.icc[:, order][:, :, order]
    if not found.frames[~np.eye(len(found.views), dtype=np.bool_)].any():
        return ()
    model = comparison.predictions.model
    plots = []
    for start in range(0, len(corpus.aus), MATRICES_SIDE_BY_SIDE):
        aus = corpus.aus[start : start + MATRICES_SIDE_BY_SIDE]
        plots.append(
            Plot(
                name=f"agreement_{'_'.join(model.split())}_{aus[0]}_to_{aus[-1]}",
                title=f"Agreement between views, {model}: {', '.join(aus)}",
                caption=comparison.caption(listed(aus), there & comparison.predictions.found),
                text="ICC of the model's intensities between each two views, as Zhou et al. Fig. 2.",
                png=maps(
                    dict(zip(aus, between[start : start + len(aus)], strict=True)),
                    groups.order, groups.order,
                    scale=(0.0, 1.0), colours=SHARE, label="ICC(3,1)", axis_names=("view", "view"),
                ),
            )
        )  # fmt: skip
    return tuple(plots)
