"""Names, shapes and counts of parameters against what torchvision's networks have."""

from __future__ import annotations

import pytest
import torch

from trainers.backbones.mobilenet_v3 import MobileNetV3
from trainers.backbones.resnet import ResNet
from trainers.backbones.vgg import VGG

NETWORKS = {
    "vgg16": (VGG, 138_357_544),
    "vgg19": (VGG, 143_667_240),
    "resnet18": (ResNet, 11_689_512),
    "resnet34": (ResNet, 21_797_672),
    "resnet50": (ResNet, 25_557_032),
    "resnet101": (ResNet, 44_549_160),
    "mobilenet_v3_small": (MobileNetV3, 2_542_856),
    "mobilenet_v3_large": (MobileNetV3, 5_483_032),
}

# How many tensors a state dict has (batch norms have five each), and some of them.
TENSORS = {
    "vgg16": 32,
    "vgg19": 38,
    "resnet18": 122,
    "resnet34": 218,
    "resnet50": 320,
    "resnet101": 626,
    "mobilenet_v3_small": 244,
    "mobilenet_v3_large": 312,
}
SHAPES = {
    "vgg16": {
        "features.0.weight": (64, 3, 3, 3),
        "features.2.bias": (64,),
        "features.5.weight": (128, 64, 3, 3),
        "features.14.weight": (256, 256, 3, 3),
        "features.28.weight": (512, 512, 3, 3),
        "classifier.0.weight": (4096, 25088),
        "classifier.3.weight": (4096, 4096),
        "classifier.6.weight": (1000, 4096),
    },
    "vgg19": {
        "features.0.weight": (64, 3, 3, 3),
        "features.16.weight": (256, 256, 3, 3),
        "features.19.weight": (512, 256, 3, 3),
        "features.34.weight": (512, 512, 3, 3),
        "classifier.6.bias": (1000,),
    },
    "resnet18": {
        "conv1.weight": (64, 3, 7, 7),
        "bn1.running_var": (64,),
        "layer1.0.conv1.weight": (64, 64, 3, 3),
        "layer2.0.downsample.0.weight": (128, 64, 1, 1),
        "layer2.0.downsample.1.weight": (128,),
        "layer4.1.conv2.weight": (512, 512, 3, 3),
        "fc.weight": (1000, 512),
    },
    "resnet50": {
        "conv1.weight": (64, 3, 7, 7),
        "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "layer1.2.conv3.weight": (256, 64, 1, 1),
        "layer2.0.conv2.weight": (128, 128, 3, 3),
        "layer3.5.bn3.num_batches_tracked": (),
        "layer4.2.conv1.weight": (512, 2048, 1, 1),
        "fc.weight": (1000, 2048),
    },
    "resnet34": {"layer3.5.conv2.weight": (256, 256, 3, 3), "fc.weight": (1000, 512)},
    "resnet101": {"layer3.22.conv3.weight": (1024, 256, 1, 1), "fc.weight": (1000, 2048)},
    "mobilenet_v3_small": {
        "features.0.0.weight": (16, 3, 3, 3),
        "features.1.block.0.0.weight": (16, 1, 3, 3),
        "features.1.block.1.fc1.weight": (8, 16, 1, 1),
        "features.1.block.2.1.running_mean": (16,),
        "features.4.block.1.0.weight": (96, 1, 5, 5),
        "features.7.block.2.fc1.weight": (32, 120, 1, 1),
        "features.11.block.2.fc2.bias": (576,),
        "features.12.0.weight": (576, 96, 1, 1),
        "classifier.0.weight": (1024, 576),
        "classifier.3.weight": (1000, 1024),
    },
    "mobilenet_v3_large": {
        "features.1.block.0.0.weight": (16, 1, 3, 3),
        "features.4.block.2.fc1.weight": (24, 72, 1, 1),
        "features.8.block.0.0.weight": (200, 80, 1, 1),
        "features.11.block.2.fc1.weight": (120, 480, 1, 1),
        "features.15.block.3.0.weight": (160, 960, 1, 1),
        "features.16.0.weight": (960, 160, 1, 1),
        "classifier.0.weight": (1280, 960),
    },
}


@pytest.fixture(params=NETWORKS)
def complete(request):
    """Name and complete network, without memory for its weights."""
    made, _ = NETWORKS[request.param]
    with torch.device("meta"):
        return request.param, made(request.param)


def test_parameters_are_as_many_as_torchvisions(complete) -> None:
    name, network = complete
    assert sum(parameter.numel() for parameter in network.parameters()) == NETWORKS[name][1]


def test_names_and_shapes_are_torchvisions(complete) -> None:
    name, network = complete
    held = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert len(held) == TENSORS[name]
    assert {key: held.get(key) for key in SHAPES[name]} == SHAPES[name]


def test_complete_networks_tell_a_thousand_classes(complete) -> None:
    _, network = complete
    assert network(torch.zeros(2, 3, 224, 224, device="meta")).shape == (2, 1000)
