"""A part between two convolutions, held against the network itself on whole images, in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

import pytest
import torch
from torch import Tensor, nn

from generator.names import Size
from generator.network.cone.cone import Cone, cone_of
from generator.network.graph.graph import IMAGE
from generator.network.graph.ops.op import Op, Windowed
from generator.network.graph.trace import NoProjection, trace
from generator.network.rules import DECONVNET, GRADIENT, RULES, Rule
from tests.oracles.networks import activation_of, gradient_support, plain_reconstruction

Part = Callable[[Tensor], Tensor]
SIZE = Size(16, 14)
MAPS = 4  # that a part reads
EXACT = 1e-10


class Calling(nn.Module):
    """A function as a module, so that only its call inside can be seen."""

    def __init__(self, function: Part) -> None:
        super().__init__()
        self.function = function

    def forward(self, value: Tensor) -> Tensor:
        return self.function(value)


class Around(nn.Module):
    """Convolution, part, ReLU, convolution, ReLU; of a part that is itself a ReLU the first."""

    def __init__(self, part: Part, *, relu: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, MAPS, 3, padding=1)
        self.part = copy.deepcopy(part) if isinstance(part, nn.Module) else Calling(part)
        self.relu = nn.Identity() if relu else nn.ReLU()
        self.double().eval().requires_grad_(False)
        with torch.no_grad():
            maps = self.part(self.first(torch.zeros(1, 3, *SIZE).double())).shape[1]
        self.last = nn.Conv2d(maps, 3, 3, padding=1).double().requires_grad_(False)
        assert self.last.bias is not None
        nn.init.constant_(self.last.bias, 0.5)  # so that few units are dead
        self.end = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.end(self.last(self.relu(self.part(self.first(images)))))
        return maps


def drawn(*shape: int, seed: int = 1) -> Tensor:
    """Draw numbers from a normal distribution, in float64."""
    source = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=source, dtype=torch.float64)


def same(found: Tensor, expected: Tensor) -> None:
    """Compare numbers with others, in float64."""
    torch.testing.assert_close(found, expected, rtol=EXACT, atol=EXACT)


def require_like_the_network(
    model: nn.Module, truth: nn.Module | None = None, rules: Iterable[Rule] = RULES.values()
) -> None:
    """Compare maps, projections and field of `Around`'s end with those of the truth, or of itself.

    The truth is a network of the same weights, with ReLUs by that name.
    """
    truth = truth or model
    record = trace(model, SIZE)
    images = drawn(2, 3, *SIZE)
    for rule in rules:
        graph = record.graph(["first", "end"], rule)
        maps = graph.run(images.contiguous(memory_format=torch.channels_last))
        for module, found in zip(("first", "end"), maps, strict=True):
            same(found, activation_of(truth, module, images))
        cone = cone_of(graph, graph.watched[1])
        assert require_same_units(cone, truth, "end", rule)
    require_field(cone, truth)


def require_same_units(cone: Cone, truth: nn.Module, module: str, rule: Rule = GRADIENT) -> bool:
    """Compare units at corners, borders and inside, all at once, with whole images of their own.

    Return whether any projection is not zero.
    """
    height, width = (axis.size for axis in cone.axes[IMAGE])
    bottom, right = (axis.size - 1 for axis in cone.axes[cone.target])
    places = {(r, c) for r in (0, bottom // 2, bottom) for c in (0, right // 2, right)}
    units = torch.tensor(sorted(places) * 4)[:9]
    images = drawn(len(units), 3, height, width)
    activations, ascent = cone.forward(cone.pixels(images, units), units, rule)
    unit = torch.arange(len(units))
    same(activations, activation_of(truth, module, images)[unit, :, units[:, 0], units[:, 1]])
    filters = (unit + activations.argmax(1)) % activations.shape[1]
    seed = torch.zeros_like(activations)
    seed[unit, filters] = activations[unit, filters]
    windows = ascent.project(seed)
    for index, ((row, column), corner) in enumerate(
        zip(units.tolist(), cone.corners(units), strict=True)
    ):
        expected = plain_reconstruction(
            truth, module, images[index], int(filters[index]), (row, column), rule.name
        )
        same(pasted(windows[index], corner, (height, width)), expected)
    return bool(windows.any())


def pasted(window: Tensor, corner: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Lay a signal [c, h, w] on a whole map; none of it may be left outside."""
    inside = placed(window[None], (-corner[0], -corner[1]), size)[0]
    same(window.abs().sum(), inside.abs().sum())
    return inside


def placed(windows: Tensor, before: Sequence[int], size: Sequence[int]) -> Tensor:
    """Return the part of this size that begins so many rows and columns inside; zeros beyond."""
    room = max(*size, *map(abs, before)) + max(size)
    wide = nn.functional.pad(windows, (room,) * 4)
    rows, columns = (
        slice(room + first, room + first + length)
        for first, length in zip(before, size, strict=True)
    )
    return wide[:, :, rows, columns]


def require_field(cone: Cone, truth: nn.Module) -> None:
    """Compare what two units in the middle see with the support of their gradients.

    Fields of whole strides are exact; others leave out nothing, and hold two pixels more at most.
    """
    fields = [axis.field for axis in cone.axes[IMAGE]]
    slack = max(2 * (field.stride != int(field.stride)) for field in fields)
    middle = [axis.size // 2 for axis in cone.axes[cone.target]]
    for step in (0, -1):
        unit = max(middle[0] + step, 0), max(middle[1] + step, 0)
        top, left, bottom, right = gradient_support(truth, "end", SIZE, unit)
        for field, place, size, seen in zip(
            fields, unit, SIZE, ((top, bottom), (left, right)), strict=True
        ):
            start, stop = field.interval(place)
            assert max(start, 0) <= seen[0], f"{field} of {unit} sees {seen}"
            assert seen[1] <= min(stop, size), f"{field} of {unit} sees {seen}"
            if start >= 0 and stop <= size:
                assert seen[0] - start + stop - seen[1] <= slack, f"{field} of {unit} sees {seen}"


def require_adjoint(op: Op, inputs: list[Tensor], expected: Tensor) -> None:
    """Compare an op with what its function gives, and ⟨Ax, y⟩ with ⟨x, Aᵀy⟩ on whole maps."""
    output = op.forward([each.clone() for each in inputs])
    same(output, expected)
    linear = output - op.forward([torch.zeros_like(each) for each in inputs])
    signal = drawn(*output.shape, seed=2)
    parts = op.project(signal.clone(), None, GRADIENT)
    if isinstance(op, Windowed):
        parts = [placed(part, op.padding, inputs[0].shape[-2:]) for part in parts]
    products = [(x * part).sum() for x, part in zip(inputs, parts, strict=True)]
    same((linear * signal).sum(), torch.stack(products).sum())


def require_units_of(function: Part, maps: int, size: tuple[int, int]) -> None:
    """Compare units of a function of so many maps, through their cone, with whole images."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, maps, 1), Calling(function)).double().eval()
    graph = trace(model, Size(*size)).graph(["1"], GRADIENT)
    require_same_units(cone_of(graph, graph.watched[0]), model, "1")


def refusal(part: Part, rule: Rule = DECONVNET) -> str:
    """Return the words by which a rule refuses the part, which must name its module."""
    with pytest.raises(NoProjection) as caught:
        trace(Around(part), SIZE).graph(["end"], rule)
    words = str(caught.value)
    assert "module 'part'" in words
    assert rule.name in words
    return words
