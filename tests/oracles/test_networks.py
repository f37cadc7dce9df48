"""The truths about any PyTorch network agree with explicit loops and with examples by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.oracles import loops as oracles
from tests.oracles.loops import Part, Relu
from tests.oracles.networks import (
    Rule,
    activation_of,
    activations_of,
    gradient_support,
    in_float64,
    plain_reconstruction,
    stored_top_nine,
)

SEEDS = range(10)


def draw(seed: int, *, rectangular: bool = False) -> tuple[list[Part], nn.Sequential, Tensor]:
    """Draw a network in both forms, and four images n c h w for it."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(9, 14)), int(rng.integers(9, 14))
    network = oracles.random_network(
        rng, channels=3, size=size, groups=(1, 1, 3), rectangular=rectangular
    )
    return network, oracles.to_torch(network), torch.from_numpy(rng.normal(0, 1, (4, 3, *size)))


def last(network: list[Part]) -> str:
    """Name the module of the last part."""
    return str(len(network) - 1)


# --- Top nine -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_stored_and_sorted_is_the_nine_of_the_loops(seed: int) -> None:
    """On networks run by loops, the nine of every filter are the same places and values."""
    network, model, images = draw(seed)
    maps = np.stack([oracles.forward(network, image.numpy())[-1] for image in images])
    expected = oracles.top_nine(maps)
    (found,) = stored_top_nine(model, [last(network)], images)
    assert len(found) == len(expected)
    assert any(expected)
    for places, truth in zip(found, expected, strict=True):
        assert [place[1:] for place in places] == [place[1:] for place in truth]
        np.testing.assert_allclose([p[0] for p in places], [p[0] for p in truth], rtol=1e-9)


def plain(values: list[list[list[float]]]) -> Tensor:
    """Make images n 3 h w whose first map holds the rows given; the others are zero."""
    images = torch.zeros(len(values), 3, len(values[0]), len(values[0][0]))
    images[:, 0] = torch.tensor(values)
    return images


def test_ties_and_signs_by_hand() -> None:
    """Ties go to the first row, then column, then image; nothing that is not positive has a place.

    A map that is negative everywhere, as a module that is no ReLU may have it, wins nothing.
    """
    model = nn.Sequential(nn.Identity()).eval()
    images = plain([[[1, 2], [2, 0]], [[3, 0], [0, 3]], [[2, 2], [0, 0]], [[-1, -2], [-3, -4]]])
    (found,) = stored_top_nine(model, ["0"], images)
    assert found == [[(3.0, 1, 0, 0), (2.0, 0, 0, 1), (2.0, 2, 0, 0)], [], []]
    assert stored_top_nine(model, ["0"], images, filters=1) == [found[:1]]


def test_only_nine_remain_and_one_for_a_key() -> None:
    """Of twelve images the nine strongest stay; of images with one key the strongest, or first."""
    model = nn.Sequential(nn.Identity()).eval()
    images = plain([[[float(number // 2 + 1)]] for number in range(12)])
    order = [10, 11, 8, 9, 6, 7, 4, 5, 2]
    assert [place[1] for place in stored_top_nine(model, ["0"], images)[0][0]] == order
    keys = [number % 4 for number in range(12)]
    chosen = stored_top_nine(model, ["0"], images, keys=keys)[0][0]
    assert [place[1] for place in chosen] == [10, 11, 8, 9]


# --- Reconstruction -------------------------------------------------------------------------------


def middle_of_active(maps: Tensor) -> tuple[int, int, int]:
    """Choose a positive activation of f h w: filter, row, column."""
    places = (maps > 0).nonzero().tolist()
    filter_, row, column = places[len(places) // 2]
    return filter_, row, column


def test_deconvnet_is_that_of_the_loops() -> None:
    """Unpooling, clamping and transposed convolution by loops give the same signal.

    The signal starts at a ReLU, or one part before it, where the loops' first clamp changes
    nothing because the activation is positive. In most networks some of it reaches the pixels.
    """
    reached = 0
    for seed in SEEDS:
        network, model, images = draw(seed)
        image = images[0].numpy()
        maps = torch.from_numpy(oracles.forward(network, image)[-1])
        filter_, row, column = middle_of_active(maps)
        expected = oracles.deconvnet(network, image, len(network) - 1, filter_, row, column)
        reached += bool(np.abs(expected).max() > 0)
        for module in (last(network), str(len(network) - 2)):
            found = plain_reconstruction(model, module, images[0], filter_, (row, column))
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-12)
    assert reached > len(SEEDS) / 2


def _hook(signal: Tensor, change: Callable[[Tensor], Tensor]) -> None:
    signal.register_hook(change)  # type: ignore[no-untyped-call]


class Gated(nn.Module):
    """A ReLU written as two gates: arithmetic, so that PyTorch's own rule is at work."""

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def forward(self, signal: Tensor) -> Tensor:
        result = signal * (signal > 0)
        if result.requires_grad and self.rule == "guided":
            _hook(result, lambda gradient: gradient * (gradient > 0))
        return result


@pytest.mark.parametrize("rule", ["guided", "gradient"])
@pytest.mark.parametrize("seed", SEEDS)
def test_guided_and_gradient_are_gates_by_arithmetic(seed: int, rule: Rule) -> None:
    """A product with the gate, and for guided a hook, give the same as the rule."""
    network, model, images = draw(seed)
    gated = nn.Sequential(
        *(
            Gated(rule) if isinstance(part, Relu) else module
            for part, module in zip(network, model, strict=True)
        )
    ).eval()
    filter_, row, column = middle_of_active(activation_of(model, last(network), images[:1])[0])
    found = plain_reconstruction(model, last(network), images[0], filter_, (row, column), rule)
    pixels = images[:1].clone().requires_grad_()
    value = gated(pixels)[0, filter_, row, column]
    (expected,) = torch.autograd.grad(value, pixels, value.detach())
    torch.testing.assert_close(found, expected[0], rtol=1e-9, atol=1e-12)


def test_the_rules_by_hand() -> None:
    """One filter over two pixels: -1·x + 2·relu(-x) …, worked out with a pencil.

    Three maps of one pixel: x, -x, x, with x = 2; after the ReLU 2, 0, 2. The filter weighs them
    3, 4, -1 and gives 4. Signals behind it, times 4: 12, 16, -4. Deconvnet lets 12 and 16 through,
    guided only 12, the gradient 12 and -4; the pixel gets 12 - 16, 12, 12 - 4.
    """
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), nn.Conv2d(3, 1, 1)).double().eval()
    first, second = model[0], model[2]
    assert isinstance(first, nn.Conv2d)
    assert isinstance(second, nn.Conv2d)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        first.weight[:, 0, 0, 0] = torch.tensor([1.0, -1.0, 1.0])
        second.weight[0, :, 0, 0] = torch.tensor([3.0, 4.0, -1.0])
    image = torch.tensor([2.0, 0.0, 0.0], dtype=torch.float64)[:, None, None]
    expected: dict[Rule, float] = {"deconvnet": -4.0, "guided": 12.0, "gradient": 8.0}
    for rule, value in expected.items():
        found = plain_reconstruction(model, "2", image, 0, (0, 0), rule)
        assert found.flatten().tolist() == [value, 0.0, 0.0]


# Every way to write a ReLU: in place or not, as module, function and method.
WAYS: dict[str, Callable[[Tensor], Tensor]] = {
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "F.relu": functional.relu,
    "F.relu in place": lambda signal: functional.relu(signal, inplace=True),
    "F.relu in place, by position": lambda signal: functional.relu(signal, True),
    "F.relu, named": lambda signal: functional.relu(input=signal),
    "F.relu_": functional.relu_,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "method": lambda signal: signal.relu(),
    "method in place": lambda signal: signal.relu_(),
    "method in place, answer dropped": lambda signal: (signal.relu_(), signal)[1],
}
CAPPED: dict[str, Callable[[Tensor], Tensor]] = {
    "module": nn.ReLU6(),
    "module in place": nn.ReLU6(inplace=True),
    "F.relu6": functional.relu6,
    "F.relu6 in place": lambda signal: functional.relu6(signal, inplace=True),
    "F.hardtanh": lambda signal: functional.hardtanh(signal, 0.0, 6.0),
    "F.hardtanh in place": lambda signal: functional.hardtanh_(signal, 0.0, 6.0),
    "nn.Hardtanh": nn.Hardtanh(0.0, 6.0),
}


class Written(nn.Module):
    """Two convolutions, both rectified in the same way by the same part; a sum and a join."""

    rectify: Callable[[Tensor], Tensor]

    def __init__(self, rectify: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, padding=1)
        self.end = nn.Identity()
        self.rectify = rectify

    def forward(self, signal: Tensor) -> Tensor:
        first = self.rectify(self.first(4 * signal))
        second = self.rectify(self.second(first) + first)
        joined: Tensor = self.end(torch.cat([second, first], 1))
        return joined


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize(
    ("cap", "way"),
    [(np.inf, way) for way in WAYS] + [(6.0, way) for way in CAPPED],
)
def test_every_way_to_write_a_relu(cap: float, way: str, rule: Rule) -> None:
    """Whichever way it is written, the signal is that of gates set by hooks, and not autograd's."""

    def hooked(signal: Tensor) -> Tensor:
        result = signal.clamp(0, cap).detach() + signal - signal.detach()
        gate = (signal > 0) & (signal < cap) if rule == "guided" else torch.ones_like(signal)
        _hook(result, lambda gradient: gradient * (gradient > 0) * gate)
        return result

    torch.manual_seed(3)
    model = in_float64(Written(WAYS[way] if cap > 6 else CAPPED[way]))
    image = torch.randn(3, 9, 8, dtype=torch.float64)
    with torch.no_grad():
        maps = model(image[None])[0]
    row, column = divmod(int(maps[1].argmax()), maps.shape[2])
    before = image.clone()
    found = plain_reconstruction(model, "end", image, 1, (row, column), rule)
    assert torch.equal(image, before)
    twin = Written(hooked).double().eval()
    twin.load_state_dict(model.state_dict())
    pixels = image[None].clone().requires_grad_()
    value = twin(pixels)[0, 1, row, column]
    assert value.item() == pytest.approx(maps[1, row, column].item())
    (expected,) = torch.autograd.grad(value, pixels, value.detach())
    torch.testing.assert_close(found, expected[0], rtol=1e-9, atol=1e-12)
    plainly = plain_reconstruction(model, "end", image, 1, (row, column), "gradient")
    assert (plainly - found).abs().max() > 1e-3 * found.abs().max()


def test_a_rectifier_that_no_rule_reaches_is_an_error() -> None:
    """A clamp or a threshold in place of a ReLU is said, not followed by autograd's own rule."""
    for rectify in (lambda signal: signal.clamp(min=0), nn.Threshold(0.0, 0.0)):
        model = in_float64(Written(rectify))
        image = torch.randn(3, 9, 8, dtype=torch.float64)
        with pytest.raises(ValueError, match="does not reach"):
            plain_reconstruction(model, "end", image, 1, (0, 0))


def test_a_module_answers_before_it_is_overwritten() -> None:
    """The answer of a convolution is its own, though a ReLU works in place on it afterwards."""
    torch.manual_seed(4)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)).eval()
    images = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        later, first = activations_of(model, ["1", "0"], images)
        assert torch.equal(first, model[0](images))
        assert torch.equal(later, first.clamp(min=0))


def test_what_cannot_be_watched_is_an_error() -> None:
    """Training mode, a module that never runs, and answers that are no maps are all refused."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    images = torch.zeros(1, 3, 8, 8)
    with pytest.raises(ValueError, match="training"):
        activation_of(model, "0", images)
    model.eval()
    with pytest.raises(ValueError, match="no maps"):
        activation_of(model, "1", images)
    model.register_module("never", None)
    model.spare = nn.ReLU()
    model.forward = model[0].forward  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="no maps"):
        activation_of(model, "spare", images)


# --- Receptive field ------------------------------------------------------------------------------


@pytest.mark.parametrize("rectangular", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_support_is_that_of_the_loops(seed: int, rectangular: bool) -> None:
    """At every border and inside, after every part, the box is what following windows gives."""
    network, model, images = draw(seed, rectangular=rectangular)
    size = images.shape[2], images.shape[3]
    for index, (height, width) in enumerate(oracles.grids(network, size)[1:]):
        for unit in {(0, 0), (height // 2, width // 2), (height - 1, 0), (0, width - 1)}:
            expected = oracles.receptive_field_by_gradient(network, size, index, *unit)
            assert gradient_support(model, str(index), size, unit) == expected


def test_support_over_branches_and_windows_that_stick_out() -> None:
    """A sum and a join see the union; a pool rounded up sees what is left of its last window."""

    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.narrow = nn.Conv2d(3, 2, 5, padding=2), nn.Conv2d(3, 2, 1)
            self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)

        def forward(self, signal: Tensor) -> Tensor:
            wide, narrow = self.wide(signal), self.narrow(signal)
            wide += functional.relu_(narrow)
            joined: Tensor = self.pool(torch.cat([narrow, wide], 1))
            return joined

    model = Branches().eval()
    # Pool windows start at 0, 2, 4, 6 in a grid of 8: the last holds 6 and 7 only.
    assert gradient_support(model, "pool", 8, (1, 3)) == (0, 4, 7, 8)
    assert gradient_support(model, "narrow", 8, (1, 3)) == (1, 3, 2, 4)
    with pytest.raises(ValueError, match="no unit"):
        gradient_support(model, "pool", 8, (4, 0))


def test_grouped_maps_see_their_own_group_only() -> None:
    """What one branch sees widely does not spread to a group that never reads that branch."""

    class Grouped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.pair = nn.Conv2d(3, 2, 5, padding=2), nn.Conv2d(4, 4, 1, groups=2)
            self.kept = nn.Identity()

        def forward(self, signal: Tensor) -> Tensor:
            pair = self.pair(torch.cat([self.wide(signal), signal[:, :2]], 1))
            kept: Tensor = self.kept(pair[:, 2:])
            return kept

    assert gradient_support(Grouped().eval(), "kept", 9, (4, 4)) == (4, 4, 5, 5)
    assert gradient_support(Grouped().eval(), "pair", 9, (4, 4)) == (2, 2, 7, 7)


def test_a_unit_that_sees_only_padding_is_an_error() -> None:
    """No box is made up for it."""
    model = nn.Sequential(nn.Conv2d(3, 1, 1, padding=1)).eval()
    with pytest.raises(ValueError, match="only padding"):
        gradient_support(model, "0", 4, (0, 0))
