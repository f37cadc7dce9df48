"""Every kind of network against the plain truths: same nine, same boxes, same reconstructions.

Each network runs a whole computation on four noisy pictures, with weights that show mistakes:
convolutions scaled so that no layer dies, random biases, batch normalisation with random means,
variances and gains of both signs. The truth comes from torchvision's own module with the same
weights, in float64, on whole images.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from generator.atlas.schema import LayerArrays
from generator.atlas.store import Atlas
from generator.compute.pipeline import compute
from generator.compute.project.contact_sheets import Places, occupied, reconstruct_places
from generator.config import Settings
from generator.errors import NetworkError
from generator.names import Rule, Size
from generator.network.rules import RULES
from generator.network.torchvision_compat import models
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.network.zoo import load as zoo
from tests.oracles.networks import (
    Box,
    activation_of,
    gradient_support,
    in_float64,
    plain_reconstruction,
    stored_top_nine,
)

PICTURES = 4
FILTERS = 2
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TRANSFORMING = ("googlenet", "inception_v3")  # their weights want values from -1 to 1
HALVES = (0.5, 0.5, 0.5)
OWN_SIZE = 61  # odd, so that halving it leaves pixels over

# The input size, in pixels: None is the network's own, others save time.
NAMED: dict[str, int | None] = {
    "alexnet": None,
    "vgg11": 100,
    "vgg16_bn": 75,
    "squeezenet1_0": 175,
    "squeezenet1_1": None,
    "resnet18": None,
    "resnet34": 111,
    "resnet50": 113,
    "googlenet": 127,
    "inception_v3": 151,
    "densenet121": 131,
    "mobilenet_v2": 141,
    "shufflenet_v2_x0_5": 129,  # its layers are found
}
# Enough for a quick run: each kind of branch. CI takes all.
QUICK = ("alexnet", "resnet18", "squeezenet1_1", "googlenet", "densenet121")
TRIED = tuple(NAMED) if os.environ.get("CI") else QUICK
OTHER_VGG = ("vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg19", "vgg19_bn")
# These rules go through average pools between layers, so that all layers can be shown.
OTHER_RULES: tuple[tuple[str, Rule], ...] = (
    ("resnet18", "guided"),
    ("resnet18", "gradient"),
    ("densenet121", "guided"),
    ("densenet121", "gradient"),
)

OWN_NETWORK = '''
"""A network with a bit of everything, in a file of its own."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, maps, stride):
        super().__init__()
        self.depthwise = nn.Conv2d(maps, maps, 3, stride, 1, groups=maps, bias=False)
        self.norm = nn.BatchNorm2d(maps)
        self.pointwise = nn.Conv2d(maps, 2 * maps, 1)
        self.shortcut = nn.Conv2d(maps, 2 * maps, 1, stride)

    def forward(self, x):
        y = self.pointwise(F.relu(self.norm(self.depthwise(x))))
        y += self.shortcut(x)
        return torch.relu(y)


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 5, stride=2, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.dilated = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.joined = nn.Conv2d(16, 8, (3, 3))
        self.norm = nn.BatchNorm2d(8)
        self.block = Block(8, 2)
        self.last = nn.Conv2d(16, 6, 3, padding=1)
        self.capped = nn.ReLU6()
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.pool(self.relu(self.stem(x)))
        wide = self.relu(self.dilated(x))
        near = self.grouped(x).relu_()
        x = self.norm(self.relu(self.joined(torch.cat([wide, near], dim=1))))
        x = self.capped(self.last(self.block(x)))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


def make():
    return Own()
'''
OWN_LAYERS = ("stem", "pool", "dilated", "grouped", "joined", "norm", "block", "last", "capped")


# --- Weights and pictures that show mistakes ------------------------------------------------------


def draw_pictures(folder: Path, size: Size) -> Path:
    """Write pictures of noise, coarse and fine, at exactly the size that the network sees."""
    rng = np.random.default_rng(size.height)
    folder.mkdir()
    for number in range(PICTURES):
        coarse = rng.integers(0, 256, (9, 9, 3)).astype(np.uint8)
        large = Image.fromarray(coarse).resize((size.width, size.height), Image.Resampling.BICUBIC)
        fine = rng.integers(-60, 61, (*size, 3))
        pixels = (np.asarray(large).astype(np.int64) + fine).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"picture_{number}.png")
    return folder


def as_seen(folder: Path, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Read pictures of the right size and bring them to what a network expects: n 3 h w."""
    pixels = np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])
    return torch.from_numpy(((pixels / 255 - mean) / std).transpose(0, 3, 1, 2))


def roughen(model: nn.Module, images: Tensor) -> None:
    """Give a network weights that hide no mistake and leave no layer dead.

    On the way of the images every convolution is scaled to answer with a spread of one, and shifted
    by a random bias where it has any; every batch normalisation gets statistics near those of its
    input, a random gain of either sign and a random shift.
    """
    source = torch.Generator().manual_seed(7)

    def uniform(size: int, low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(size, generator=source)

    def scale(module: nn.Module, _inputs: object, answer: Tensor) -> Tensor:
        assert isinstance(module, nn.Conv2d)
        spread, mean = torch.std_mean(answer, (0, 2, 3))
        module.weight /= spread[:, None, None, None]
        answer = answer / spread[:, None, None]
        if module.bias is None:
            return answer
        shift = uniform(len(spread), -0.3, 0.3)
        module.bias.copy_(shift + (module.bias - mean) / spread)
        return answer + (shift - mean / spread)[:, None, None]

    def draw(module: nn.Module, inputs: tuple[Tensor]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        assert module.running_mean is not None
        assert module.running_var is not None
        maps = module.num_features
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3))
        module.running_var.copy_(variance * uniform(maps, 0.5, 2.0) + 1e-3)
        module.running_mean.copy_(mean + variance.sqrt() * uniform(maps, -0.3, 0.3))
        sign = 1 - 2 * (uniform(maps, 0.0, 1.0) < 0.3).float()
        module.weight.copy_(sign * uniform(maps, 0.5, 1.5))
        module.bias.copy_(uniform(maps, -0.3, 0.5))

    handles = [
        module.register_forward_hook(scale)
        if isinstance(module, nn.Conv2d)
        else module.register_forward_pre_hook(draw)
        for module in model.modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    ]
    with torch.no_grad():
        model(images.float())
    for handle in handles:
        handle.remove()


def torchvision_twin(name: str, model: nn.Module, **options: bool) -> nn.Module:
    """Make torchvision's own network of that name with the weights of `model`, without its head."""
    if name in TRANSFORMING:
        options["init_weights"] = False
    with torch.device("meta"):
        twin: nn.Module = getattr(models, name)(weights=None, **options)
    headless(twin).load_state_dict(model.state_dict(), assign=True)
    return twin


def headless(model: nn.Module) -> nn.Module:
    """Leave out what follows the maps; it may be most of the weights."""
    for head in ("classifier", "fc", "aux1", "aux2", "AuxLogits"):
        if hasattr(model, head):
            setattr(model, head, nn.Identity())
    return model.eval()


@pytest.fixture(scope="module", autouse=True)
def headless_networks() -> Iterator[None]:
    """Let networks of torchvision have no head: drawing and hashing it takes most of the time."""
    honest = models.get_model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "get_model", lambda *words, **more: headless(honest(*words, **more)))
        yield


# --- One whole computation ------------------------------------------------------------------------


def silent(*_: object) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Run:
    """A network, what a whole computation found, and the truth to compare it with."""

    network: WatchedNetwork
    arrays: dict[str, LayerArrays]
    images: Tensor  # n 3 h w float64, as the network sees them
    truth: nn.Module  # float64
    gap: int  # input pixels that a dilated window may skip at a border
    supports: dict[tuple[str, int, int], Box] = field(default_factory=dict)  # by module and unit

    def support(self, layer: WatchedLayer, row: int, column: int) -> Box:
        """Give the box of pixels that can change a unit."""
        key = layer.module, row, column
        if key not in self.supports:
            found = gradient_support(self.truth, layer.module, self.network.input_size, key[1:])
            self.supports[key] = found
        return self.supports[key]


def run(
    folder: Path, settings: dict[str, Any], twin: Any, mean: Any, std: Any, gap: int = 0
) -> Run:
    """Load a network, roughen it, and compute the atlas of four pictures."""
    torch.manual_seed(11)  # one's own network draws its weights itself
    network = zoo.load(Settings(**settings))
    images = as_seen(draw_pictures(folder / "pictures", network.input_size), mean, std)
    roughen(network.model, images)
    network = replace(network)  # else it keeps the graph of the weights before
    truth = in_float64(twin(network.model))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "load", lambda *_: network)
        compute(
            Settings(
                **settings,
                images=str(folder / "pictures"),
                atlas=folder / "atlas",
                stimuli=False,
                studies=(),
                batch=3,
                workers=0,
                device="cpu",
            ),
            silent,
            silent,
        )
    atlas = Atlas.open(folder / "atlas")
    arrays = {layer.name: atlas.arrays(layer.name) for layer in network.layers}
    return Run(network, arrays, images, truth, gap)


def run_torchvision(folder: Path, name: str, **more: Any) -> Run:
    """Run a network of torchvision with random weights."""
    settings = {"network": f"torchvision:{name}:random", "filters": FILTERS, **more}
    mean, std = (HALVES, HALVES) if name in TRANSFORMING else (IMAGENET_MEAN, IMAGENET_STD)
    return run(folder, settings, lambda model: torchvision_twin(name, model), mean, std)


def run_own(folder: Path, **more: Any) -> Run:
    """Run the network of a user's own file."""
    file = folder / "own.py"
    file.write_text(OWN_NETWORK, encoding="utf-8")
    space: dict[str, Any] = {}
    exec(compile(OWN_NETWORK, "own", "exec"), space)  # noqa: S102 - the text above

    def twin(model: nn.Module) -> nn.Module:
        own: nn.Module = space["make"]()
        own.load_state_dict(model.state_dict())
        return own

    mean, std = (0.4, 0.5, 0.6), (0.3, 0.25, 0.2)
    settings = {
        "network": f"{file}:make",
        "filters": FILTERS,
        "input_size": OWN_SIZE,
        "mean": mean,
        "std": std,
        "layers": tuple(f"{layer}={layer}" for layer in OWN_LAYERS),
        **more,
    }
    return run(folder, settings, twin, mean, std, gap=4)


@pytest.fixture(scope="module", params=[*TRIED, "own file", "own file, no square"])
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """What a whole computation found."""
    folder = tmp_path_factory.mktemp("network")
    if request.param == "own file":
        yield run_own(folder)
    elif request.param == "own file, no square":
        yield run_own(folder, input_size=(OWN_SIZE, 46))
    else:
        yield run_torchvision(folder, request.param, input_size=NAMED[request.param])


# --- The nine -------------------------------------------------------------------------------------


def test_the_nine_are_those_of_scoring_everything(found: Run) -> None:
    """Images, units and values are those of storing all scores and sorting them."""
    places = 0
    modules = [layer.module for layer in found.network.layers]
    truth = stored_top_nine(found.truth, modules, found.images, filters=FILTERS)
    for layer, ranks in zip(found.network.layers, truth, strict=True):
        arrays = found.arrays[layer.name]
        assert len(arrays.image) == layer.filters == FILTERS
        for filter_, expected in enumerate(ranks):
            count = len(expected)
            assert (arrays.image[filter_, count:] == -1).all()
            assert arrays.image[filter_, :count].tolist() == [place[1] for place in expected]
            units = [list(place[2:]) for place in expected]
            assert arrays.unit[filter_, :count].tolist() == units
            np.testing.assert_allclose(
                arrays.activation[filter_, :count], [place[0] for place in expected], rtol=1e-4
            )
            places += count
    assert places > 0.8 * FILTERS * PICTURES * len(found.network.layers)


# --- Boxes ----------------------------------------------------------------------------------------


def assert_same_box(run: Run, layer: WatchedLayer, unit: tuple[int, int], box: list[int]) -> None:
    """Compare a box with gradient support, side by side.

    A side inside the input is exactly there. One outside stands for the border: the first pixel, or
    the last that any unit sees, for strides may leave some over. There dilation may skip a few.
    """
    size = run.network.input_size
    if layer.field.size > max(size):
        assert tuple(box) == size.around
        return
    support = run.support(layer, *unit)
    _, _, *seen = run.support(layer, layer.grid[0] - 1, layer.grid[1] - 1)
    sides = [(0, size.height), (0, size.width)] + [(0, end) for end in seen]
    for side, (first, last), reached in zip(box, sides, support, strict=True):
        gap = 0 if first <= side <= last else run.gap
        assert abs(min(max(side, first), last) - reached) <= gap
    top, left, bottom, right = box
    assert bottom - top == right - left == layer.field.size


def test_boxes_are_those_of_gradient_support(found: Run) -> None:
    """What the places' units see, at borders too, is what a positive network's gradient reaches."""
    for layer in found.network.layers:
        arrays = found.arrays[layer.name]
        for filter_ in np.flatnonzero(arrays.image[:, 0] >= 0):
            row, column = arrays.unit[filter_, 0].tolist()
            assert_same_box(found, layer, (row, column), arrays.box[filter_, 0].tolist())


def assert_same_field(truth: nn.Module, layer: WatchedLayer, size: int) -> None:
    """Compare size, stride and offset with units in a strip so long that they see no border."""
    sees, stride = layer.field, int(layer.field.stride)
    unit = -(sees.offset // stride)  # the first that sees no padding
    start = sees.offset + unit * stride
    strip = size, start + sees.size + 8 * stride
    for op in range(2):
        _, left, _, right = gradient_support(truth, layer.module, strip, (0, unit + op))
        shift = start + op * stride
        assert (left, right) == (shift, shift + sees.size)


def test_fields_are_those_of_units_with_room(found: Run) -> None:
    """Fields are measured where nothing cuts them short; so are those larger than the input."""
    for layer in found.network.layers:
        assert_same_field(found.truth, layer, found.network.input_size.height)


# --- Reconstructions ------------------------------------------------------------------------------


def assert_same_reconstructions(run: Run, rule: Rule) -> None:
    """Compare the first place of each filter with autograd on the whole image.

    In float64 the two are the same. In float32 a maximum of a pool may be another one of nearly
    equal values, and what comes down at that place then lies one pixel away.
    """
    exact = replace(run.network, model=in_float64(run.network.model))
    for layer in run.network.layers:
        places = first_places(occupied(run.arrays[layer.name], 0, layer.filters))
        signals = reconstruct_places(exact, layer, places, run.images.__getitem__)
        images = run.images.float()
        rounded = reconstruct_places(run.network, layer, places, images.__getitem__)
        largest = 0.0
        for index, (filter_, row) in enumerate(zip(places.filters, places.rows, strict=True)):
            unit = int(places.units[index, 0]), int(places.units[index, 1])
            truth = plain_reconstruction(
                run.truth, layer.module, run.images[int(row)], int(filter_), unit, rule
            ).numpy()
            scale = np.abs(truth).max()
            found = pasted(signals[index], places.boxes[index], truth.shape)
            assert np.abs(found - truth).max() <= 1e-6 * scale
            found = pasted(rounded[index], places.boxes[index], truth.shape)
            assert np.linalg.norm(found - truth) <= 0.03 * np.linalg.norm(truth)
            largest = max(largest, scale)
        assert largest > 0


def first_places(places: Places) -> Places:
    """Keep the strongest place of each filter."""
    _, members = np.unique(places.filters, return_index=True)
    return Places(**{name: column[members] for name, column in vars(places).items()})


def pasted(signal: Any, box: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Put a signal c h w back at its box of an image; it must be zero outside the image."""
    top, left, bottom, right = (int(number) for number in box)
    _, height, width = shape
    assert tuple(signal.shape) == (3, bottom - top, right - left)
    signal = np.asarray(signal, dtype=np.float64)
    rows, columns = slice(max(0, top), min(bottom, height)), slice(max(0, left), min(right, width))
    inner = (
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
    result = np.zeros(shape)
    result[:, rows, columns] = signal[:, *inner]
    assert np.abs(signal).sum() == pytest.approx(np.abs(result).sum())
    return result


def test_reconstructions_are_those_of_the_whole_image(found: Run) -> None:
    """Projected from small crops, the signals are those of a backward pass over everything."""
    assert_same_reconstructions(found, "deconvnet")


@pytest.mark.parametrize(("name", "rule"), OTHER_RULES if os.environ.get("CI") else OTHER_RULES[:2])
def test_other_rules_are_those_of_the_whole_image(name: str, rule: Rule, tmp_path: Path) -> None:
    """Guided backpropagation and the plain gradient reach the pixels from every layer, too."""
    found = run_torchvision(tmp_path, name, rule=rule, input_size=97)
    assert_same_reconstructions(found, rule)


@pytest.mark.parametrize("name", OTHER_VGG)
def test_fields_of_every_vgg(name: str) -> None:
    """Their five layers see what a positive network's gradient reaches, and are after a ReLU."""
    network = zoo.load(Settings(network=f"torchvision:{name}:random", input_size=Size.square(64)))
    with torch.device("meta"):
        truth = headless(getattr(models, name)(weights=None))
    assert len(network.layers) == 5
    for layer in network.layers:
        assert isinstance(truth.get_submodule(layer.module), nn.ReLU)
        assert_same_field(truth, layer, 64)


@pytest.mark.parametrize("name", TRANSFORMING)
def test_halves_are_what_the_network_makes_of_its_input_itself(name: str) -> None:
    """Pixels from -1 to 1 give what torchvision's own transform inside the network gives.

    There pixels come normalised as for all other networks, and the network transforms them.
    """
    network = zoo.load(Settings(network=f"torchvision:{name}:random", filters=1))
    assert (network.mean, network.std) == (HALVES, HALVES)
    first = network.layers[0].module
    pixels = torch.rand(1, 3, 96, 96, dtype=torch.float64)
    usual = (pixels - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_STD)[
        :, None, None
    ]
    plain, transforming = (
        in_float64(torchvision_twin(name, network.model, transform_input=inside))
        for inside in (False, True)
    )
    expected = activation_of(transforming, first, usual)
    assert (expected > 0).any()
    found = activation_of(plain, first, 2 * pixels - 1)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


# --- Refusals -------------------------------------------------------------------------------------


class Holding(nn.Module):
    """A part of interest, two modules deep, between two convolutions."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.middle = nn.Sequential()
        self.middle.add_module("part", part)
        self.end = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, signal: Tensor) -> Tensor:
        answer: Tensor = self.end(self.middle(self.first(signal)))
        return answer


class Calling(nn.Module):
    """A function as a module, so that only its call inside can be seen."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, signal: Tensor) -> Tensor:
        answer: Tensor = self.function(signal)
        return answer


class Attending(nn.Module):
    """Attention of every position to every other."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, signal: Tensor) -> Tensor:
        line = signal.flatten(2).transpose(1, 2)
        answer: Tensor = self.attention(line, line, line)[0]
        return answer.transpose(1, 2).reshape(signal.shape)


class Mixing(nn.Module):
    """A sum of two ways of different stride, whose maps have one size by chance."""

    def __init__(self) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.fine = nn.Conv2d(4, 4, 17)

    def forward(self, signal: Tensor) -> Tensor:
        answer: Tensor = self.coarse(signal) + self.fine(signal)  # 33 → 17 both
        return answer


def watched(model: nn.Module, module: str, rule: Rule = "deconvnet") -> WatchedNetwork:
    """Watch a module of a network of 33 × 33 pixels."""
    model.eval().requires_grad_(False)
    return WatchedNetwork(
        *("holding", model, Size.square(33), HALVES, HALVES),
        modules={"chosen": module},
        filters=FILTERS,
        rule=RULES[rule],
    )


def refused(model: nn.Module, module: str = "end") -> str:
    """Give the words of the refusal to watch a module."""
    torch.manual_seed(0)
    with pytest.raises(NetworkError) as caught:
        _ = watched(model, module).layers
    return str(caught.value)


NO_PROJECTION: dict[str, Callable[[], nn.Module]] = {
    "average pool": lambda: nn.AvgPool2d(3, 1, 1),
    "adaptive average pool": lambda: nn.AdaptiveAvgPool2d(9),
    "function average pool": lambda: Calling(lambda signal: functional.avg_pool2d(signal, 2)),
    "GELU": nn.GELU,
    "function GELU": lambda: Calling(functional.gelu),
    "SiLU": nn.SiLU,
    "Hardswish": nn.Hardswish,
    "sigmoid": nn.Sigmoid,
    "product": lambda: Calling(lambda signal: signal * signal),
    "layer norm": lambda: nn.LayerNorm([4, 33, 33]),
    "attention": Attending,
}


@pytest.mark.parametrize("part", NO_PROJECTION)
def test_a_part_without_a_projection_is_refused_by_name(part: str) -> None:
    """The words hold the path of the module that is or calls it."""
    assert "middle.part" in refused(Holding(NO_PROJECTION[part]()))


def test_a_hook_that_changes_an_output_is_named() -> None:
    """With the module that it is hooked onto, which has a projection itself."""

    def squared(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        return output * output

    model = Holding(nn.ReLU())
    assert "hook" not in refused(Holding(nn.GELU()))
    model.middle.part.register_forward_hook(squared)  # type: ignore[union-attr]
    assert (
        "module 'middle.part' (ReLU, whose hook test_a_hook_that_changes_an_output_is_named.squared"
        " may change its output)"
    ) in refused(model)


@pytest.mark.parametrize("part", NO_PROJECTION)
def test_what_comes_after_the_watched_module_is_nobody_s_concern(part: str) -> None:
    """A layer before such a part can be shown."""
    network = replace(watched(Holding(NO_PROJECTION[part]()), "first"), filters=None)
    assert [(layer.grid, layer.filters) for layer in network.layers] == [((33, 33), 4)]


def test_a_module_that_runs_twice_is_refused() -> None:
    """Which of its answers is meant nobody can say."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.again = nn.Conv2d(3, 3, 3), nn.ReLU()

        def forward(self, signal: Tensor) -> Tensor:
            answer: Tensor = self.again(self.first(self.again(self.first(signal))))
            return answer

    assert "again" in refused(Twice(), module="again")


def test_strides_that_meet_in_a_sum_are_refused() -> None:
    """No one field belongs to such a unit."""
    words = refused(Holding(Mixing()))
    assert "strides 1 and 2" in words
    assert "'end'" in words or "middle.part" in words


def test_a_module_that_is_not_there_is_refused_by_name() -> None:
    """The words hold the path that was asked for."""
    assert "middle.nothing" in refused(Holding(nn.ReLU()), module="middle.nothing")


@pytest.mark.parametrize(
    ("part", "rule"),
    [("average pool", "guided")]
    + [(part, "gradient") for part in ("average pool", "GELU", "SiLU", "Hardswish")],
)
def test_other_rules_take_what_is_defined_for_them(part: str, rule: Rule, tmp_path: Path) -> None:
    """An average is its own adjoint's; autograd goes through any smooth part."""
    torch.manual_seed(1)
    model = Holding(NO_PROJECTION[part]())
    network = watched(model, "end", rule)
    images = as_seen(draw_pictures(tmp_path / "pictures", Size.square(33)), HALVES, HALVES)
    roughen(model, images)
    truth = in_float64(model)
    (ranks,) = stored_top_nine(truth, ["end"], images, filters=FILTERS)
    for filter_, nine in enumerate(ranks):
        value, image, row, column = nine[0]
        places = Places(
            filters=np.array([filter_]),
            places=np.array([0]),
            rows=np.array([image]),
            units=np.array([[row, column]]),
            boxes=np.array([gradient_box(network.layers[0], row, column, 33)], np.int32),
            activations=np.array([value], np.float32),
        )
        (signal,) = reconstruct_places(
            network, network.layers[0], places, images.float().__getitem__
        )
        expected = plain_reconstruction(truth, "end", images[image], filter_, (row, column), rule)
        found = pasted(signal, places.boxes[0], (3, 33, 33))
        np.testing.assert_allclose(found, expected, atol=1e-4 * float(expected.abs().max()))


def gradient_box(layer: WatchedLayer, row: int, column: int, size: int) -> Box:
    """Give the box of a unit as an atlas has it."""
    if layer.field.size > size:
        return 0, 0, size, size
    (top, bottom), (left, right) = layer.field.interval(row), layer.field.interval(column)
    return top, left, bottom, right
