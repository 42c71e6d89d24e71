"""Backbones by name: their maps, and which weights they start from."""

from __future__ import annotations

import hashlib
import logging

import pytest
import torch
from safetensors.torch import save_file

from realtime.errors import OptionError
from trainers.backbones import BACKBONES, Backbone, WeightsError, backbone, weights
from trainers.backbones.mobilenet_v3 import MobileNetV3
from trainers.backbones.resnet import ResNet

CHANNELS = {
    "vgg16": 512,
    "vgg19": 512,
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "resnet101": 2048,
    "mobilenet_v3_small": 576,
    "mobilenet_v3_large": 960,
    "mobileone_s0": 1024,
    "slim_resnet": 192,
    "slim_plain": 192,
}
STRIDE = {"slim_resnet": 16, "slim_plain": 16}


@pytest.fixture(autouse=True)
def hub(tmp_path):
    """A cache of torch.hub's own for each test, and an address that answers nothing."""
    before = torch.hub.get_dir()
    torch.hub.set_dir(tmp_path / "hub")
    yield tmp_path / "hub"
    torch.hub.set_dir(before)


@pytest.fixture(scope="module")
def resnet():
    """A complete ResNet-18 whose statistics are not those of a new one, in evaluation mode."""
    torch.manual_seed(0)
    network = ResNet("resnet18").eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network


@pytest.fixture
def saved(resnet, tmp_path):
    path = tmp_path / "resnet18.pth"
    torch.save(resnet.state_dict(), path)
    return path


def trunk_of(resnet: ResNet, pictures: torch.Tensor) -> torch.Tensor:
    return super(ResNet, resnet).forward(pictures)


def test_every_backbone_is_listed() -> None:
    assert set(BACKBONES) == set(CHANNELS)


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("size", [224, 112, 96])
def test_maps_have_the_channels_and_size_told(name: str, size: int) -> None:
    with torch.device("meta"):
        made = Backbone(name, in_channels=1)
        features = made(torch.zeros(2, 1, size, size))
    assert (made.name, made.channels, made.stride, made.weights) == (
        name,
        CHANNELS[name],
        STRIDE.get(name, 32),
        "random",
    )
    side = {224: 7, 112: 3 if name.startswith("vgg") else 4, 96: 3}[size]
    if name.startswith("slim_"):
        side = size // 16
    assert made.map_side(size) == side
    assert features.shape == (2, made.channels, side, side)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(OptionError, match="backbone alexnet: not known; choose of vgg16, vgg19"):
        backbone("alexnet", weights="random")


def test_fully_connected_layers_end_in_4096_units() -> None:
    with torch.device("meta"):
        made = Backbone("vgg19", with_fully_connected=True)
        hidden = made.fully_connected(made(torch.zeros(2, 3, 224, 224)))
    assert hidden.shape == (2, 4096)
    with pytest.raises(OptionError, match="resnet18: has no FC6 and FC7; vgg16, vgg19 have"):
        Backbone("resnet18", with_fully_connected=True)


def test_fully_connected_layers_take_torchvisions_classifier() -> None:
    from trainers.backbones.backbone import _kind

    names = [_kind("vgg16").torchvision_name(f"fully_connected.{k}.weight") for k in (0, 3)]
    assert names == ["classifier.0.weight", "classifier.3.weight"]


def test_a_file_of_the_complete_network_gives_its_trunk(resnet, saved) -> None:
    made = backbone("resnet18", weights=saved).eval()
    pictures = torch.randn(2, 3, 64, 64)
    assert torch.equal(made(pictures), trunk_of(resnet, pictures))
    assert made.weights == f"resnet18.pth, sha256 {hashlib.sha256(saved.read_bytes()).hexdigest()[:12]}"


def test_safetensors_and_checkpoints_are_read(resnet, tmp_path) -> None:
    safe, checkpoint = tmp_path / "w.safetensors", tmp_path / "w.pt"
    save_file(resnet.state_dict(), safe)
    torch.save({"epoch": 3, "state_dict": resnet.state_dict()}, checkpoint)
    pictures = torch.randn(1, 3, 64, 64)
    for path in (safe, checkpoint):
        assert torch.equal(backbone("resnet18", weights=path).eval()(pictures), trunk_of(resnet, pictures))


def test_files_without_batch_counts_are_taken(resnet, tmp_path) -> None:
    older = {k: v for k, v in resnet.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(older, tmp_path / "older.pth")
    pictures = torch.randn(1, 3, 64, 64)
    made = backbone("resnet18", weights=tmp_path / "older.pth").eval()
    assert torch.equal(made(pictures), trunk_of(resnet, pictures))


def test_grey_is_colour_of_three_equal_channels(resnet, saved) -> None:
    grey = torch.randn(2, 1, 64, 64)
    made = backbone("resnet18", weights=saved, in_channels=1).eval()
    torch.testing.assert_close(made(grey), trunk_of(resnet, grey.expand(-1, 3, -1, -1)))


def test_a_backbone_restores_its_own_state(saved) -> None:
    made = backbone("resnet18", weights=saved, in_channels=1)
    again = Backbone("resnet18", in_channels=1)
    again.load_state_dict(made.state_dict())
    assert torch.equal(again.features.conv1.weight, made.features.conv1.weight)


def test_another_networks_file_is_refused_in_one_line(tmp_path) -> None:
    path = tmp_path / "mobile.pth"
    torch.save(MobileNetV3("mobilenet_v3_small").state_dict(), path)
    with pytest.raises(WeightsError) as refused:
        backbone("resnet18", weights=path)
    line = str(refused.value)
    assert "\n" not in line and str(path) in line and "not those of resnet18" in line
    assert "lacks conv1.weight, bn1.weight, bn1.bias and " in line
    assert "has unknown features.0.0.weight" in line


def test_another_shape_is_refused(resnet, tmp_path) -> None:
    wide = dict(resnet.state_dict()) | {"conv1.weight": torch.zeros(64, 4, 7, 7)}
    torch.save(wide, tmp_path / "wide.pth")
    with pytest.raises(WeightsError, match=r"conv1.weight is \(64, 4, 7, 7\) instead of \(64, 3, 7, 7\)"):
        backbone("resnet18", weights=tmp_path / "wide.pth")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_files_that_hold_no_weights_are_refused(tmp_path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    with pytest.raises(WeightsError, match="no such file"):
        backbone("resnet18", weights=path)
    path.write_bytes(b"not weights at all")
    with pytest.raises(WeightsError, match="cannot be read"):
        backbone("resnet18", weights=path)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="holds no tensors by name"):
        backbone("resnet18", weights=tmp_path / "list.pth")


def test_imagenet_weights_come_through_torch_hub_and_its_cache(
    resnet, saved, tmp_path, hub, monkeypatch
) -> None:
    name = f"resnet18-{hashlib.sha256(saved.read_bytes()).hexdigest()[:8]}.pth"
    remote = tmp_path / "remote"
    remote.mkdir()
    saved.rename(remote / name)
    monkeypatch.setattr(weights, "ADDRESS", remote.as_uri() + "/")
    monkeypatch.setitem(weights.IMAGENET_FILES, "resnet18", name)
    made = backbone("resnet18").eval()
    pictures = torch.randn(1, 3, 64, 64)
    assert torch.equal(made(pictures), trunk_of(resnet, pictures))
    assert made.weights == f"ImageNet, torchvision's {name}"
    (remote / name).unlink()
    assert (hub / "checkpoints" / name).is_file()
    assert backbone("resnet18").weights == made.weights


@pytest.mark.parametrize("name", ["resnet18", "mobileone_s0"])
def test_random_weights_in_place_of_imagenets_are_announced(name: str, tmp_path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(weights, "ADDRESS", (tmp_path / "nowhere").as_uri() + "/")
    with caplog.at_level(logging.WARNING):
        assert backbone(name).weights == "random"
    (warning,) = caplog.messages
    assert f"backbone {name} starts from RANDOM weights" in warning and "give a file" in warning
    assert "\n" not in warning


def test_random_weights_asked_for_are_not_announced(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        backbone("mobileone_s0", weights="random")
    assert not caplog.messages
