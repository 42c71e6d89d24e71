"""Pictures of one domain in the look of another, and a classifier that reads them: equations (4) to (9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainers.backbones import PictureClassifier, start_trunk
from trainers.corpora.corpus import EXPRESSIONS
from trainers.cycle_attention.adversarial import deception, discrimination
from trainers.cycle_attention.attention import transfer_loss
from trainers.cycle_attention.cycle_options import (
    D_AUXILIARY,
    D_SOURCE,
    TO_AUXILIARY,
    TO_SOURCE,
    CycleAttentionOptions,
)
from trainers.cycle_attention.discriminator import PatchDiscriminator
from trainers.cycle_attention.expression_task import (
    ATTENTION,
    EXPRESSION,
    exported,
)
from trainers.cycle_attention.generator import DOWN, Generator
from trainers.cycle_attention.given_generators import generators_from
from trainers.cycle_attention.image_pool import ImagePool
from trainers.cycle_attention.teacher import CLASSIFIER, Teacher, start_from
from trainers.training.adaptation import as_pixels
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.facts import Facts, picture_alone
from trainers.training.masked_losses import class_entropy
from trainers.training.picture_classifiers import new_classifier
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples
from trainers.training.task import Exported, Losses, ParameterGroup, Step, Task, TaskOptions

GENERATORS, DISCRIMINATORS = "generators", "discriminators"
"""Optimisers. That of the generators updates f_W as well: equation (9) minimises over all three."""
NO_DOMAIN = -2
"""No row's domain; -1 is that of rows whose domain is unknown."""
DECEPTION, CYCLE, IDENTITY, DISCRIMINATION = "deception", "cycle", "identity", "discrimination"
"""Losses besides f_W's: the generators' part of equations (4) and (5), (6), CycleGAN's identity, and the
discriminators' part."""


class CycleAttentionTask(Task):
    """G_SW, G_WS, D_S and D_W, and f_W beside them."""

    Options = CycleAttentionOptions
    options: CycleAttentionOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Refuse a recipe whose pictures or domains do not fit."""
        picture_alone(facts, "cycle-attention")
        if data.size % DOWN:
            raise RecipeError(f"task cycle-attention: data.size is {data.size}: take a multiple of {DOWN}")
        if data.mean or data.std or data.baseline != "none":
            raise RecipeError(
                "task cycle-attention: generators make pixels from -1 to 1: leave data.mean, data.std "
                "and data.baseline out"
            )
        super().__init__(options, facts, data)
        self._teacher: Teacher | None = None
        self._pools = {name: ImagePool(self.options.pool) for name in (D_SOURCE, D_AUXILIARY)}
        self._real: dict[str, Tensor] = {}
        self._made: dict[str, Tensor] = {}

    @property
    def _held(self) -> bool:
        """Whether the generators are given, and f_W alone learns."""
        return bool(self.options.generators) and self.options.held

    def make_networks(self) -> dict[str, nn.Module]:
        """Return the generators and, where they are there, the discriminators and the classifier."""
        options, channels = self.options, self.data.channels
        made: dict[str, nn.Module] = {
            name: Generator(
                channels=channels,
                width=options.width,
                blocks=options.blocks,
                repaints=options.repaints,
                saving=options.saving,
            ).requires_grad_(not self._held)
            for name in (TO_AUXILIARY, TO_SOURCE)
        }
        if not self._held:
            made |= {
                name: PatchDiscriminator(
                    channels=channels, width=options.discriminator_width, layers=options.discriminator_layers
                )
                for name in (D_SOURCE, D_AUXILIARY)
            }
        if options.classifier:
            made[CLASSIFIER] = new_classifier(options, self.data, len(EXPRESSIONS))
        return made

    def pretrain(self) -> list[str]:
        """Give networks the weights that the recipe names."""
        options, lines = self.options, []
        if options.generators:
            lines.append(generators_from(self.networks, options, Path(options.generators)))
        if options.start:
            lines.append(start_from(self.classifier, Path(options.start)))
        elif options.classifier:
            lines += start_trunk(self.classifier.trunk, options.weights)
        return lines

    def prepare(self, train: Samples) -> None:
        """Fetch the teacher, and see that there are rows of both domains.

        Raises:
            TrainingError: there are none of one.
        """
        needed = (self.options.source,) if self._held else (self.options.source, self.options.auxiliary)
        for name in needed:
            if not len(self._rows(train, name)):
                raise TrainingError(
                    f"task cycle-attention: no training picture is of domain {name!r}, there are "
                    f"{', '.join(self.facts.domains)}: name both domains' corpora, or set task.source and "
                    "task.auxiliary"
                )
        if self.options.teacher:
            self._teacher = Teacher(self.options.teacher, self.data.size, self.data.channels)

    def draw(self, samples: Samples, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return rows of both domains in turn, the smaller one's repeated; for f_W alone the source's."""
        if self._held:
            return rng.permutation(self._rows(samples, self.options.source))
        sides = [self._rows(samples, name) for name in (self.options.source, self.options.auxiliary)]
        longest = max(map(len, sides))
        drawn = [
            np.concatenate([rng.permutation(side) for _ in range(-(-longest // len(side)))])[:longest]
            for side in sides
        ]
        return np.stack(drawn, axis=1).reshape(-1)

    def _rows(self, samples: Samples, domain: str) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = samples.epoch[
            samples.columns["domain"][samples.epoch] == self._number(domain)
        ]
        return rows

    def _number(self, domain: str) -> int:
        """Return what batches call a domain; of one that is not there, what they call none."""
        domains = self.facts.domains
        return domains.index(domain) if domain in domains else NO_DOMAIN

    # ------------------------------------------------------------------ networks by name

    restyled_multiple = DOWN

    @property
    def classifier(self) -> PictureClassifier:
        """f_W. Raises KeyError without one."""
        network = self.networks[CLASSIFIER]
        assert isinstance(network, PictureClassifier)
        return network

    @property
    def restyled_domain(self) -> str:
        """The domain whose pictures `restyled` takes."""
        domain: str = self.options.source
        return domain

    def restyled(self, picture: Tensor) -> Tensor:
        """Return G_SW of (n, C, S, S) pictures in -1 to 1."""
        restyled: Tensor = self.networks[TO_AUXILIARY](picture)
        return restyled

    # ------------------------------------------------------------------ learning

    def optimisers(self) -> Mapping[str, Sequence[ParameterGroup]]:
        """Return that of G_SW, G_WS and f_W, and that of D_S and D_W, where they are there."""
        first = [
            self.networks[name] for name in (TO_AUXILIARY, TO_SOURCE, CLASSIFIER) if name in self.networks
        ]
        groups = {GENERATORS: [ParameterGroup(w for network in first for w in network.parameters())]}
        if not self._held:
            second = [self.networks[name] for name in (D_SOURCE, D_AUXILIARY)]
            groups[DISCRIMINATORS] = [ParameterGroup(w for network in second for w in network.parameters())]
        return groups

    def steps(self, iteration: int) -> Sequence[Step]:
        """Return one update of those that minimise equation (8) and one of those that maximise it."""
        reading = self.options.classifier and iteration >= self.options.alone
        if self._held:
            return [Step(GENERATORS, self._classifier_losses)]
        first = self._generator_and_classifier_losses if reading else self._generator_losses
        return [Step(GENERATORS, first), Step(DISCRIMINATORS, self._discriminator_losses)]

    def weights(self, iteration: int) -> Mapping[str, float]:
        """Return lambda and beta, and how much f_W weighs."""
        how = self.options
        return {
            CYCLE: how.cycle,
            IDENTITY: how.cycle * how.identity,
            EXPRESSION: how.expression,
            ATTENTION: how.expression * how.beta,
        }

    def _generator_losses(self, batch: Batch) -> Losses:
        """Return the generators' parts of equations (4) and (5), and (6); what was made is remembered."""
        made = self._translated(batch)
        kind = self.options.adversarial
        deceptions = [deception(kind, self.networks[name](picture)) for name, picture in made.items()]
        losses = {DECEPTION: torch.stack(deceptions).sum(), CYCLE: self._cycle_error(made)}
        if self.options.identity:
            kept = {D_SOURCE: TO_SOURCE, D_AUXILIARY: TO_AUXILIARY}
            same = [
                mean_difference(self.networks[kept[name]](real), real) for name, real in self._real.items()
            ]
            losses[IDENTITY] = torch.stack(same).sum()
        return losses

    def _generator_and_classifier_losses(self, batch: Batch) -> Losses:
        """Return all of equation (8) that is minimised."""
        losses = self._generator_losses(batch)
        return losses | self._reading(self._of(batch, self.options.source), self._made[D_AUXILIARY])

    def _classifier_losses(self, batch: Batch) -> Losses:
        """Equation (7) alone, on what the given generator makes."""
        source = self._of(batch, self.options.source)
        with torch.no_grad():
            made = self.restyled(source.picture)
        return self._reading(source, made)

    def _discriminator_losses(self, batch: Batch) -> Losses:
        """Return the discriminators' parts of equations (4) and (5), also of older pictures."""
        losses = [
            discrimination(
                self.options.adversarial,
                self.networks[name](self._real[name]),
                self.networks[name](self._pools[name].exchange(picture.detach())),
            )
            for name, picture in self._made.items()
        ]
        self._real, self._made = {}, {}
        return {DISCRIMINATION: torch.stack(losses).sum()}

    def _translated(self, batch: Batch) -> dict[str, Tensor]:
        """Return each domain's pictures in the look of the other, by the discriminator that judges them."""
        self._real = {
            D_SOURCE: self._of(batch, self.options.source).picture,
            D_AUXILIARY: self._of(batch, self.options.auxiliary).picture,
        }
        self._made = {
            D_AUXILIARY: self.networks[TO_AUXILIARY](self._real[D_SOURCE]),
            D_SOURCE: self.networks[TO_SOURCE](self._real[D_AUXILIARY]),
        }
        return self._made

    def _cycle_error(self, made: Mapping[str, Tensor]) -> Tensor:
        """Equation (6); of a domain that the batch lacks nothing."""
        again = {
            D_SOURCE: self.networks[TO_SOURCE](made[D_AUXILIARY]),
            D_AUXILIARY: self.networks[TO_AUXILIARY](made[D_SOURCE]),
        }
        return torch.stack([mean_difference(again[name], self._real[name]) for name in again]).sum()

    def _reading(self, source: Batch, made: Tensor) -> Losses:
        """Equation (7) of what was made of source pictures."""
        layers = self.options.layers if self._teacher is not None else ()
        maps, logits = self.classifier.maps(made, layers)
        losses = {EXPRESSION: class_entropy(logits, source.expression)}
        if self._teacher is not None:
            losses[ATTENTION] = transfer_loss(self._teacher.maps(source.picture, layers), maps)
        return losses

    def _of(self, batch: Batch, domain: str) -> Batch:
        return batch[batch.domain == self._number(domain)]

    # ------------------------------------------------------------------ a look, and what it leaves

    def validation_losses(self, batch: Batch) -> Losses:
        """Return the cycle error and, with f_W, equation (7)'s, of what the rows' domains allow."""
        made = {} if self._held else self._translated(batch)
        losses = {CYCLE: self._cycle_error(made)} if made else {}
        self._real, self._made = {}, {}
        source = self._of(batch, self.options.source)
        if self.options.classifier and len(source):
            losses |= self._reading(source, made[D_AUXILIARY] if made else self.restyled(source.picture))
        return losses

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Return what f_W says of the pictures as they are; without it nothing."""
        if not self.options.classifier:
            return {}
        return {"expression": self.classifier(batch.picture).softmax(dim=1)}

    def pictures(self, examples: Batch) -> Mapping[str, NDArray[np.uint8]]:
        """Return a sheet for each direction; each row a picture, restyled, and brought back (Fig. 5)."""
        options = self.options
        ways = {
            TO_AUXILIARY: (options.source, self.networks[TO_AUXILIARY], self.networks[TO_SOURCE]),
            TO_SOURCE: (options.auxiliary, self.networks[TO_SOURCE], self.networks[TO_AUXILIARY]),
        }
        sheets = {}
        for name, (domain, there, back) in ways.items():
            given = self._of(examples, domain).picture
            if len(given):
                made = there(given)
                sheets[name] = sheet([given, made, back(made)])
        return sheets

    def extra_state(self) -> dict[str, Tensor]:
        """Return what the pools hold."""
        return {name: pool.pictures for name, pool in self._pools.items() if pool.pictures is not None}

    def load_extra_state(self, state: Mapping[str, Tensor]) -> None:
        """Take it back."""
        for name, pool in self._pools.items():
            pool.pictures = state.get(name)

    def export(self) -> Exported:
        """f_W, for every pose."""
        if not self.options.classifier:
            return super().export()
        return exported(self.classifier, self.facts)


def mean_difference(one: Tensor, two: Tensor) -> Tensor:
    """Return the mean absolute difference; 0 of no pictures."""
    return functional.l1_loss(one, two, reduction="sum") / max(1, two.numel())


def sheet(columns: Sequence[Tensor]) -> NDArray[np.uint8]:
    """Return (H, W, 3) pixels: of (n, C, S, S) pictures in -1 to 1, one column each, one row per picture."""
    pixels = torch.cat([torch.cat(list(column), dim=1) for column in columns], dim=2)
    sheet: NDArray[np.uint8] = (
        as_pixels(pixels.float()).byte().expand(3, -1, -1).permute(1, 2, 0).cpu().numpy()
    )
    return sheet
