"""Cones of units, wherever these lie, against whole images: the same numbers, to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from generator.names import Size
from generator.network.cone.cone import Cone, cone_of
from generator.network.cone.geometry import Field
from generator.network.graph.graph import IMAGE
from generator.network.graph.trace import trace
from generator.network.rules import DECONVNET, GUIDED, RULES, Rule
from tests.oracles import loops as oracles
from tests.oracles.networks import activation_of, gradient_support, plain_reconstruction
from tests.support.small_networks import Plan, Shape, Small, fits, plans, watched

EXACT = 1e-10


def same(found: Tensor, expected: Tensor | NDArray[Any]) -> None:
    """Compare numbers with others, in float64."""
    torch.testing.assert_close(found, torch.as_tensor(expected), rtol=EXACT, atol=EXACT)


def cone_at(model: nn.Module, module: str, size: int) -> Cone:
    """Make the cone of a module's units, with normalisation folded as in a run."""
    graph = trace(model, Size.square(size)).graph([module], GUIDED)
    return cone_of(graph, graph.watched[0])


def some_units(grid: tuple[int, int], seed: int, count: int = 5) -> Tensor:
    """Draw units [b, 2]: all four corners, and some that lie anywhere."""
    rows, columns = grid
    corners = [(r, c) for r in (0, rows - 1) for c in (0, columns - 1)]
    random = np.random.default_rng(seed).integers(0, grid, (count, 2)).tolist()
    return torch.tensor([*corners, *random])


def laid_out(cone: Cone, signal: Tensor, units: Tensor, size: int) -> Tensor:
    """Lay signals at the cone's pixels on whole images; none may be left outside these."""
    whole = torch.zeros(len(units), 3, size, size, dtype=signal.dtype)
    for index, (top, left) in enumerate(cone.corners(units)):
        for row, column in np.ndindex(*signal.shape[2:]):
            values = signal[index, :, row, column]
            if 0 <= top + row < size and 0 <= left + column < size:
                whole[index, :, top + row, left + column] = values
            else:
                assert not values.any()
    return whole


def equals_the_whole_image(plan: Plan, rule: Rule) -> bool:
    """Compare units of all positions at once with whole images; return whether any was not zero."""
    model, module = Small(plan), watched(plan)
    cone = cone_at(model, module, plan.size)
    grid = activation_of(model, module, torch.zeros(1, 3, plan.size, plan.size).double()).shape[2:]
    units = some_units((grid[0], grid[1]), plan.seed)
    images = torch.randn(len(units), 3, plan.size, plan.size, dtype=torch.float64)
    activations, ascent = cone.forward(cone.pixels(images, units), units, rule)
    maps = activation_of(model, module, images)
    places = torch.arange(len(units))
    expected = maps[places, :, units[:, 0], units[:, 1]]
    same(activations, expected)
    filters = places % activations.shape[1]
    seed = torch.zeros_like(activations)
    seed[places, filters] = expected[places, filters]
    signal = laid_out(cone, ascent.project(seed), units, plan.size)
    for index, (row, column) in enumerate(units.tolist()):
        plain = plain_reconstruction(
            model, module, images[index], index % activations.shape[1], (row, column), rule.name
        )
        same(signal[index], plain)
    return bool(signal.any())


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_units_of_every_position_equal_the_whole_image(rule: Rule, data: st.DataObject) -> None:
    """Activation and reconstruction of any network, any geometry, under each rule."""
    plan = data.draw(plans(averages=rule.autograd).filter(fits))
    equals_the_whole_image(plan, rule)


PLAIN = Plan(
    stem=Shape((3, 3), (2, 2), (1, 1)),
    pool=Shape((3, 3), (2, 2), (1, 1), rounds_up=True),
    joint="join",
    reach=(1, 1),
    average=False,
    last=Shape((3, 3), (1, 1), (1, 1)),
    groups=1,
    end="relu",
    size=33,
    seed=1,
)


def test_the_comparison_is_not_of_zeros() -> None:
    """On most networks something comes down to the pixels."""
    alive = [
        equals_the_whole_image(
            Plan(**{**vars(PLAIN), "seed": seed, "joint": joint, "size": 20}), DECONVNET
        )
        for seed in range(3)
        for joint in ("none", "sum", "shortcut", "join")
    ]
    assert sum(alive) >= 10


@pytest.mark.parametrize("seed", range(6))
def test_equals_explicit_loops(seed: int) -> None:
    """A second oracle, which knows nothing of torch: rectangular kernels, dilation, groups."""
    size = 13
    rng = np.random.default_rng(seed)
    parts = oracles.random_network(rng, channels=3, size=(size, size), rectangular=True)
    cone = cone_at(oracles.to_torch(parts), str(len(parts) - 1), size)
    image = rng.normal(size=(3, size, size))
    maps = oracles.forward(parts, image)[-1]
    units = some_units(maps.shape[1:], seed, count=0)
    pixels = cone.pixels(torch.from_numpy(image).expand(len(units), -1, -1, -1), units)
    activations, ascent = cone.forward(pixels, units, DECONVNET)
    seeds = torch.zeros_like(activations)
    strongest = activations.argmax(1)
    seeds[torch.arange(len(units)), strongest] = activations.amax(1)
    signal = laid_out(cone, ascent.project(seeds), units, size)
    for index, (row, column) in enumerate(units.tolist()):
        same(activations[index], maps[:, row, column])
        filter_ = int(strongest[index])
        expected = oracles.deconvnet(parts, image, len(parts) - 1, filter_, row, column)
        same(signal[index], expected)


def ready(plan: Plan = PLAIN) -> tuple[Cone, Tensor, Tensor]:
    """Make a cone, its units all over the grid, and an image for each."""
    model = Small(plan)
    cone = cone_at(model, watched(plan), plan.size)
    rows, columns = model(torch.zeros(1, 3, plan.size, plan.size).double()).shape[2:]
    units = some_units((rows, columns), 0, count=12)
    return cone, units, torch.randn(len(units), 3, plan.size, plan.size, dtype=torch.float64)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_units_in_one_batch_do_not_touch_one_another(rule: Rule) -> None:
    """Together or alone, at borders and inside: the same."""
    cone, units, images = ready()
    together, ascent = cone.forward(cone.pixels(images, units), units, rule)
    seed = together.clone()
    down = ascent.project(seed.clone())
    assert down.any()
    for index in range(len(units)):
        members = slice(index, index + 1)
        pixels = cone.pixels(images[members], units[members])
        alone, alone_ascent = cone.forward(pixels, units[members], rule)
        same(alone, together[members])
        signal = alone_ascent.project(seed[members].clone())
        same(signal, down[members])


def test_the_support_lies_inside_the_field() -> None:
    """Each unit's signal ends where its field does, and reaches all of its sides."""
    cone, units, images = ready()
    rows, columns = cone.axes[IMAGE]
    activations, ascent = cone.forward(cone.pixels(images, units), units, DECONVNET)
    whole = laid_out(cone, ascent.project(activations), units, PLAIN.size)
    for signal, (row, column) in zip(whole, units.tolist(), strict=True):
        (top, bottom), (left, right) = rows.field.interval(row), columns.field.interval(column)
        outside = signal.clone()
        outside[:, max(top, 0) : bottom, max(left, 0) : right] = 0
        assert not outside.any()
    assert max(rows.field.size, columns.field.size) < PLAIN.size


@given(st.floats(0.01, 100))
@settings(max_examples=10, deadline=None)
def test_the_signal_scales_with_its_seed(factor: float) -> None:
    """Every step down is homogeneous."""
    cone, units, images = ready()
    activations, ascent = cone.forward(cone.pixels(images, units), units, DECONVNET)
    once, louder = ascent.project(activations.clone()), ascent.project(factor * activations)
    assert once.any()
    torch.testing.assert_close(louder, factor * once, rtol=1e-9, atol=1e-10 * factor)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_neither_way_writes_over_the_pixels(rule: Rule) -> None:
    """Images are used again: the same pixels go up twice, with the same result."""
    cone, units, images = ready()
    pixels = cone.pixels(images, units)
    before = pixels.clone()
    first, ascent = cone.forward(pixels, units, rule)
    ascent.project(first.clone())
    assert torch.equal(pixels, before)
    assert torch.equal(cone.forward(pixels, units, rule)[0], first)


def test_a_field_larger_than_the_input_takes_the_whole_input() -> None:
    """The window then is the map, for whichever unit, in that axis alone."""
    model = nn.Sequential(nn.Conv2d(3, 2, (9, 3), padding=(4, 1)), nn.ReLU()).double().eval()
    cone = cone_at(model, "1", 7)
    rows, columns = cone.axes[IMAGE]
    assert (rows.whole, rows.length, columns.whole, columns.length) == (True, 7, False, 3)
    assert rows.field == Field(9, 1, -4)
    units = torch.tensor([[0, 0], [6, 6], [3, 2]])
    assert cone.corners(units) == [(0, -1), (0, 5), (0, 1)]
    images = torch.randn(3, 3, 7, 7, dtype=torch.float64)
    pixels = cone.pixels(images, units)
    assert pixels.shape == (3, 3, 7, 3)
    assert not pixels[0, :, :, 0].any()  # lies outside
    assert torch.equal(pixels[2], images[2, :, :, 1:4])


@settings(max_examples=60, deadline=None)
@given(plans(averages=True).filter(fits))
def test_fields_are_the_support_of_the_gradient(plan: Plan) -> None:
    """Exactly so for a unit whose field lies inside the image; no more than that at borders."""
    model, module = Small(plan), watched(plan)
    axes = cone_at(model, module, plan.size).axes[IMAGE]
    maps = activation_of(model, module, torch.zeros(1, 3, plan.size, plan.size).double())
    for unit in {(0, 0), (maps.shape[2] // 2, maps.shape[3] // 2)}:
        formula = [axis.field.interval(number) for axis, number in zip(axes, unit, strict=True)]
        if any(stop <= 0 or start >= plan.size for start, stop in formula):
            continue  # sees padding only
        try:
            top, left, bottom, right = gradient_support(model, module, plan.size, unit)
        except ValueError:  # as said there: nothing but padding under its taps
            continue
        for (start, stop), found in zip(formula, ((top, bottom), (left, right)), strict=True):
            assert max(start, 0) <= found[0] < found[1] <= min(stop, plan.size)
            if all(first >= 0 and last <= plan.size for first, last in formula):
                assert found == (start, stop)


def test_the_largest_value_is_given_in_bytes() -> None:
    """Of all windows of one unit the largest, four bytes a number."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 2, 5), nn.ReLU())
    cone = cone_at(model.eval(), "3", 20)
    assert cone.largest == 4 * 8 * 5 * 5
