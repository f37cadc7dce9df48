"""All stimuli shown to small networks whose tuning is known."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from generator.compute.stimuli import draw
from generator.compute.stimuli.forms import FAMILIES, forms
from generator.compute.stimuli.run import LayerMeasures, measure_layer, respond, stage
from generator.errors import NetworkError
from generator.names import Size
from generator.network.watched import WatchedNetwork
from tests.support.tiny_network import tiny_network

SIDE = 31


def network_of(
    kernels: list[Tensor], *rest: nn.Module, size: int = SIDE + 9, bias: float = 0.0
) -> WatchedNetwork:
    """Make a network of one convolution with these kernels [3, k, k], ReLU and further modules.

    The mean is mid grey, which is therefore zero to it; the last ReLU is "layer1".
    """
    weight = torch.stack(kernels)
    convolution = nn.Conv2d(3, len(kernels), weight.shape[2])
    model = nn.Sequential(convolution, nn.ReLU(), *rest).eval()
    with torch.no_grad():
        convolution.weight.copy_(weight)
        assert convolution.bias is not None
        convolution.bias.fill_(bias)
    model.requires_grad_(False)
    return WatchedNetwork(
        name="known",
        source="made by hand",
        trained_on="nothing",
        weights_sha256="0" * 64,
        model=model,
        input_size=Size.square(size),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        classes=(),
        modules={"layer1": str(len(model) - 1)},
    )


def measured(network: WatchedNetwork) -> LayerMeasures:
    """Show the only layer all stimuli."""
    return measure_layer(network, network.layers[0], lambda _stage, _done, _of: None)


def gabor(degrees: float, frequency: float, phase: float = 0.0) -> Tensor:
    """Draw a grey Gabor kernel whose stripes run along `degrees`, pixel by pixel: [3, 31, 31]."""
    kernel = torch.zeros(SIDE, SIDE)
    along = math.radians(degrees)
    for row in range(SIDE):
        for column in range(SIDE):
            right, up = column - SIDE // 2, SIDE // 2 - row
            across = up * math.cos(along) - right * math.sin(along)
            envelope = math.exp(-(right**2 + up**2) / (2 * 7.0**2))
            kernel[row, column] = envelope * math.cos(2 * math.pi * frequency * across + phase)
    kernel -= kernel.mean()
    return kernel.expand(3, -1, -1) / kernel.abs().sum()


def kernel_for(inside: npt.NDArray[np.bool_]) -> Tensor:
    """Like light inside a shape and dislike it outside, as much in all: [3, k, k]."""
    values = np.where(inside, 1 / inside.sum(), -1 / (~inside).sum())
    return torch.from_numpy(values).float().expand(3, -1, -1)


def apart(found: float, expected: float, period: float) -> float:
    """Distance between two angles."""
    return abs((found - expected + period / 2) % period - period / 2)


def test_gabors_are_found_at_their_orientation_and_frequency() -> None:
    """Several directions, frequencies and phases: within 3 degrees and a tenth."""
    cells = [
        (30, 0.1, 0.0),
        (0, 0.1, 0.7),
        (45, 0.15, 1.6),
        (90, 0.1, 3.0),
        (135, 0.08, 0.0),
        (170, 0.12, 2.2),
    ]
    facts = measured(network_of([gabor(*cell) for cell in cells]))
    for index, (degrees, frequency, _phase) in enumerate(cells):
        assert apart(float(facts.gratings.orientation[index]), degrees, 180) < 3
        assert facts.gratings.frequency[index] == pytest.approx(frequency, rel=0.1)
    assert (facts.gratings.orientation_selectivity > 0.7).all()
    assert (facts.gratings.orientation_bandwidth < 60).all()
    assert (facts.gratings.axis == 0).all()
    assert (facts.colours.colour_selectivity < 0.2).all()
    assert (facts.best > 0).all()


SLASH = [
    ".....##",
    "....###",
    "...###.",
    "..###..",
    ".###...",
    "###....",
    "##.....",
]
BACKSLASH = [row[::-1] for row in SLASH]


@pytest.mark.parametrize(
    ("drawing", "degrees"), [(SLASH, 45), (BACKSLASH, 135)], ids=["slash", "backslash"]
)
def test_directions_are_read_as_on_the_page(drawing: list[str], degrees: float) -> None:
    r"""A kernel drawn as "/" prefers 45 degrees, one drawn as "\\" 135."""
    inside = np.array([[mark == "#" for mark in row] for row in drawing])
    facts = measured(network_of([kernel_for(inside)], size=16))
    assert apart(float(facts.gratings.orientation[0]), degrees, 180) < 3
    assert FAMILIES[facts.forms.family[0]] in {"line", "bar"}
    assert apart(float(facts.forms.rotation[0]), degrees, 180) <= 15
    assert facts.forms.contrast[0] == 1
    assert facts.forms.polarity[0] > 0.1


@pytest.mark.parametrize("hue", [0.0, 130.0, 250.0])
def test_an_opponent_blob_is_found_at_its_hue(hue: float) -> None:
    """A disc of one hue that rejects the opposite one: hue within 15 degrees, hardly any grey."""
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    disc = torch.from_numpy(np.exp(-(row**2 + column**2) / (2 * 5.0**2))).float()
    (direction,) = draw.hue_direction(np.array([hue]))
    facts = measured(network_of([torch.from_numpy(direction).float()[:, None, None] * disc]))
    assert apart(float(facts.colours.hue[0]), hue, 360) < 15
    assert facts.colours.colour_selectivity[0] > 0.8
    assert facts.colours.hue_selectivity[0] > 0.5
    assert facts.gratings.axis[0] > 0


def test_corner_and_ring_detectors_prefer_their_family() -> None:
    """Kernels that like light in a wedge, or in rings, and nowhere else."""
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    angle = np.degrees(np.arctan2(-row, column))
    wedge = np.abs(angle - 40) < 45
    radius = np.hypot(row, column)
    rings = (radius < 14.5) & (np.abs(radius - 6 * np.rint(radius / 6)) < 1.5)
    facts = measured(network_of([kernel_for(wedge), kernel_for(rings)]))
    assert [FAMILIES[family] for family in facts.forms.family] == ["corner", "rings"]
    assert apart(float(facts.forms.rotation[0]), 40, 360) < 12
    assert facts.forms.variant[0] == 90
    assert facts.forms.size[1] == pytest.approx(6, rel=0.1)
    assert (facts.forms.family_margin > 0).all()
    assert (facts.forms.contrast == 1).all()
    # Rings are rings however they are turned, corners are not.
    assert facts.invariances.rotation[1] == pytest.approx(1, abs=1e-3)
    assert facts.invariances.rotation[0] < 0.9


def test_a_dark_liking_twin_has_the_opposite_polarity() -> None:
    """The negative of a kernel prefers dark forms as much as the kernel light ones."""
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    kernel = kernel_for(np.hypot(row, column) < 6)
    facts = measured(network_of([kernel, -kernel]))
    assert facts.forms.polarity[0] == pytest.approx(-facts.forms.polarity[1], abs=1e-4)
    assert facts.forms.contrast.tolist() == [1, -1]
    assert abs(facts.forms.polarity[0]) > 0.05


def test_a_constant_filter_has_no_preference() -> None:
    """A bias alone: all responses are alike, so no selectivity, no margin and full invariance."""
    facts = measured(network_of([torch.zeros(3, 7, 7)] * 2, size=12, bias=0.4))
    assert (facts.best > 0).all()
    assert facts.rest == pytest.approx([0.4, 0.4])
    assert facts.best == pytest.approx([0.4, 0.4])
    assert facts.gratings.orientation_selectivity == pytest.approx([0, 0], abs=1e-5)
    assert facts.colours.colour_selectivity == pytest.approx([0, 0])
    assert facts.forms.family_margin.tolist() == [0, 0]
    assert facts.invariances.shift == pytest.approx([1, 1])
    assert facts.twins.twin.tolist() == [-1, -1]


def test_a_dead_filter_is_set_apart_without_a_warning() -> None:
    """Filter 3 of the tiny network never responds: NaN and −1; the others are measured as ever."""
    network = tiny_network()
    reported: list[tuple[str, int, int]] = []
    layer = network.layers[1]
    facts = measure_layer(network, layer, lambda name, done, of: reported.append((name, done, of)))
    assert (facts.best > 0).tolist() == [True, True, True, False, True, True]
    for part in (facts.gratings, facts.colours, facts.forms, facts.invariances, facts.twins):
        assert is_dataclass(part)
        for field in fields(part):
            values = getattr(part, field.name)
            assert len(values) == layer.filters
            if values.ndim > 1:
                assert not values[3].any()
            elif values.dtype == np.float32:
                assert np.isnan(values[3]), field.name
            else:
                assert values[3] == -1, field.name
    names = [name for name, _, _ in reported]
    assert sorted(set(names)) == ["invariance", "stimuli"]
    for name in set(names):
        last = [(done, of) for other, done, of in reported if other == name][-1]
        assert last[0] == last[1]


def test_pooling_makes_a_filter_tolerate_shifts() -> None:
    """The same Gabor behind a max pool keeps more of its response when its form moves."""
    alone = measured(network_of([gabor(30, 0.1)]))
    pooled = measured(network_of([gabor(30, 0.1)], nn.MaxPool2d(9, 1), nn.ReLU()))
    assert pooled.invariances.shift[0] > alone.invariances.shift[0] + 0.1


def test_the_unit_sees_its_stimulus_and_nothing_else() -> None:
    """Responses equal those of the whole grey input with the stimulus laid on the unit's field."""
    network = tiny_network()
    for layer in network.layers:
        place = stage(layer, network.input_size)
        bank = forms(place.side)
        chosen = bank.take(np.arange(0, len(bank), 30))
        # Work out the unit in the whole input once more, in the plainest way.
        size = layer.field.size
        middle = (layer.grid[0] - 1) / 2
        starts = {
            unit: layer.field.offset + unit * layer.field.stride for unit in range(layer.grid[0])
        }
        inside = [unit for unit, start in starts.items() if 0 <= start <= 24 - size]
        unit = min(inside, key=lambda unit: abs(unit - middle))
        images = torch.full((len(chosen), 3, 24, 24), 0.5)
        rows = slice(starts[unit], starts[unit] + size)
        images[:, :, rows, rows] = torch.from_numpy(chosen.draw(np.arange(len(chosen))))
        modules = list(network.model.children())[: int(layer.module) + 1]
        maps = nn.Sequential(*modules)((images - 0.5) / 0.25)
        found = respond(network, layer, chosen)
        np.testing.assert_allclose(found, maps[:, :, unit, unit], rtol=1e-5, atol=1e-6)


def test_a_field_larger_than_the_input_is_shown_the_whole_input() -> None:
    """Padding lets a unit reach over every border: stimuli then have the input's size."""
    model = nn.Sequential(nn.Conv2d(3, 2, 15, padding=7), nn.ReLU()).eval().requires_grad_(False)
    network = tiny_network()
    wide = replace(network, model=model, input_size=Size.square(9), modules={"layer1": "1"})
    place = stage(wide.layers[0], Size.square(9))
    assert (place.side, place.start, place.unit) == (9, (0, 0), (4, 4))
    bank = draw.gratings(9)
    found = respond(wide, wide.layers[0], bank)
    images = torch.from_numpy(bank.draw(np.arange(len(bank))))
    expected = model((images - 0.5) / 0.25)[:, :, 4, 4]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [Size(30, 19), Size(17, 26), Size(40, 8)])
def test_in_an_input_that_is_no_square_each_axis_has_a_middle(size: Size) -> None:
    """Stimuli lie on the field of that unit; where it is too large, they have the shorter side."""
    model = nn.Sequential(
        *(nn.Conv2d(3, 4, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, (3, 5), padding=1)),
        nn.ReLU(),
    )
    network = replace(
        tiny_network(),
        model=model.eval().requires_grad_(False),
        input_size=size,
        modules={"layer1": "4"},
    )
    (layer,) = network.layers
    place = stage(layer, size)
    side = min(layer.field.size, *size)
    bank = forms(side)
    chosen = bank.take(np.arange(0, len(bank), 40))
    images = torch.full((len(chosen), 3, *size), 0.5)
    cuts = []
    for unit, start, length in zip(place.unit, place.start, size, strict=True):
        first = layer.field.offset + unit * layer.field.stride
        middle = first + layer.field.size / 2
        assert abs(middle - length / 2) <= layer.field.stride + 1
        assert start == 0 if side == length else abs(start + side / 2 - middle) < 1
        cuts.append(slice(start, start + side))
    images[:, :, *cuts] = torch.from_numpy(chosen.draw(np.arange(len(chosen))))
    maps = model((images - 0.5) / 0.25)
    found = respond(network, layer, chosen)
    np.testing.assert_allclose(found, maps[:, :, *place.unit], rtol=1e-5, atol=1e-6)


def test_responses_do_not_depend_on_the_batch() -> None:
    """One at a time, seven, or all at once."""
    network = tiny_network()
    layer = network.layers[1]
    bank = forms(stage(layer, network.input_size).side)
    few = bank.take(np.arange(0, len(bank), 20))
    expected = respond(network, layer, few, batch=1)
    assert expected.max() > 0
    for batch in (7, 64):
        found = respond(network, layer, few, batch=batch)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * expected.max())


def test_facts_do_not_depend_on_the_run() -> None:
    """Twice the same network, twice the same facts."""
    first, second = measured(network_of([gabor(30, 0.1)])), measured(network_of([gabor(30, 0.1)]))
    np.testing.assert_array_equal(first.gratings.orientation, second.gratings.orientation)
    np.testing.assert_array_equal(first.forms.family_response, second.forms.family_response)
    np.testing.assert_array_equal(first.invariances.scale, second.invariances.scale)


def test_a_response_that_is_no_number_is_named() -> None:
    """The error says layer and network."""
    kernel = gabor(30, 0.1)
    kernel = kernel.clone()
    kernel[0, 0, 0] = math.nan
    with pytest.raises(NetworkError, match=r"layer1 of known: stimulus 0 .* not a number"):
        measured(network_of([kernel]))
