"""What a recipe says: everything that decides how a network is trained, but for the corpus.

A recipe is a TOML file; each struct here is one of its tables, each attribute a key. `recipe_files` reads
them and refuses what is not allowed here; whatever is left out has the default below.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engines.manifest_rules import MAX_RESTING_SHARE

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Part = Annotated[float, Meta(ge=0.0, lt=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
NotNegative = Annotated[float, Meta(ge=0.0)]
Count = Annotated[int, Meta(ge=1)]
Maybe = Annotated[int, Meta(ge=0)]
Degrees = Annotated[float, Meta(ge=-90.0, le=90.0)]
AuName = Annotated[str, Meta(pattern="^AU[0-9]{2}$")]


class Augmentation(msgspec.Struct, frozen=True, kw_only=True):
    """`[data.augmentation]`: how far training pictures are changed at random; 0 is not at all.

    Attributes:
        flip: probability of the mirror image.
        shift: most, in picture widths and heights, either way.
        scale: most, as a share, larger or smaller.
        rotate: most, in degrees, either way.
        brightness: most, as a share of the pixel's value.
        contrast: most, as a share of the distance from the picture's mean.
        gamma: most, as the exponent's natural logarithm.
        shade: most that a border is lighter or darker than the middle, as a share: light from one side.
        colour: most change of saturation, and half of it of each channel's gain, as a share.
        grey: probability that all colour goes.
        noise: highest standard deviation, as a share of full white; half of the pictures get noise.
        blur: highest standard deviation of the Gaussian in pixels; half of the pictures are blurred.
        cutout: longest side of the rectangle covered, as a share of the picture's; half of the pictures.
    """

    flip: Share = 0.0
    shift: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.0
    scale: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.0
    rotate: Annotated[float, Meta(ge=0.0, le=45.0)] = 0.0
    brightness: Part = 0.0
    contrast: Part = 0.0
    gamma: Share = 0.0
    shade: Part = 0.0
    colour: Part = 0.0
    grey: Share = 0.0
    noise: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.0
    blur: Annotated[float, Meta(ge=0.0, le=8.0)] = 0.0
    cutout: Part = 0.0


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """`[data.sampling]`: which training rows an epoch has (`trainers.protocols.sampling`).

    Attributes:
        kind: "all" rows once; "positive": rows with rare AUs repeated (Z. Zhang et al. 4.1); "intensity":
            as many zero as non-zero intensities of one AU in each view, also to validate (Zhou et al. III.A).
        least, most: repetitions of "positive".
        au, per_view: of "intensity"; `per_view` zero rows and as many non-zero ones.
    """

    kind: Literal["all", "positive", "intensity"] = "all"
    least: Count = 4
    most: Count = 7
    au: AuName | None = None
    per_view: Count = 3000

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.kind == "intensity" and self.au is None:
            raise ValueError('kind "intensity" needs an AU to balance: add au = "AU12"')
        if self.least > self.most:
            raise ValueError(f"least is {self.least}, most {self.most}: swap them")


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """`[data.missing]`: AU labels of training faces that are treated as if nobody had given them.

    Attributes:
        rate: share of them; 0 is none (Wang et al. 4.1: 0.1 to 0.5).
        whole_faces: all labels of that share of the faces, or else single ones, of each AU that share.
    """

    rate: Share = 0.0
    whole_faces: bool = True


class PoseRange(msgspec.Struct, frozen=True, kw_only=True):
    """`[data.pose_groups.NAME]`: a range of labelled head poses, as `engines.manifest.PoseGroup`.

    Attributes:
        pitch: degrees, lower end inclusive, upper exclusive; left out for any. > 0: face turned down.
        yaw: likewise. > 0: face turned to the left of the image.
    """

    pitch: tuple[Degrees, Degrees] | None = None
    yaw: tuple[Degrees, Degrees] | None = None


class DataRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """`[data]`: what a network sees, and in which portions.

    Attributes:
        picture: "crop": the aligned face as the runtime cuts it; "whole": the picture, stretched to the size;
            "none": no picture.
        size: side of the square picture in pixels.
        colour: "rgb" (3 channels) or "grey" (1 channel, Rec. 601 luma).
        equalise: equalise the histogram of each grey picture (Zhou et al. III.A).
        mean, std: a pixel, scaled to 0-1, becomes (pixel - mean) / std; one number per channel, or none
            for 0.5.
        anchors, template: where the crop lies, as in a bundle's crop input (docs/bundles.md).
        baseline: "subject": pictures are differences from the mean of all of the subject's (Ghosh et al. V);
            live it is the mean of those seen so far. "none": as they are.
        inputs: what else the network sees, as the runtime feeds it: kinds of `engines.INPUT_KINDS`.
        neutral: the resting face of input "neutral": the average one ("resting"), or each subject's own,
            learned from all its pictures ("subject"), as calibration does live.
        aus: Action Units to train, all that the corpus labels if left out.
        pose_groups: name -> range; a face belongs to the first that contains its labelled pose.
        augmentation, sampling, missing: tables of their own.
        adapt: a run of task cycle-attention whose generator gives training pictures another look
            (`adaptation`); empty: they stay as they are.
        batch: pictures per iteration, over all devices.
        workers: processes that read ahead, for pictures that do not fit in memory.
        memory: GiB that prepared pictures may take; more are read again every time.
    """

    picture: Literal["crop", "whole", "none"] = "crop"
    size: Annotated[int, Meta(ge=8, le=1024)] = 112
    colour: Literal["rgb", "grey"] = "rgb"
    equalise: bool = False
    mean: tuple[float, ...] = ()
    std: tuple[Positive, ...] = ()
    # The eyes and the mouth, placed so that brows and chin are inside also on a nodding head.
    anchors: tuple[tuple[Annotated[int, Meta(ge=0, le=477)], ...], ...] = ((33, 133), (362, 263), (61, 291))
    template: tuple[tuple[float, float], ...] = ((0.32, 0.4), (0.68, 0.4), (0.5, 0.74))
    baseline: Literal["none", "subject"] = "none"
    inputs: tuple[Literal["landmarks", "blendshapes", "neutral", "pose"], ...] = ()
    neutral: Literal["resting", "subject"] = "resting"
    aus: tuple[AuName, ...] = ()
    pose_groups: dict[str, PoseRange] = {}
    augmentation: Augmentation = Augmentation()
    sampling: Sampling = Sampling()
    missing: Missing = Missing()
    adapt: str = ""
    batch: Count = 64
    workers: Maybe = 0
    memory: NotNegative = 4.0

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for name in ("mean", "std"):
            if len(getattr(self, name)) not in (0, self.channels):
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} numbers: write {self.channels} for {self.colour}"
                )
        if self.equalise and self.colour != "grey":
            raise ValueError('equalise works on grey pictures: add colour = "grey"')
        if self.baseline == "subject" and (self.picture == "none" or self.equalise):
            raise ValueError('baseline "subject" needs a picture, and one that is not equalised')
        if self.picture == "none" and not self.inputs:
            raise ValueError('picture is "none" and inputs is empty: the network would see nothing')
        if len(self.anchors) != len(self.template) or len(self.anchors) < 2:
            raise ValueError(
                f"{len(self.anchors)} anchors and {len(self.template)} points of the template: "
                "give as many of both, two or more"
            )
        if self.augmentation.flip and "landmarks" in self.inputs:
            raise ValueError("landmarks cannot be mirrored: set augmentation.flip to 0")
        for what in ("inputs", "aus"):
            if len(set(getattr(self, what))) < len(getattr(self, what)):
                raise ValueError(f"{what} names one twice")

    @property
    def channels(self) -> int:
        """Channels of a picture."""
        return 3 if self.colour == "rgb" else 1


class OptimiserRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """`[optimiser]`: how weights are updated. `[optimisers.NAME]` changes keys for one optimiser of several.

    Attributes:
        kind: "nesterov" is "sgd" with Nesterov's momentum.
        lr: learning rate at its highest.
        momentum: of "sgd" and "nesterov".
        betas: of "adam" and "adamw".
        weight_decay: L2 penalty; decoupled with "adamw".
        schedule: "constant"; "step": times `decay` after every `every`; "exponential": the same, gradually;
            "linear": `hold` of the training at full rate, then straight to 0; "cosine": likewise, in half a
            cosine.
        decay, every: of "step" and "exponential".
        hold: of "linear" and "cosine", a share of the training.
        warmup: so many at a rate that rises from 0.
        unit: of `every` and `warmup`.
    """

    kind: Literal["sgd", "nesterov", "adam", "adamw"] = "adam"
    lr: Positive = 1e-3
    momentum: Part = 0.9
    betas: tuple[Part, Part] = (0.9, 0.999)
    weight_decay: NotNegative = 0.0
    schedule: Literal["constant", "step", "exponential", "linear", "cosine"] = "constant"
    decay: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.96
    every: Count = 2000
    hold: Part = 0.0
    warmup: Maybe = 0
    unit: Literal["iteration", "epoch"] = "iteration"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.kind == "nesterov" and self.momentum == 0.0:
            raise ValueError('kind "nesterov" needs a momentum above 0')


class TrainingRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """`[training]`: how long, how exactly, and which weights are the best.

    Attributes:
        epochs: passes over the training rows.
        iterations: instead of `epochs`: so many batches.
        interval: iterations between two looks at the validation rows, one epoch if left out.
        metric: the validation figure that decides which weights are best ("icc", "f1", "loss", "loss/NAME",
            "icc/AU12"); empty: the last are.
        mode: whether the best is the highest ("max") or the lowest ("min").
        patience: looks without a better figure, after which training stops; 0: never.
        clip: longest gradient, L2 norm over all of an optimiser's weights; 0: any.
        precision: of the arithmetic, as lightning-fabric names it.
        seed: of everything that is drawn.
        checkpoint: looks between two checkpoints.
    """

    epochs: Count | None = None
    iterations: Count | None = None
    interval: Count | None = None
    metric: str = ""
    mode: Literal["max", "min"] = "max"
    patience: Maybe = 0
    clip: NotNegative = 0.0
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    seed: Maybe = 0
    checkpoint: Count = 1

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if (self.epochs is None) == (self.iterations is None):
            raise ValueError("set one of epochs and iterations, not both")
        if self.patience and not self.metric:
            raise ValueError('patience needs a figure to watch: add metric = "icc", "f1" or "loss"')


class BundleRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """`[bundle]`: what the exported bundle is called; `livefacs export` can say otherwise.

    Attributes:
        name: lower-case letters, digits, hyphens; the recipe's own name if empty.
        version: letters, digits, dots.
        description: one line.
        resting_share: most of an AU score's range that live calibration may take for the person's rest; 0
            to publish what the networks say.
    """

    name: str = ""
    version: str = "1.0.0"
    description: str = ""
    resting_share: Annotated[float, Meta(ge=0.0, le=MAX_RESTING_SHARE)] = 0.0


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A whole recipe.

    Attributes:
        name: of the recipe, from where it was found: "pose-dependent/small".
        task: name of the task (`task_names`), and in `options` its own options, a struct of the task's.
        protocol: who is trained on and who validates (`trainers.protocols.PROTOCOLS`).
        fold: which split of a protocol that has several, from 1.
        optimisers: one per optimiser of the task that has keys of its own; the others use `optimiser`.
    """

    name: str
    task: str
    options: msgspec.Struct
    protocol: str = "partitions"
    fold: Count = 1
    data: DataRecipe = DataRecipe()
    optimiser: OptimiserRecipe = OptimiserRecipe()
    optimisers: dict[str, OptimiserRecipe] = {}
    training: TrainingRecipe
    bundle: BundleRecipe = BundleRecipe()
