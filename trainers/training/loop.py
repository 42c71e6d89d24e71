"""The loop that all methods train in.

Each iteration depends on the iteration's number, the recipe and the weights so far, and on nothing else:
that is why a run that is resumed goes on with the same weights, bit for bit, as one never interrupted
(on one kind of machine, with the same number of threads).
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import msgspec
import torch
from torch import Tensor, nn

from trainers.training import checkpoint, metrics_log
from trainers.training.augmentation import augmented
from trainers.training.batch import Batch
from trainers.training.curves import draw_curves
from trainers.training.devices import Agreement
from trainers.training.errors import TrainingError
from trainers.training.interruption import StopRequest
from trainers.training.optimisers import (
    Turns,
    learning_rate,
    make_optimiser,
    recipes_of,
    set_rate,
    weights_of,
)
from trainers.training.preparation import Preparation, unit_range, with_picture
from trainers.training.progress import Report
from trainers.training.reading_ahead import Plan, batches_of
from trainers.training.recipe import Recipe
from trainers.training.run_folder import RunFolder
from trainers.training.samples import Samples
from trainers.training.seeds import Draw, generator, seed_torch
from trainers.training.standing import Standing
from trainers.training.task import Losses, Step, Task
from trainers.training.validating import keep_pictures, validation_figures, weighted_sum

if TYPE_CHECKING:
    from lightning_fabric import Fabric

INTERRUPTED = "interrupted"
# A GPU works ahead of the program; asking it for a loss at every iteration would stop that.
ITERATIONS_BETWEEN_CHECKS = 25
SECONDS_BETWEEN_CURVES = 20.0


class Loop:
    """Trains one task on one device, or as one of several processes."""

    def __init__(
        self,
        fabric: Fabric,
        task: Task,
        recipe: Recipe,
        train: Samples,
        validation: Samples,
        run: RunFolder,
        report: Report,
    ) -> None:
        self._fabric, self._agree = fabric, Agreement(fabric)
        self._task, self._recipe = task, recipe
        self._train, self._validation = train, validation
        self._run, self._report = run, report
        self._how = recipe.training
        for network in task.networks.values():
            network.to(fabric.device)
        self._preparation = Preparation(recipe.data).to(fabric.device)
        self._rates = recipes_of(recipe, task)
        self._optimisers = {
            name: make_optimiser(self._rates[name], groups) for name, groups in task.optimisers().items()
        }
        self._stepping: dict[str, Any] = {
            name: fabric.setup_optimizers(each) for name, each in self._optimisers.items()
        }
        self._turns = Turns(self._optimisers) if len(self._optimisers) > 1 else None
        self._plan = Plan(
            task, train, recipe.data.batch, self._how.seed, (fabric.global_rank, fabric.world_size)
        )
        self.epoch = self._plan.epoch
        self.total = self._how.iterations or (self._how.epochs or 0) * self.epoch
        self._interval = self._how.interval or self.epoch
        self.standing = Standing()
        self._sums: dict[str, tuple[Tensor, int]] = {}
        self._lines: list[metrics_log.Line] = []
        self._began = self._curves_drawn = 0.0

    # ------------------------------------------------------------------ the whole

    def run(self) -> str:
        """Train to the end, or until a signal asks to stop; return why it ended.

        Raises:
            TrainingError: a loss is no number, or a file cannot be written.
        """
        start = self.standing.iteration
        self._began = time.monotonic() - self.standing.seconds
        self._curves_drawn = time.monotonic()
        self._report.begin(self.total, start, self.epoch)
        plan = self._plan.between(start, self.total)
        batches = batches_of(self._train, plan, self._recipe.data.workers)
        with StopRequest() as stop:
            if start == 0:
                self._look()
            while not self.standing.over(self._how, self.total):
                self._update(next(batches), self.standing.iteration)
                self.standing.iteration += 1
                self._report.advance(self._means)
                asked = self._agree.any(stop.asked)
                if self.standing.iteration % self._interval == 0 or self.standing.iteration == self.total:
                    self._look()
                if asked and not self.standing.over(self._how, self.total):
                    self._checkpoint()
                    return INTERRUPTED
        self._finish()
        return self.standing.ended

    def resume(self) -> None:
        """Go on where the last checkpoint of the run was written.

        Raises:
            TrainingError: there is none, it does not fit, or the run has ended.
        """
        tensors, state = checkpoint.read_tensors(self._run.last)
        if "standing" not in state:
            raise TrainingError(f"checkpoint {self._run.last}: holds weights only: train again")
        self.standing = msgspec.convert(state["standing"], Standing)
        if self.standing.ended:
            raise TrainingError(
                f"run {self._run}: has ended ({self.standing.ended}): evaluate or export it, "
                "or train into another folder"
            )
        checkpoint.load_training(self._task, self._optimisers, tensors, state["optimisers"], self._run.last)
        self._fabric.strategy.precision.load_state_dict(state["precision"])
        self._sums = {
            name: (torch.tensor(total, dtype=torch.float64, device=self._fabric.device), count)
            for name, (total, count) in self.standing.sums.items()
        }
        if self._fabric.is_global_zero:
            self._lines = metrics_log.keep_until(self._run.metrics, self.standing.iteration)

    # ------------------------------------------------------------------ one iteration

    def _update(self, batch: Batch, iteration: int) -> None:
        seed, rank = self._how.seed, self._fabric.global_rank
        self._task.train_mode()
        batch = self._prepared(batch.to(self._fabric.device), iteration)
        seed_torch(seed, Draw.STEP, iteration, rank)
        for name in self._rates:
            set_rate(self._optimisers[name], self._rate(name, iteration))
        weights = self._task.weights(iteration)
        sums: dict[str, Tensor] = {}
        for step in self._task.steps(iteration):
            for _ in range(step.times):
                losses = self._descend(step, batch, weights)
            if twice := sums.keys() & losses.keys():
                raise TrainingError(f"task {self._recipe.task}: two steps name a loss {min(twice)!r}")
            sums |= losses
        if self._turns is not None:
            self._turns.release()
        self._add(sums)
        if self._fabric.device.type == "cpu" or iteration % ITERATIONS_BETWEEN_CHECKS == 0:
            self._check_finite()

    def _prepared(self, batch: Batch, iteration: int) -> Batch:
        if "crop" in batch.inputs:
            batch = with_picture(batch, unit_range(batch.picture))
        rng = generator(self._how.seed, Draw.AUGMENTATION, iteration, self._fabric.global_rank)
        batch = augmented(batch, self._recipe.data.augmentation, rng)
        return with_picture(batch, self._preparation(batch.picture)) if "crop" in batch.inputs else batch

    def _descend(self, step: Step, batch: Batch, weights: Any) -> Losses:
        if step.optimiser not in self._optimisers:
            raise TrainingError(
                f"task {self._recipe.task}: a step names optimiser {step.optimiser!r}, "
                f"there are {', '.join(self._optimisers)}"
            )
        if self._turns is not None:
            self._turns.select(step.optimiser)
        with self._fabric.autocast():
            losses = step.losses(batch)
            total = weighted_sum(losses, weights)
        self._fabric.backward(total)
        optimiser = self._stepping[step.optimiser]
        own = weights_of(self._optimisers[step.optimiser])
        self._agree.average_gradients(own)
        if self._how.clip:
            self._fabric.clip_gradients(nn.ParameterList(own), optimiser, max_norm=self._how.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        logged = {f"loss/{name}": value.detach() for name, value in losses.items()}
        return logged if self._turns is not None else {"loss": total.detach(), **logged}

    def _add(self, losses: dict[str, Tensor]) -> None:
        for name, value in losses.items():
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = (total + value.to(torch.float64), count + 1)

    def _check_finite(self) -> None:
        for name, (total, _) in self._sums.items():
            if name != "loss" and not math.isfinite(float(total)):
                done = self.standing.iteration
                where = f"iteration {done + 1}, epoch {done // self.epoch + 1}"
                rates = ", ".join(f"{how.lr:g}" for how in self._rates.values())
                raise TrainingError(
                    f"run {self._run}: {name} became {float(total)} by {where}: lower optimiser.lr ({rates}) "
                    "or set training.clip; the last checkpoint is from before"
                )

    def _means(self) -> dict[str, float]:
        return {name: float(total) / count for name, (total, count) in self._sums.items()}

    # ------------------------------------------------------------------ a look at the validation rows

    def _look(self) -> None:
        """Validate, log, judge, keep."""
        self._check_finite()
        means = {name: float(self._agree.mean(total / count)) for name, (total, count) in self._sums.items()}
        self._sums = {}
        if self._fabric.is_global_zero:
            self._take_in(means, self._validate())
        self.standing = self._fabric.broadcast(self.standing)

    def _take_in(self, means: dict[str, float], figures: dict[str, float]) -> None:
        standing, run = self.standing, self._run
        better = standing.judge(figures, self._how) and bool(self._how.metric)
        standing.seconds = time.monotonic() - self._began
        line = {
            "iteration": standing.iteration,
            "epoch": round(standing.iteration / self.epoch, 4),
            "seconds": round(standing.seconds, 3),
            "lr": {name: self._rate(name, max(standing.iteration - 1, 0)) for name in self._rates},
            "train": means,
            "validation": figures,
        }
        metrics_log.append(run.metrics, line)
        self._lines.append(line)
        self._report.look(line, better)
        source = self._validation if len(self._validation) else self._train
        keep_pictures(self._task, source, run.pictures, standing.iteration)
        if better:
            checkpoint.write_tensors(run.best, checkpoint.network_tensors(self._task))
        if time.monotonic() - self._curves_drawn > SECONDS_BETWEEN_CURVES:
            self._draw_curves()
        if (standing.iteration // self._interval) % self._how.checkpoint == 0:
            self._checkpoint()

    def _validate(self) -> dict[str, float]:
        weights = self._task.weights(self.standing.iteration)
        return validation_figures(self._task, self._validation, weights, self._fabric.autocast)

    def _rate(self, name: str, iteration: int) -> float:
        return learning_rate(self._rates[name], iteration, self.total, self.epoch)

    def _draw_curves(self) -> None:
        draw_curves(self._lines, self._run.curves, self.standing.best_iteration if self._how.metric else None)
        self._curves_drawn = time.monotonic()

    # ------------------------------------------------------------------ what is kept

    def _checkpoint(self) -> None:
        if self._fabric.is_global_zero:
            tensors, rest = checkpoint.training_tensors(self._task, self._optimisers)
            sums = {name: (float(total), count) for name, (total, count) in self._sums.items()}
            self.standing.sums = sums
            state = {
                "standing": msgspec.to_builtins(self.standing),
                "optimisers": rest,
                "precision": self._fabric.strategy.precision.state_dict(),
            }
            checkpoint.write_tensors(self._run.last, tensors, state)

    def _finish(self) -> None:
        """Take the best weights, let the task do what follows, and keep both.

        The run counts as ended only when all of it is on disk, so that what breaks off can be resumed.
        """
        if self._fabric.is_global_zero:
            self._checkpoint()
            if self._how.metric and self.standing.best is not None:
                best, _ = checkpoint.read_tensors(self._run.best)
                checkpoint.load_networks(self._task, best, self._run.best)
            if type(self._task).finish is not Task.finish:
                self._task.eval_mode()
                seed_torch(self._how.seed, Draw.FINISH)
                self._task.finish(self._train)
                self.standing.keep(self._validate())
            checkpoint.write_tensors(self._run.best, checkpoint.network_tensors(self._task))
            self._draw_curves()
        self.standing.ended = self.standing.over(self._how, self.total)
        if self._fabric.is_global_zero:
            tensors, state = checkpoint.read_tensors(self._run.last)
            state["standing"] = msgspec.to_builtins(self.standing)
            checkpoint.write_tensors(self._run.last, tensors, state)
