"""Convolutional trunks by name, with torchvision's parameter names, so that its ImageNet weights load.

`backbone("vgg16")` gives a `Backbone`; `BACKBONES` lists the names.
"""

from trainers.backbones.backbone import BACKBONES, Backbone, backbone, give_weights, start_trunk
from trainers.backbones.convolution_groups import convolution_groups
from trainers.backbones.feature_maps import feature_maps
from trainers.backbones.folding import folded
from trainers.backbones.picture_classifier import PictureClassifier
from trainers.backbones.standardise import Standardise
from trainers.backbones.weights import IMAGENET_MEAN, IMAGENET_STD, WeightsError

__all__ = [
    "BACKBONES",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "Backbone",
    "PictureClassifier",
    "Standardise",
    "WeightsError",
    "backbone",
    "convolution_groups",
    "feature_maps",
    "folded",
    "give_weights",
    "start_trunk",
]
