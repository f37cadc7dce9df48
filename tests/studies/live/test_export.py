"""What the study writes, run plainly, against the network itself with the same 8-bit weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.names import Size
from generator.network.rules import DECONVNET
from generator.network.torchvision_compat import models
from generator.network.zoo.channels import feed_grey
from generator.studies.live import export
from tests.studies.live.snapped import (
    require_like_the_network,
    require_nodes_like_the_network,
    snap,
    watched,
    written,
)
from tests.support.small_networks import Plan, Small, fits, plans

SIZE = Size(15, 18)


class Whole(nn.Module):
    """A stem of ReLUs, a part of a kind, and a head with a score for each of five classes."""

    def __init__(self, part: nn.Module, maps: int, columns: int = 1) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU())
        for module in (*part.modules(), self.stem[1]):
            for name, values in module.named_parameters(recurse=False):
                nn.init.normal_(values, 1 if name == "weight" and values.dim() == 1 else 0, 0.4)
        self.part = part
        self.pool = nn.AdaptiveAvgPool2d((1, columns))
        self.head = nn.Linear(maps * columns, 5)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.part(self.stem(images))
        out: Tensor = self.head(self.pool(maps).flatten(1))
        return out


class By(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, maps: Tensor) -> Tensor:
        return self.function(maps)


class Branches(nn.Module):
    """Two branches that are added, with factors, and joined."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Conv2d(6, 6, 1), nn.Conv2d(6, 6, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        one, other = self.one(maps), self.other(maps)
        return torch.cat([one - 0.5 * other, maps + one, other], 1)


def shuffled(maps: Tensor) -> Tensor:
    """Take maps in another order, every second row and column, and zeros around them."""
    return F.pad(maps[:, [5, 0, 3, 3, 1, 2], ::2, 1::2], (1, 2, 0, 1))


# Name → the part, and how many maps it makes of six.
PARTS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "plain": (lambda: nn.Conv2d(6, 8, 3), 8),
    "without bias": (lambda: nn.Conv2d(6, 8, (1, 3), bias=False), 8),
    "grouped": (lambda: nn.Conv2d(6, 9, 3, groups=3, padding=1), 9),
    "depthwise": (lambda: nn.Conv2d(6, 6, 3, groups=6), 6),
    "dilated": (lambda: nn.Conv2d(6, 4, 3, padding=2, dilation=2), 4),
    "same": (lambda: nn.Conv2d(6, 4, (2, 4), padding="same"), 4),
    "transposed": (lambda: nn.ConvTranspose2d(6, 4, 3, 2, 1, 1), 4),
    "transposed in groups": (lambda: nn.ConvTranspose2d(6, 9, (3, 2), 3, groups=3, dilation=2), 9),
    "normalised alone": (lambda: nn.Sequential(nn.ReLU(), nn.BatchNorm2d(6)), 6),
    "branches": (Branches, 18),
    "max pool": (lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True), 6),
    "dilated max pool": (lambda: nn.MaxPool2d(2, 1, 1, 2), 6),
    "average pool": (lambda: nn.AvgPool2d(3, 2, 1), 6),
    "relu6": (nn.ReLU6, 6),
    "shuffled": (lambda: By(shuffled), 6),
    "pixel shuffle": (lambda: nn.Sequential(nn.Conv2d(6, 8, 1), nn.PixelShuffle(2)), 2),
    "channel shuffle": (lambda: nn.ChannelShuffle(3), 6),
    "rolled": (lambda: By(lambda maps: maps.roll((1, 3), (2, 3))), 6),
    "turned": (lambda: By(lambda maps: maps.rot90(1, (2, 3))), 6),
    "mirrored": (lambda: nn.ReflectionPad2d((1, 2, 0, 1)), 6),
    "nearest": (lambda: nn.Upsample(scale_factor=2), 6),
    "bilinear": (lambda: nn.Upsample(size=(11, 11), mode="bilinear"), 6),
    "bicubic": (lambda: nn.Upsample(scale_factor=1.5, mode="bicubic", align_corners=True), 6),
    "local normalisation": (lambda: nn.LocalResponseNorm(3, 0.3, 0.6, 1.5), 6),
    "local normalisation of an even size": (lambda: nn.LocalResponseNorm(4), 6),
    **{
        str(part): ((lambda part=part: part), 6)  # type: ignore[misc]  # a default keeps it
        for part in (
            nn.LeakyReLU(0.3),
            nn.PReLU(),
            nn.PReLU(6),
            nn.RReLU(0.1, 0.5),
            nn.ELU(1.3),
            nn.SELU(),
            nn.CELU(0.7),
            nn.GELU(),
            nn.GELU("tanh"),
            nn.SiLU(),
            nn.Mish(),
            nn.Hardswish(),
            nn.Hardsigmoid(),
            nn.Softplus(2, 5),
            nn.Softsign(),
            nn.LogSigmoid(),
            nn.Tanh(),
            nn.Tanhshrink(),
            nn.Softshrink(0.2),
            nn.Hardshrink(0.4),
            nn.Sigmoid(),
        )
    },
    "exp": (lambda: By(torch.exp), 6),
    "abs": (lambda: By(torch.abs), 6),
    "square": (lambda: By(Tensor.square), 6),
}


SQUARE = {"turned", "bilinear", "bicubic"}  # else units lie further apart in rows than columns


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", list(PARTS))
def test_each_op_does_what_the_network_does(name: str, tmp_path: Path) -> None:
    """Up to the scores, with batch normalisation folded and 8-bit weights that change nothing."""
    make, maps = PARTS[name]
    model = snap(Whole(make(), maps))
    size = Size.square(16) if name in SQUARE else SIZE
    network = watched(model, size, "stem.2", "part")
    record = written(network, tmp_path)
    assert record.network["no_output"] == ""
    assert record.network["classes"] == [f"class {number}" for number in range(5)]
    require_like_the_network(network, record)


@given(plans(averages=True))
def test_small_networks_of_any_geometry(plan: Plan) -> None:
    """In float64, which is written as float32."""
    assume(fits(plan))
    require_nodes_like_the_network(snap(Small(plan)), Size.square(plan.size), plan.seed)


@given(st.data())
def test_transposed_convolutions_of_any_geometry(data: st.DataObject) -> None:
    """With a scale for each map that they make, across groups."""
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = (data.draw(pairs) for _ in range(3))
    groups = data.draw(st.sampled_from([1, 2, 3]))
    rows, columns = (
        data.draw(st.integers(0, max(steps) - 1)) for steps in zip(stride, dilation, strict=True)
    )
    part = nn.ConvTranspose2d(
        6,
        2 * groups,
        kernel,
        stride,
        output_padding=(rows, columns),
        groups=groups,
        dilation=dilation,
    )
    require_nodes_like_the_network(snap(Whole(part, 2 * groups)), SIZE)


def test_a_head_may_take_the_maps_as_they_lie(tmp_path: Path) -> None:
    """Flattened maps are a gather without places; two columns a mean each."""
    network = watched(snap(Whole(nn.Conv2d(6, 4, 3), 4, columns=7)), Size(16, 18), "part")
    record = written(network, tmp_path)
    (gather,) = [node for node in record.network["nodes"] if node["op"] == "gather"]
    assert gather["places"] is None
    require_like_the_network(network, record)


def test_a_network_of_grey_images(tmp_path: Path) -> None:
    """What makes the grey is an op like any other."""
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
    feed_grey(model)
    network = watched(snap(model), SIZE, "1", "2")
    record = written(network, tmp_path)
    require_like_the_network(network, record)
    assert record.network["values"][0] == [3, 15, 18]


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "densenet121"])
def test_networks_of_torchvision(name: str, tmp_path: Path) -> None:
    """From the image to a thousand scores."""
    torch.manual_seed(0)
    model = snap(getattr(models, name)(weights=None))
    path = {"resnet18": "layer3", "squeezenet1_1": "features.12", "densenet121": "features.norm5"}
    network = watched(model, Size(64, 96), path[name])
    record = written(network, tmp_path)
    require_like_the_network(network, record)
    assert len(record.network["classes"]) == 1000


# --- Parts ----------------------------------------------------------------------------------------


def test_a_layer_comes_with_all_below_it_and_nothing_above(tmp_path: Path) -> None:
    """Whatever the order in which layers are named; the scores come last."""
    model = Whole(Branches(), 18)
    network = watched(snap(model), SIZE, "part", "stem.2", "part.one", rule=DECONVNET)
    record = written(network, tmp_path)
    layers = record.network["layers"]
    assert [each["part"] for each in layers] == [3, 1, 2]
    parts = {node["output"]: node["part"] for node in record.network["nodes"]}
    makes = {node["output"]: node for node in record.network["nodes"]}

    def below(value: int) -> set[int]:
        return {value}.union(*(below(v) for v in makes[value]["inputs"] if v)) if value else set()

    for layer in layers:
        assert {parts[value] for value in below(layer["value"])} == set(range(1, layer["part"] + 1))
    head = [node for node in record.network["nodes"] if node["part"] == 4]
    assert [node["op"] for node in head] == ["average_pool", "convolution"]
    assert [each["bytes"] for each in record.network["parts"]] == list(map(len, record.parts))


def test_every_byte_belongs_to_one_tensor(tmp_path: Path) -> None:
    """But for at most three that bring the next to a multiple of four."""
    record = written(watched(snap(Whole(Branches(), 18)), SIZE, "stem.2", "part"), tmp_path)
    for number, content in enumerate(record.parts, start=1):
        places = sorted(
            (
                value["at"],
                value["at"] + int(np.prod(value["shape"])) * (1 if value["type"] == "i8" else 4),
            )
            for node in record.network["nodes"]
            for value in node.values()
            if node["part"] == number and isinstance(value, dict) and "at" in value
        )
        ends = [0, *(end for _, end in places)]
        gaps = [start - end for (start, _), end in zip(places, ends, strict=False)]
        assert all(0 <= gap < 4 for gap in gaps)
        assert ends[-1] == len(content)


def test_a_part_that_is_full_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """No op is torn in two, and a layer still needs all parts up to its own."""
    monkeypatch.setattr(export, "FULL", 100)
    torch.manual_seed(0)
    sizes = zip((3, 4, 5, 6), (4, 5, 6, 7), strict=True)
    model = nn.Sequential(*(nn.Conv2d(here, there, 3) for here, there in sizes))
    network = watched(model, Size.square(16), "0", "3")
    graph = network.graph(network.layers)
    assert graph is not None
    found = export.export(graph, layers=2)
    assert [node.part for node in found.nodes] == [1, 2, 3, 4]
    assert found.needs == (1, 4)
    assert [len(part) for part in found.parts] == [
        # weights of 8 bits to the next multiple of 4, then scales and biases
        *(108 + 4 * 8, 180 + 5 * 8, 272 + 6 * 8, 380 + 7 * 8),
    ]
