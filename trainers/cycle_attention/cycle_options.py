"""What a recipe says of generators that learn against discriminators, and of the classifier beside them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from trainers.cycle_attention.expression_task import ExpressionOptions

Count = Annotated[int, Meta(ge=1)]
Maybe = Annotated[int, Meta(ge=0)]
Weight = Annotated[float, Meta(ge=0.0)]


TO_AUXILIARY, TO_SOURCE = "to_auxiliary", "to_source"
"""Networks G_SW and G_WS."""
D_AUXILIARY, D_SOURCE = "auxiliary_discriminator", "source_discriminator"
"""Networks D_W and D_S."""


class CycleAttentionOptions(ExpressionOptions, frozen=True, kw_only=True):
    """`[task]` of the method; the keys of a classifier of expressions describe f_W.

    Attributes:
        source, auxiliary: domains, as the corpora name them, of the labelled and the unlabelled pictures.
        classifier: whether there is f_W; without it there are generators only.
        generators: a run of this task whose generators are taken; or empty.
        held: of those, whether they are held still, so that f_W alone learns; if not, they and that run's
            discriminators go on: stage II.
        width, blocks, repaints: see `Generator`.
        discriminator_width, discriminator_layers: see `PatchDiscriminator`.
        adversarial: "least-squares", as CycleGAN for its stability, or "log", equations (4) and (5), with
            -log D for log(1 - D) where generators learn.
        cycle: lambda, how much equation (6) weighs; CycleGAN's is 10, equation (8) has none.
        identity: how much it weighs, as a share of lambda, that a picture of the domain that a generator
            paints stays as it is: CycleGAN's way to keep colours (its 5.2: 0.5), which equation (8) has not.
        expression: how much what f_W says weighs for the generator and for itself.
        alone: iterations of stage I, before f_W joins in.
        pool: pictures that the discriminators' pools keep.
        saving: see `Generator`.
    """

    source: str = "studio"
    auxiliary: str = "wild"
    classifier: bool = True
    generators: str = ""
    held: bool = True
    width: Count = 64
    blocks: Maybe = 9
    repaints: bool = False
    discriminator_width: Count = 64
    discriminator_layers: Count = 3
    adversarial: Literal["least-squares", "log"] = "least-squares"
    cycle: Weight = 10.0
    identity: Weight = 0.0
    expression: Weight = 1.0
    alone: Maybe = 0
    pool: Maybe = 50
    saving: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if not self.classifier and self.generators and self.held:
            raise ValueError("classifier is false and generators are held: nothing is left to learn")
        if not self.classifier and (self.teacher or self.start):
            raise ValueError("classifier is false: leave teacher and start empty")
        if self.source == self.auxiliary:
            raise ValueError(f"source and auxiliary are both {self.source!r}: name two domains")
