"""The deconvnet against explicit loops, and against its own invariants."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from generator.compute.reconstruct import deconvnet, group_by_crop, reconstruct
from generator.network.probed import ProbedLayer, probe_layers
from tests import oracles

SIZE = 13


def last_layer(model: nn.Sequential, parts: list[oracles.Part]) -> ProbedLayer:
    """The layer at the end of a random network."""
    (layer,) = probe_layers(model, {"layer1": str(len(parts) - 1)}, SIZE)
    return layer


def active_units(maps: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw filter, row, column of positive activations; the first and last always take part."""
    found = np.argwhere(maps > 0)
    picks = rng.permutation(len(found))[: max(count - 2, 0)].tolist()
    return found[sorted({0, len(found) - 1, *picks})] if len(found) else found


@pytest.mark.parametrize("seed", range(8))
def test_equals_explicit_loops_on_the_crop_alone(seed: int) -> None:
    """The receptive-field crop gives the activation and projection of the whole image."""
    rng = np.random.default_rng(seed)
    parts = oracles.random_network(rng, channels=3, size=(SIZE, SIZE))
    model = oracles.to_torch(parts)
    layer = last_layer(model, parts)
    image = rng.normal(size=(3, SIZE, SIZE))
    maps = oracles.forward(parts, image)[-1]
    for filter_, row, column in active_units(maps, rng, 3).tolist():
        rows, columns = layer.field.crop(row, SIZE), layer.field.crop(column, SIZE)
        crop = torch.from_numpy(
            image[None, :, rows.start : rows.stop, columns.start : columns.stop].copy()
        )
        activation, signal = reconstruct(
            model, layer, crop, torch.tensor([filter_]), (rows.unit, columns.unit)
        )
        whole = np.zeros_like(image)
        whole[:, rows.start : rows.stop, columns.start : columns.stop] = signal[0].numpy()
        expected = oracles.deconvnet(parts, image, len(parts) - 1, filter_, row, column)
        assert float(activation[0]) == pytest.approx(float(maps[filter_, row, column]), rel=1e-10)
        np.testing.assert_allclose(whole, expected, rtol=1e-9, atol=1e-12)


def test_random_networks_are_mostly_alive() -> None:
    """The comparison above means something only if the networks activate."""
    alive = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        parts = oracles.random_network(rng, channels=3, size=(SIZE, SIZE))
        alive += bool((oracles.forward(parts, rng.normal(size=(3, SIZE, SIZE)))[-1] > 0).any())
    assert alive >= 6


def small_network() -> nn.Sequential:
    """Two convolutions with all that may stand between them."""
    torch.manual_seed(3)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(4, 6, 3, 1, 1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
    )
    return model.double().eval()


def test_the_support_lies_inside_the_box() -> None:
    """Nothing is projected outside the receptive field."""
    model = small_network()
    (layer,) = probe_layers(model, {"layer1": "5"}, 24)
    image = torch.randn(1, 3, 24, 24, dtype=torch.float64)
    maps = model(image)
    f, r, c = (maps[0] > 0).nonzero()[5].tolist()
    _, signal = reconstruct(model, layer, image, torch.tensor([f]), (r, c))
    (top, bottom), (left, right) = layer.field.interval(r), layer.field.interval(c)
    outside = signal[0].clone()
    outside[:, max(top, 0) : bottom, max(left, 0) : right] = 0
    assert signal.abs().max() > 0
    assert outside.abs().max() == 0


def test_the_projection_scales_with_its_seed() -> None:
    """Every step down is homogeneous: a last layer twice as strong projects twice the signal."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.Conv2d(4, 2, 3, bias=False))
    model.append(nn.ReLU()).double().eval()
    (layer,) = probe_layers(model, {"layer1": "3"}, 5)
    torch.manual_seed(0)
    image = torch.randn(8, 3, 5, 5, dtype=torch.float64)
    filters = torch.zeros(8, dtype=torch.int64)
    before, signal = reconstruct(model, layer, image, filters, (0, 0))
    assert (before > 0).any()
    with torch.no_grad():
        assert isinstance(model[2].weight, torch.Tensor)
        model[2].weight *= 3
    after, louder = reconstruct(model, layer, image, filters, (0, 0))
    torch.testing.assert_close(after, 3 * before)
    # Three times the activation, through kernels three times as large.
    torch.testing.assert_close(louder, 9 * signal)


def test_it_is_neither_the_gradient_nor_guided_backpropagation() -> None:
    """The signal is rectified by its own sign, wherever the forward activation was zero."""
    up = nn.Conv2d(1, 1, 1)
    down = nn.Conv2d(1, 1, 1)
    model = nn.Sequential(up, nn.ReLU(), down, nn.ReLU()).double().eval()
    with torch.no_grad():
        for layer, weight, bias in ((up, 1.0, 0.0), (down, 2.0, 5.0)):
            layer.weight.fill_(weight)
            assert layer.bias is not None
            layer.bias.fill_(bias)
    (probed,) = probe_layers(
        nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU()).double(), {"layer1": "1"}, 1
    )
    probed = ProbedLayer("layer1", "Layer 1", "3", 1, (1, 1), probed.field)
    image = torch.full((1, 1, 1, 1), -1.0, dtype=torch.float64)
    activation, signal = reconstruct(model, probed, image, torch.tensor([0]), (0, 0))
    # The first ReLU is shut (input −1): the gradient and guided backpropagation would give 0.
    assert float(activation) == 5.0
    assert float(signal) == 10.0


def test_the_rule_comes_off_after_an_exception() -> None:
    """A model is left as it was found, whatever happens inside the block."""
    model = small_network()
    with pytest.raises(ZeroDivisionError), deconvnet(model):
        raise ZeroDivisionError
    assert all("forward" not in vars(module) for module in model.modules())
    image = torch.randn(1, 3, 24, 24, dtype=torch.float64, requires_grad=True)
    plain = torch.autograd.grad(model(image).sum(), image)[0]
    with deconvnet(model):
        ruled = torch.autograd.grad(model(image).sum(), image)[0]
    again = torch.autograd.grad(model(image).sum(), image)[0]
    assert not torch.equal(plain, ruled)
    assert torch.equal(plain, again)


def test_groups_hold_every_unit_once_with_crops_of_one_shape() -> None:
    """Grouping loses no place and mixes no shapes."""
    (layer,) = probe_layers(small_network(), {"layer1": "5"}, 24)
    rows, columns = layer.grid
    units = torch.tensor([(r, c) for r in range(rows) for c in range(columns)])
    groups = group_by_crop(layer, units, 24)
    assert sorted(m for group in groups for m in group.members) == list(range(len(units)))
    assert len(groups) > 1
    for group in groups:
        for member, corner in zip(group.members, group.corners, strict=True):
            for axis, length in ((0, group.height), (1, group.width)):
                crop = layer.field.crop(int(units[member, axis]), 24)
                assert (crop.start, crop.stop) == (corner[axis], corner[axis] + length)
                assert crop.unit == group.unit[axis]
