"""What recipes say of a classifier of pictures, for all tasks that have one."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from trainers.backbones import Backbone, PictureClassifier
from trainers.backbones.backbone import IMAGENET
from trainers.training.recipe import DataRecipe
from trainers.training.task import TaskOptions


class ClassifierOptions(TaskOptions, frozen=True, kw_only=True):
    """Keys of `[task]` that describe the classifier.

    Attributes:
        backbone: of `trainers.backbones`.
        weights: the trunk starts from: "imagenet", "random", or a file with torchvision's names.
        pooled, neck: see `PictureClassifier`.
    """

    backbone: str = "resnet50"
    weights: str = IMAGENET
    pooled: bool = True
    neck: Annotated[int, Meta(ge=1)] = 64


def new_classifier(options: ClassifierOptions, data: DataRecipe, outputs: int) -> PictureClassifier:
    """Return the classifier that the options describe; its trunk's weights are still random."""
    trunk = Backbone(options.backbone, in_channels=data.channels)
    return PictureClassifier(trunk, size=data.size, outputs=outputs, pooled=options.pooled, neck=options.neck)
