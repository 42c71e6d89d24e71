"""Generators and discriminators: shapes, what a score looks at, how they begin, memory saved."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trainers.cycle_attention.discriminator import PatchDiscriminator
from trainers.cycle_attention.generator import Generator


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.mark.parametrize(("channels", "size"), [(3, 64), (1, 32)])
def test_a_generator_keeps_the_shape_and_stays_in_range(channels, size) -> None:
    generator = Generator(channels=channels, width=4, blocks=2)
    made = generator(torch.rand(2, channels, size, size) * 2 - 1)
    assert made.shape == (2, channels, size, size)
    assert made.abs().max() <= 1


def test_the_papers_generator_is_two_strides_nine_blocks_two_half_strides() -> None:
    generator = Generator()
    down = [layer for layer in generator.encoder if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2)]
    up = [layer for layer in generator.decoder if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.out_channels for layer in down] == [128, 256]
    assert [(layer.out_channels, layer.stride) for layer in up] == [(128, (2, 2)), (64, (2, 2))]
    assert len(generator.blocks) == 9


@pytest.mark.parametrize(("layers", "field"), [(3, 70), (2, 34), (1, 16)])
def test_a_score_looks_at_one_patch(layers, field) -> None:
    discriminator = PatchDiscriminator(width=4, layers=layers)
    assert discriminator.receptive_field == field
    # Instance normalisation looks at everything: without it only the patch moves the score.
    for position, layer in enumerate(discriminator.layers):
        if isinstance(layer, nn.InstanceNorm2d):
            discriminator.layers[position] = nn.Identity()
    picture = torch.rand(1, 3, 128, 128, requires_grad=True)
    scores = discriminator(picture)
    middle = scores.shape[-1] // 2
    scores[0, middle, middle].backward()
    assert picture.grad is not None
    moved = picture.grad[0].abs().sum(dim=0) > 0
    for side in (0, 1):
        seen = torch.nonzero(moved.any(dim=side)).flatten()
        assert int(seen.max() - seen.min()) + 1 == field


@pytest.mark.parametrize("network", [Generator(width=32, blocks=1), PatchDiscriminator(width=32)])
def test_weights_begin_at_a_standard_deviation_of_two_hundredths(network) -> None:
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.15)
            assert float(layer.weight.detach().mean()) == pytest.approx(0, abs=3e-3)
            assert layer.bias is not None and not layer.bias.any()


def test_saving_memory_changes_no_gradient() -> None:
    plain, saving = Generator(width=4, blocks=2), Generator(width=4, blocks=2, saving=True)
    saving.load_state_dict(plain.state_dict())
    picture = torch.rand(1, 3, 16, 16)
    for generator in (plain, saving):
        generator(picture).square().mean().backward()
    for one, two in zip(plain.parameters(), saving.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad)
