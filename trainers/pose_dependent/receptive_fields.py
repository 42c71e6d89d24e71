"""Where a network looks: gradients of its estimates by the pixels, Zhou et al. section IV.A and Fig. 3.

D_i = df(x_i; W_m) / dx_i, summed over up to 1000 pictures drawn among those that are highly activated, for
each AU and pose, and normalised.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.reports.content import Plot

MOST_PICTURES = 1000
# The paper does not say from where on an estimate is high: the highest tenth of an AU and pose is, here.
HIGHLY_ACTIVATED = 0.1


class ReceptiveFields(NamedTuple):
    """What the estimates of A AUs depend on, in P poses.

    Attributes:
        aus, groups: names of the first two axes.
        fields: (A, P, H, W) float32 sums of the gradients over pictures and colours, divided by their largest
            magnitude: -1 to 1. NaN where there was no picture.
        pictures: (A, P, H, W) float32 mean of the pictures, over colours, too; NaN likewise.
        samples: (A, P) int64, how many pictures.
    """

    aus: tuple[str, ...]
    groups: tuple[str, ...]
    fields: NDArray[np.float32]
    pictures: NDArray[np.float32]
    samples: NDArray[np.int64]


def receptive_fields(
    network: nn.Module,
    read: Callable[[NDArray[np.int64]], Tensor],
    estimates: NDArray[np.floating],
    group: NDArray[np.str_],
    *,
    aus: Sequence[str],
    groups: Sequence[str],
    seed: int,
    most: int = MOST_PICTURES,
    batch: int = 16,
    progress: Callable[[int], None] = lambda pictures: None,
) -> ReceptiveFields:
    """Return the receptive fields of a network's outputs.

    Args:
        network: (b, C, H, W) -> (b, A) estimates, such as `networks.Intensities`; used in evaluation mode.
        read: the (b, C, H, W) input of these rows, on the network's device.
        estimates: (n, A) what the network says of each row, NaN where it says nothing.
        group: (n,) pose or view of each row.
        aus: the A names.
        groups: the P poses to tell apart, of those in `group`.
        seed: of the draw.
        most: pictures of each AU and pose.
        progress: called with how many more pictures are done.
    """
    import torch

    rng = np.random.default_rng(seed)
    samples = np.zeros((len(aus), len(groups)), dtype=np.int64)
    fields: list[list[NDArray[np.float32] | None]] = [[None] * len(groups) for _ in aus]
    means: list[list[NDArray[np.float32] | None]] = [[None] * len(groups) for _ in aus]
    was_training = network.training
    network.eval()
    try:
        for a in range(len(aus)):
            for p, name in enumerate(groups):
                rows = highly_activated(estimates[:, a], group == name, rng, most)
                samples[a, p] = len(rows)
                if len(rows) == 0:
                    continue
                gradient = torch.zeros(())
                total = torch.zeros(())
                for part in np.array_split(rows, -(-len(rows) // batch)):
                    pictures = read(part).detach().requires_grad_(True)
                    (slope,) = torch.autograd.grad(network(pictures)[:, a].sum(), pictures)
                    gradient = gradient + slope.sum(dim=(0, 1)).cpu()
                    total = total + pictures.detach().mean(dim=1).sum(dim=0).cpu()
                    progress(len(part))
                peak = gradient.abs().max().clamp(min=torch.finfo(gradient.dtype).tiny)
                fields[a][p] = (gradient / peak).numpy()
                means[a][p] = (total / len(rows)).numpy()
    finally:
        network.train(was_training)
    return ReceptiveFields(tuple(aus), tuple(groups), _stacked(fields), _stacked(means), samples)


def highly_activated(
    estimates: NDArray[np.floating], among: NDArray[np.bool_], rng: np.random.Generator, most: int
) -> NDArray[np.int64]:
    """Return up to `most` rows, drawn from those whose estimate is in the highest tenth; rising.

    Args:
        estimates: (n,) of one AU, NaN where there is none.
        among: (n,) rows to choose from.
    """
    candidates = np.flatnonzero(among & ~np.isnan(estimates))
    if len(candidates) == 0:
        return candidates
    high = candidates[estimates[candidates] >= np.quantile(estimates[candidates], 1 - HIGHLY_ACTIVATED)]
    return np.sort(rng.choice(high, size=min(most, len(high)), replace=False))


def field_sheet(found: ReceptiveFields, *, model: str, caption: str) -> Plot:
    """Return one picture per AU (down) and pose (across): what matters, over the mean of the pictures.

    Args:
        model: whose fields, for the title.
        caption: corpus, rows and the like, as the report's other plots have it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = found.samples.shape
    figure = Figure(figsize=(1.2 * columns + 0.6, 1.2 * rows + 0.4), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for (a, p), axes in np.ndenumerate(grid):
        _draw(axes, found.pictures[a, p], found.fields[a, p])
        if a == 0:
            axes.set_title(found.groups[p], fontsize=9)
        if p == 0:
            axes.set_ylabel(found.aus[a], fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return Plot(
        name=f"receptive_fields_{'_'.join(model.split())}",
        title=f"Receptive fields of {model}",
        caption=caption,
        text=(
            "Where in the picture the estimate of each AU comes from: magnitude of the summed gradients "
            f"of up to {int(found.samples.max(initial=0)):,} highly activated pictures per AU and pose, "
            "smoothed for the eye, red on the mean picture; as Zhou et al. Fig. 3."
        ),
        png=buffer.getvalue(),
    )


def _draw(axes: Any, picture: NDArray[np.float32], field: NDArray[np.float32]) -> None:
    from scipy.ndimage import gaussian_filter

    axes.set_xticks([])
    axes.set_yticks([])
    if np.isnan(field).any():
        axes.text(0.5, 0.5, "no picture", ha="center", va="center", fontsize=7, transform=axes.transAxes)
        return
    axes.imshow(picture, cmap="gray")
    strength = gaussian_filter(np.abs(field), sigma=len(field) / 56)
    strength /= max(float(strength.max()), np.finfo(np.float32).tiny)
    axes.imshow(np.ones_like(strength), cmap="autumn_r", vmin=0, vmax=1, alpha=0.8 * strength)


def _stacked(maps: list[list[NDArray[np.float32] | None]]) -> NDArray[np.float32]:
    """Return the (A, P, H, W) maps, NaN for those that are None; (A, P, 0, 0) if all are."""
    shape = next((made.shape for row in maps for made in row if made is not None), (0, 0))
    nothing = np.full(shape, np.nan, dtype=np.float32)
    return np.array([[nothing if made is None else made for made in row] for row in maps], dtype=np.float32)
