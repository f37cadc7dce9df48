"""The oracles agree with torch's autograd and with examples worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from tests.oracles import loops as oracles
from tests.oracles.loops import BatchNorm, Conv, MaxPool, Network, Part, Relu

SEEDS = range(8)
FEW_SEEDS = range(5)

# A row of five pixels; the second and third windows of the pool share their maximum.
ROW = np.array([[[0.5, 1.0, 0.0, 1.5, -0.5]]])
ROW_NETWORK: list[Part] = [
    Conv(np.full((1, 1, 1, 1), 2.0), np.array([1.0])),  # 2 3 1 4 0
    Relu(),
    MaxPool(kernel=3, stride=2, padding=1),  # 3 4 4, from columns 1 3 3
    Conv(np.array([[[[-1.0, 3.0, -1.0]]]]), np.array([10.0])),  # -3 + 12 - 4 + 10 = 15
    Relu(),
]


def draw(seed: int, *, rectangular: bool = False) -> tuple[list[Part], oracles.Array]:
    """Draw a network and an image c h w of two maps for it."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(7, 12)), int(rng.integers(7, 12))
    network = oracles.random_network(rng, channels=2, size=size, rectangular=rectangular)
    return network, rng.normal(0.0, 1.0, (2, *size))


def relus(network: Network) -> list[int]:
    """List where the ReLUs stand."""
    return [index for index, part in enumerate(network) if isinstance(part, Relu)]


def active_units(activation: oracles.Array, seed: int) -> list[tuple[int, int, int]]:
    """Choose up to two units f r c with positive activation."""
    places = np.argwhere(activation > 0)
    chosen = np.random.default_rng(seed).permutation(len(places))[:2]
    return [(int(f), int(r), int(c)) for f, r, c in places[chosen]]


class OnlyPositive(nn.Module):
    """A ReLU whose gradient is the incoming one where that is positive: its own sign is ignored."""

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        """Rectify a signal of any shape."""

        class Rule(torch.autograd.Function):
            @staticmethod
            def forward(ctx: object, signal: torch.Tensor) -> torch.Tensor:
                return torch.relu(signal)

            @staticmethod
            def backward(ctx: object, *gradients: torch.Tensor) -> torch.Tensor:
                return torch.relu(gradients[0])

        result: torch.Tensor = Rule.apply(signal)  # type: ignore[no-untyped-call]
        return result


def backward(
    model: nn.Sequential, image: oracles.Array, layer_index: int, unit: tuple[int, int, int]
) -> oracles.Array:
    """Give activation times its gradient in the image, by torch."""
    pixels = torch.from_numpy(image).clone().requires_grad_()
    activation = model[: layer_index + 1](pixels[None])[0][unit]
    (gradient,) = torch.autograd.grad(activation, pixels)
    found: oracles.Array = (gradient * activation).detach().numpy()
    return found


def summing_twin(network: Network) -> nn.Sequential:
    """Make the network in torch with every weight one, no ReLU and sums in place of maxima."""
    parts: list[nn.Module] = []
    for part, module in zip(network, oracles.to_torch(network), strict=True):
        if isinstance(part, Conv):
            assert isinstance(module, nn.Conv2d)
            nn.init.ones_(module.weight)
            parts.append(module)
        elif isinstance(part, MaxPool):
            parts.append(nn.AvgPool2d(part.kernel, part.stride, part.padding, divisor_override=1))
        else:
            parts.append(nn.Identity())
    return nn.Sequential(*parts)


# --- Forward --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rectangular", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_forward_equals_torch_after_every_part(seed: int, rectangular: bool) -> None:
    """Loops and torch agree on a random network, in shape and value, after each of its parts."""
    network, image = draw(seed, rectangular=rectangular)
    signal = torch.from_numpy(image)[None]
    found = oracles.forward(network, image)
    assert len(found) == len(network)
    for module, activation in zip(oracles.to_torch(network), found, strict=True):
        signal = module(signal)
        np.testing.assert_allclose(activation, signal[0].detach().numpy(), rtol=1e-12, atol=1e-12)


def test_forward_by_hand() -> None:
    """The row of five pixels gives the values that a pencil gives."""
    found = oracles.forward(ROW_NETWORK, ROW)
    assert found[1].tolist() == [[[2.0, 3.0, 1.0, 4.0, 0.0]]]
    assert found[2].tolist() == [[[3.0, 4.0, 4.0]]]
    assert found[4].tolist() == [[[15.0]]]


def test_convolution_by_hand() -> None:
    """Stride, dilation, padding and an unflipped kernel: 1 x first + 10 x third of three."""
    conv = Conv(np.array([[[[1.0, 10.0]]]]), None, stride=3, padding=1, dilation=2)
    image = np.array([[[2.0, 3.0, 5.0, 7.0]]])
    found = oracles.convolve(conv, image)
    # The kernel is one row high, so that the padding adds one row of zeros above and, at stride 3,
    # none below. Windows start at columns -1 and 2: 10 x 3; 5 + 10 x padding.
    assert found.tolist() == [[[0.0, 0.0]]]
    wide = oracles.convolve(conv, np.concatenate([image, image, image], axis=1))
    assert wide.tolist() == [[[0.0, 0.0], [30.0, 5.0]]]


def test_groups_keep_their_maps_apart() -> None:
    """In a convolution of two groups the second filter never sees the first map."""
    conv = Conv(np.array([[[[2.0]]], [[[3.0]]]]), None, groups=2)
    assert oracles.convolve(conv, np.array([[[5.0]], [[7.0]]])).tolist() == [[[10.0]], [[21.0]]]


def test_padding_never_wins_a_pool() -> None:
    """The maximum of negative values is negative, even where the window reaches outside."""
    maxima, switches = oracles.max_pool(MaxPool(3, 2, 1), np.array([[[-4.0, -2.0], [-3.0, -5.0]]]))
    assert maxima.tolist() == [[[-2.0]]]
    assert switches.tolist() == [[[[0, 1]]]]


def test_first_of_equal_maxima_wins_as_in_torch() -> None:
    """On maps of many equal values, switches are the first in row-major order, and torch's."""
    signal = np.random.default_rng(3).integers(0, 3, (2, 9, 8)).astype(np.float64)
    maxima, switches = oracles.max_pool(MaxPool(3, 2, 1), signal)
    pool = nn.MaxPool2d(3, 2, 1, return_indices=True)
    expected, indices = pool(torch.from_numpy(signal)[None])
    assert maxima.tolist() == expected[0].tolist()
    assert (switches[..., 0] * 8 + switches[..., 1]).tolist() == indices[0].tolist()
    _, level = oracles.max_pool(MaxPool(2, 2), np.zeros((1, 2, 2)))
    assert level.tolist() == [[[[0, 0]]]]


# --- Reconstruction -------------------------------------------------------------------------------


def test_deconvnet_by_hand() -> None:
    """Shared maxima add before the rectifier; biases take no part.

    From 15: the kernel gives -15, 45, -15; unpooled 0, -15, 0, 45 - 15, 0; rectified 0 0 0 30 0;
    times 2. Rectifying before unpooling would give 90, overwriting 0 or 90.
    """
    found = oracles.deconvnet(ROW_NETWORK, ROW, 4, 0, 0, 0)
    assert found.tolist() == [[[0.0, 0.0, 0.0, 60.0, 0.0]]]


def test_deconvnet_of_an_inner_layer_by_hand() -> None:
    """The first ReLU's unit 3, at activation 4, gives 4 x weight 2 at its own pixel, signed."""
    assert oracles.deconvnet(ROW_NETWORK, ROW, 1, 0, 0, 3).tolist() == [[[0, 0, 0, 8.0, 0]]]
    negative: list[Part] = [Conv(np.full((1, 1, 1, 1), -2.0), None), Relu()]
    assert oracles.deconvnet(negative, ROW, 1, 0, 0, 4).tolist() == [[[0, 0, 0, 0, -2.0]]]


def test_deconvnet_rectifies_the_signal_not_the_forward_activation() -> None:
    """A positive signal passes a ReLU that was closed on the way forward."""
    network: list[Part] = [Relu(), Conv(np.array([[[[1.0, 1.0]]]]), None), Relu()]
    assert oracles.deconvnet(network, np.array([[[-1.0, 2.0]]]), 2, 0, 0, 0).tolist() == [[[2, 2]]]


def test_batch_norm_is_reversed_as_its_adjoint() -> None:
    """Forward (x - mean) x gain / sqrt(variance + eps) + shift; backward the factor alone."""
    gain, shift, mean, variance = (np.array([value]) for value in (-6.0, 1.0, 2.0, 3.0))
    norm = BatchNorm(gain, shift, mean, variance, eps=1.0)  # The factor is -6 / sqrt(4) = -3.
    network: list[Part] = [norm, Relu()]
    image = np.array([[[1.0]]])
    assert oracles.forward(network, image)[1].tolist() == [[[4.0]]]
    assert oracles.deconvnet(network, image, 1, 0, 0, 0).tolist() == [[[-12.0]]]


@pytest.mark.parametrize("seed", SEEDS)
def test_deconvnet_without_inner_relus_is_the_gradient(seed: int) -> None:
    """With no ReLU below the layer, a reconstruction is activation times gradient."""
    full, image = draw(seed)
    network = [*(part for part in full[:-1] if not isinstance(part, Relu)), Relu()]
    last = len(network) - 1
    units = active_units(oracles.forward(network, image)[last], seed)
    model = oracles.to_torch(network)
    for unit in units:
        found = oracles.deconvnet(network, image, last, *unit)
        np.testing.assert_allclose(found, backward(model, image, last, unit), atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_deconvnet_is_a_backward_pass_with_rectified_gradients(seed: int) -> None:
    """At every ReLU of the network, torch with max(gradient, 0) in each ReLU agrees."""
    network, image = draw(seed)
    outputs = oracles.forward(network, image)
    model = oracles.to_torch(network)
    for index in relus(network):
        model[index] = OnlyPositive()
    for index in relus(network):
        for unit in active_units(outputs[index], seed):
            found = oracles.deconvnet(network, image, index, *unit)
            np.testing.assert_allclose(found, backward(model, image, index, unit), atol=1e-10)


def test_comparisons_with_torch_can_fail() -> None:
    """Over a few seeds there are active units, and most reconstructions are not plain gradients."""
    units = differ = 0
    for seed in FEW_SEEDS:
        network, image = draw(seed)
        last = len(network) - 1
        model = oracles.to_torch(network)
        for unit in active_units(oracles.forward(network, image)[last], seed):
            units += 1
            found = oracles.deconvnet(network, image, last, *unit)
            differ += not np.allclose(found, backward(model, image, last, unit), atol=1e-10)
    assert units > len(FEW_SEEDS)
    assert differ > units / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_transposed_convolution_is_the_adjoint(seed: int) -> None:
    """For each convolution of a random network, without its bias, <Ax, y> = <x, A'y>."""
    rng = np.random.default_rng(seed)
    network, image = draw(seed, rectangular=True)
    convolutions = [part for part in network if isinstance(part, Conv)]
    assert convolutions
    for part in convolutions:
        height, width = image.shape[1:]
        x = rng.normal(size=(part.weight.shape[1] * part.groups, height, width))
        linear = Conv(part.weight, None, part.stride, part.padding, part.dilation, part.groups)
        forwards = oracles.convolve(linear, x)
        y = rng.normal(size=forwards.shape)
        back = oracles.transposed_convolve(part, y, height, width)
        assert np.vdot(forwards, y) == pytest.approx(np.vdot(x, back), abs=1e-9)


def test_deconvnet_wants_a_relu() -> None:
    """A layer is named by its ReLU; any other part is refused."""
    with pytest.raises(ValueError, match="part 2 is MaxPool"):
        oracles.deconvnet(ROW_NETWORK, ROW, 2, 0, 0, 0)


# --- Receptive field ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """A row of the table of layers in SCIENCE.md, and where its ReLU stands in `zfnet()`."""

    relu: int
    grid: int
    field: int
    stride: int
    offset: int


LAYERS = [
    Layer(relu=1, grid=110, field=7, stride=2, offset=-1),
    Layer(relu=4, grid=26, field=27, stride=8, offset=-3),
    Layer(relu=7, grid=13, field=75, stride=16, offset=-27),
    Layer(relu=9, grid=13, field=107, stride=16, offset=-43),
    Layer(relu=11, grid=13, field=139, stride=16, offset=-59),
]


def zfnet() -> list[Part]:
    """Give ZFNet's geometry with one map in each layer."""

    def conv(kernel: int, stride: int, padding: int) -> Conv:
        return Conv(np.ones((1, 1, kernel, kernel)), None, stride, padding)

    pool = MaxPool(kernel=3, stride=2, padding=1)
    first: list[Part] = [conv(7, 2, 1), Relu(), pool, conv(5, 2, 0), Relu(), pool]
    last: list[Part] = [conv(3, 1, 1), Relu()]
    return [*first, *last, *last, *last]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: f"relu{layer.relu}")
def test_zfnet_receptive_fields_are_those_of_the_table(layer: Layer) -> None:
    """At 224 pixels every layer has the table's grid, field, stride and offset, clipped."""
    network = zfnet()
    assert oracles.grids(network, (224, 224))[layer.relu + 1] == (layer.grid, layer.grid)
    middle, last = layer.grid // 2, layer.grid - 1
    for row, col in [(0, 0), (middle, middle), (middle, middle + 1), (1, last), (last, last)]:
        top, left = (layer.offset + layer.stride * unit for unit in (row, col))
        bottom, right = top + layer.field, left + layer.field
        expected = max(top, 0), max(left, 0), min(bottom, 224), min(right, 224)
        found = oracles.receptive_field_by_gradient(network, (224, 224), layer.relu, row, col)
        assert found == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_receptive_field_is_the_support_of_a_positive_gradient(seed: int) -> None:
    """In torch, the gradient of the summing network has exactly this box, at every unit."""
    network, image = draw(seed, rectangular=True)
    height, width = image.shape[1:]
    last = len(network) - 1
    pixels = torch.ones((1, *image.shape), dtype=torch.float64, requires_grad=True)
    activation = summing_twin(network)(pixels)
    for row, col in np.ndindex(activation.shape[2:]):
        unit = activation[0, :, row, col].sum()
        (gradient,) = torch.autograd.grad(unit, pixels, retain_graph=True)
        _, rows, cols = gradient[0].detach().numpy().nonzero()
        expected = rows.min(), cols.min(), rows.max() + 1, cols.max() + 1
        found = oracles.receptive_field_by_gradient(network, (height, width), last, row, col)
        assert found == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_reconstruction_lies_inside_the_receptive_field(seed: int) -> None:
    """No pixel outside the box of a unit is touched by its reconstruction."""
    network, image = draw(seed)
    size = image.shape[1], image.shape[2]
    last = len(network) - 1
    for filter, row, col in active_units(oracles.forward(network, image)[last], seed):
        found = oracles.deconvnet(network, image, last, filter, row, col)
        top, left, bottom, right = oracles.receptive_field_by_gradient(
            network, size, last, row, col
        )
        found[:, top:bottom, left:right] = 0
        assert not found.any()


def test_receptive_field_ignores_zero_weights() -> None:
    """A weight that happens to be zero still counts, and dilation reaches further."""
    network: list[Part] = [Conv(np.zeros((1, 1, 3, 3)), None, dilation=2), Relu()]
    assert oracles.receptive_field_by_gradient(network, (7, 8), 1, 1, 2) == (1, 2, 6, 7)


def test_receptive_field_wants_a_unit_of_the_grid() -> None:
    """A place outside the layer's grid is refused rather than counted from the end."""
    with pytest.raises(ValueError, match=r"no unit \(0, -1\) in a grid of 1 x 1"):
        oracles.receptive_field_by_gradient(ROW_NETWORK, (1, 5), 4, 0, -1)


def test_a_unit_that_sees_only_padding_has_no_receptive_field() -> None:
    """Padding wider than the kernel makes such units; there is no box to give."""
    network: list[Part] = [Conv(np.ones((1, 1, 1, 1)), None, padding=1), Relu()]
    with pytest.raises(ValueError, match="only padding"):
        oracles.receptive_field_by_gradient(network, (3, 3), 1, 0, 0)


# --- Top nine and patches -------------------------------------------------------------------------


def test_top_nine_by_hand() -> None:
    """One place per image, the first of equal ones; ties by image; only positive values."""
    activations = np.zeros((4, 2, 2, 2))
    activations[0, 0] = [[1.0, 5.0], [5.0, 2.0]]  # First of two fives: (0, 1).
    activations[1, 0] = [[0.0, 0.0], [7.0, 6.0]]  # The six is not a second place.
    activations[2, 0] = [[-1.0, -2.0], [-3.0, 0.0]]  # Nothing positive.
    activations[3, 0] = [[5.0, 0.0], [0.0, 0.0]]  # Ties with image 0, comes after.
    expected = [(7.0, 1, 1, 0), (5.0, 0, 0, 1), (5.0, 3, 0, 0)]
    assert oracles.top_nine(activations) == [expected, []]


def test_top_nine_keeps_nine() -> None:
    """Of twelve equal images the first nine stay; a stronger late one pushes the ninth out."""
    activations = np.ones((12, 1, 1, 1))
    assert [place[1] for place in oracles.top_nine(activations)[0]] == list(range(9))
    activations[11] = 2.0
    assert [place[1] for place in oracles.top_nine(activations)[0]] == [11, *range(8)]


@pytest.mark.parametrize("seed", SEEDS)
def test_top_nine_equals_a_stable_sort(seed: int) -> None:
    """On activations with many ties, numpy's stable sort of first maxima gives the same ranks."""
    activations = np.random.default_rng(seed).integers(-3, 4, (20, 3, 2, 3)).astype(np.float32)
    found = oracles.top_nine(activations)
    assert len(found) == 3
    for f, places in enumerate(found):
        maps = activations[:, f].reshape(20, -1)
        order = np.argsort(-maps.max(axis=1), kind="stable")
        ranked = [(maps[n].max(), n, *divmod(int(maps[n].argmax()), 3)) for n in order]
        assert places == [place for place in ranked if place[0] > 0][:9]


def test_patch_inside_is_the_slice() -> None:
    """A box inside the image is cut as it is, in the image's dtype."""
    image: NDArray[np.uint8] = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    found = oracles.patch(image, (1, 2, 3, 5), (9.0, 9.0, 9.0))
    assert found.dtype == np.uint8
    assert found.tolist() == image[1:3, 2:5].tolist()


def test_patch_outside_is_the_mean_colour() -> None:
    """Parts beyond each border are the mean colour, channel by channel."""
    image = np.full((1, 1, 3), 0.25)
    found = oracles.patch(image, (-1, -2, 2, 2), (0.1, 0.2, 0.3))
    assert found.shape == (3, 4, 3)
    assert found[1, 2].tolist() == [0.25, 0.25, 0.25]
    found[1, 2] = 0.1, 0.2, 0.3
    assert (found == np.array([0.1, 0.2, 0.3])).all()


# --- Networks to try ------------------------------------------------------------------------------


def test_random_networks_are_the_same_for_a_seed() -> None:
    """Two generators with one seed draw networks that answer alike; another seed does not."""
    first, image = draw(5)
    again, _ = draw(5)
    other, _ = draw(6)
    outputs = oracles.forward(first, image)[-1]
    assert outputs.tolist() == oracles.forward(again, image)[-1].tolist()
    assert repr(first) != repr(other)


def test_random_networks_cover_the_parts() -> None:
    """The seeds in use draw every kind of part and setting, and keep what is promised."""
    networks = [draw(seed) for seed in SEEDS]
    parts = [part for network, _ in networks for part in network]
    convolutions = [part for part in parts if isinstance(part, Conv)]
    pools = [part for part in parts if isinstance(part, MaxPool)]
    assert any(isinstance(part, BatchNorm) for part in parts)
    assert any(pool.stride < pool.kernel for pool in pools)
    assert any(pool.padding for pool in pools)
    assert {part.groups for part in convolutions} == {1, 2}
    assert {part.dilation for part in convolutions} == {1, 2}
    assert {part.padding for part in convolutions} == {0, 1, 2}
    assert {part.bias is None for part in convolutions} == {True, False}
    for network, image in networks:
        strides = [part.stride for part in network if isinstance(part, Conv | MaxPool)]
        assert np.prod(strides) <= 8
        assert min(oracles.grids(network, (image.shape[1], image.shape[2]))[-1]) >= 2
        assert isinstance(network[-1], Relu)


def test_to_torch_is_float64_and_evaluates() -> None:
    """The torch twin has one module per part, float64 throughout, and is not in training mode."""
    for seed in SEEDS:
        network, _ = draw(seed)
        model = oracles.to_torch(network)
        assert len(model) == len(network)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}
        assert not any(module.training for module in model.modules())
