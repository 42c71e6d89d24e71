"""How a training stands: what is done, what was best, and whether waiting for better still makes sense."""

from __future__ import annotations

import math

import msgspec

from trainers.training.errors import TrainingError
from trainers.training.recipe import TrainingRecipe


class Standing(msgspec.Struct, kw_only=True):
    """Everything of a training that is neither weight nor optimiser; JSON in `last.safetensors`.

    Attributes:
        iteration: how many are done.
        seconds: of training and validating.
        best: the watched figure at its best; None before there is one.
        best_iteration: after which it was measured.
        figures: all validation figures of that moment.
        waited: looks since.
        ended: why training is over, once everything is written; "" before.
        sums: loss -> its sum since the last look, and of how many batches.
    """

    iteration: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_iteration: int = 0
    figures: dict[str, float | None] = {}
    waited: int = 0
    ended: str = ""
    sums: dict[str, tuple[float, int]] = {}

    def judge(self, figures: dict[str, float], how: TrainingRecipe) -> bool:
        """Take in the figures of a look; return whether the weights are the best so far.

        Raises:
            TrainingError: the figure that decides is not among them.
        """
        if not how.metric:
            better = True
        elif how.metric not in figures:
            there = ", ".join(name for name in figures if "/" not in name) or "none: no rows validate"
            raise TrainingError(
                f"training.metric is {how.metric!r}: the validation figures are {there}; choose one of them"
            )
        else:
            value = figures[how.metric]
            sign = 1.0 if how.mode == "max" else -1.0
            better = math.isfinite(value) and (self.best is None or sign * value > sign * self.best)
            self.best = value if better else self.best
        if better:
            self.best_iteration = self.iteration
            self.keep(figures)
            self.waited = 0
        else:
            self.waited += 1
        return better

    def keep(self, figures: dict[str, float]) -> None:
        """Take these as the figures of the best weights."""
        self.figures = {name: value if math.isfinite(value) else None for name, value in figures.items()}

    def over(self, how: TrainingRecipe, total: int) -> str:
        """Return why there is nothing left to train, "" if there is."""
        if how.patience and self.waited >= how.patience:
            return f"no better {how.metric} in {self.waited} looks"
        return f"{total} iterations done" if self.iteration >= total else ""
