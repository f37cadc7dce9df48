"""Small networks with all that a cone has to go through, of any geometry, in float64."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

Pair = tuple[int, int]
Joint = Literal["none", "sum", "shortcut", "join"]


def pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    """Numbers for rows and columns, as often alike as not."""
    number = st.integers(low, high)
    return st.one_of(number.map(lambda both: (both, both)), st.tuples(number, number))


@dataclass(frozen=True)
class Shape:
    """Geometry of one convolution or pool: rows, columns."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)
    rounds_up: bool = False  # of a pool

    def convolution(self, maps: int, filters: int, groups: int = 1) -> nn.Conv2d:
        """Make the convolution, with random weights."""
        shape = (self.kernel, self.stride, self.padding, self.dilation, groups)
        return nn.Conv2d(maps, filters, *shape)

    def max_pool(self) -> nn.MaxPool2d:
        """Make the pool; its padding is at most half its kernel."""
        return nn.MaxPool2d(
            self.kernel,
            self.stride,
            (min(self.padding[0], self.kernel[0] // 2), min(self.padding[1], self.kernel[1] // 2)),
            self.dilation,
            ceil_mode=self.rounds_up,
        )


SHAPES = st.builds(
    Shape,
    kernel=pairs(1, 3),
    stride=pairs(1, 2),
    padding=pairs(0, 2),
    dilation=pairs(1, 2),
    rounds_up=st.booleans(),
)


@dataclass(frozen=True)
class Plan:
    """All that is chosen of a network."""

    stem: Shape
    pool: Shape | None
    joint: Joint
    reach: Pair  # taps on each side of the wide branch
    average: bool
    last: Shape
    groups: int
    end: Literal["relu", "relu6", "convolution"]
    size: int
    seed: int


def plans(*, averages: bool = False) -> st.SearchStrategy[Plan]:
    """Draw plans, of networks with average pools too where a rule goes through them."""
    return st.builds(
        Plan,
        stem=SHAPES,
        pool=st.one_of(st.none(), SHAPES),
        joint=st.sampled_from(["none", "sum", "shortcut", "join"]),
        reach=pairs(0, 2),
        average=st.booleans() if averages else st.just(False),
        last=SHAPES,
        groups=st.sampled_from([1, 2, 4]),
        end=st.sampled_from(["relu", "relu6", "convolution"]),
        size=st.integers(5, 14),
        seed=st.integers(0, 9999),
    )


class Small(nn.Module):
    """Stem, pool, two branches that meet, a last convolution and what ends it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.stem = plan.stem.convolution(3, 4)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.pool = plan.pool.max_pool() if plan.pool else nn.Identity()
        self.near = nn.Conv2d(4, 4, 1)
        kernel = (2 * plan.reach[0] + 1, 2 * plan.reach[1] + 1)
        self.wide = nn.Conv2d(4, 4, kernel, padding=plan.reach, groups=2, bias=False)
        self.wide_norm = nn.BatchNorm2d(4)
        self.average = nn.AvgPool2d(2, 1, 1) if plan.average else nn.Identity()
        self.last = plan.last.convolution(8 if plan.joint == "join" else 4, 4, plan.groups)
        self.end = {"relu": nn.ReLU(), "relu6": nn.ReLU6(), "convolution": nn.Identity()}[plan.end]
        for norm in (self.norm, self.wide_norm):
            for values in (norm.weight, norm.bias, norm.running_mean):
                assert values is not None
                nn.init.normal_(values)
            assert norm.running_var is not None
            nn.init.uniform_(norm.running_var, 0.3, 2.0)
        self.double().eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool(self.relu(self.norm(self.stem(images))))
        if self.plan.joint == "sum":
            x = self.near(x) + self.wide_norm(self.wide(x))
        elif self.plan.joint == "shortcut":
            y = self.wide_norm(self.wide(torch.relu(x)))
            y += x
            x = self.relu(y)
        elif self.plan.joint == "join":
            x = torch.cat([self.relu(self.near(x)), self.wide(x)], dim=1)
        x = self.average(x)
        out: Tensor = self.end(self.last(x))
        return out


def watched(plan: Plan) -> str:
    """Name the module at the network's end."""
    return "last" if plan.end == "convolution" else "end"


def fits(plan: Plan) -> bool:
    """Return whether a network's windows fit into its maps."""
    size = (plan.size, plan.size)
    steps = [(plan.stem, False), *([(plan.pool, True)] if plan.pool else [])]
    for shape, pools in steps:
        before, size = size, _outputs(shape, size, pools=pools)
        if min(size) < 1 or (pools and _sees_padding_only(shape, before, size)):
            return False
    if plan.average:
        size = (size[0] + 1, size[1] + 1)
    return min(_outputs(plan.last, size, pools=False)) >= 1


def _sees_padding_only(shape: Shape, size: Pair, outputs: Pair) -> bool:
    """Return whether a pool has a window with no pixel of the map, whose maximum is −∞."""
    for axis, pixels in enumerate(size):
        padding = min(shape.padding[axis], shape.kernel[axis] // 2)
        taps = [tap * shape.dilation[axis] - padding for tap in range(shape.kernel[axis])]
        starts = range(0, outputs[axis] * shape.stride[axis], shape.stride[axis])
        if any(not any(0 <= start + tap < pixels for tap in taps) for start in starts):
            return True
    return False


def _outputs(shape: Shape, size: Pair, *, pools: bool) -> Pair:
    found = []
    for axis in (0, 1):
        padding = shape.padding[axis]
        if pools:
            padding = min(padding, shape.kernel[axis] // 2)
        span = shape.dilation[axis] * (shape.kernel[axis] - 1) + 1
        room = size[axis] + 2 * padding - span
        found.append(0 if room < 0 else math.floor(room / shape.stride[axis]) + 1)
    return found[0], found[1]
