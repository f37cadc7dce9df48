"""Fields from gradients, against the support of the same network with a plain part instead."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from generator.errors import NetworkError
from generator.names import Size
from generator.network.cone.geometry import PixelField
from generator.network.support import field_of, pictures
from generator.network.zoo.loaded import LoadedNetwork
from tests.oracles.networks import gradient_support, in_float64
from tests.support.parts import Calling, Part

HALVES = (0.5, 0.5, 0.5)
MAPS = 8
SIZES = [(64, 64), (72, 60), (65, 83)]


class SqueezeExcite(nn.Module):
    """Each map times a number that all maps decide together."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(MAPS, 2, 1), nn.Conv2d(2, MAPS, 1)

    def forward(self, value: Tensor) -> Tensor:
        gate = self.up(functional.relu(self.down(value.mean((2, 3), keepdim=True))))
        return value * torch.sigmoid(gate)


def chain(part: Part, stride: int, kernel: int = 3) -> nn.Sequential:
    """Put a part between two convolutions, the first of them with a stride."""
    torch.manual_seed(0)
    middle = part if isinstance(part, nn.Module) else Calling(part)
    layers = (
        nn.Conv2d(3, MAPS, kernel, stride, kernel // 2),
        middle,
        nn.Conv2d(MAPS, 4, 3, padding=1),
    )
    return nn.Sequential(*layers).eval()


def found(model: nn.Module, size: tuple[int, int]) -> PixelField | None:
    """Return the field of the units at the network's end."""
    network = LoadedNetwork("n", model, Size(*size), HALVES, HALVES)
    torch.manual_seed(1)  # for a part that draws numbers
    grid = model(pictures(network, 1)).shape[-2:]
    return field_of(network, model, "end", (grid[0], grid[1]))


def true_field(model: nn.Module, size: tuple[int, int]) -> PixelField:
    """Return the field of a unit that sees no border, and of the next one."""
    exact = in_float64(model)
    grid = model(torch.zeros(1, 3, *size)).shape[-2:]
    row, column = grid[0] // 2 - 1, grid[1] // 2 - 1
    top, left, bottom, right = gradient_support(exact, "2", size, (row, column))
    below, *_ = gradient_support(exact, "2", size, (row + 1, column))
    assert bottom - top == right - left
    return PixelField(bottom - top, below - top, top - row * (below - top))


def gated(value: Tensor) -> Tensor:
    """Spell a ReLU by its gate."""
    return value * (value > 0)


ALL: dict[str, Part] = {
    "GroupNorm": nn.GroupNorm(2, MAPS),
    "InstanceNorm2d": nn.InstanceNorm2d(MAPS),
    "LayerNorm": lambda x: functional.layer_norm(x, x.shape[1:]),
    "squeeze and excite": SqueezeExcite(),
    "softmax over places": lambda x: x * x.flatten(2).softmax(2).view_as(x),
}
# Each beside a part of the same windows.
EXACT: dict[str, tuple[Part, nn.Module]] = {
    "LPPool2d": (nn.LPPool2d(2, 2), nn.AvgPool2d(2)),
    "LPPool2d, wide": (nn.LPPool2d(2, 3, 1), nn.AvgPool2d(3, 1)),
    "x * x": (lambda x: x * x, nn.Identity()),
    "softmax over maps": (nn.Softmax(1), nn.Identity()),
    "norm over maps": (lambda x: x / (x.std(1, keepdim=True) + 0.01), nn.Identity()),
    "ReLU, softmax": (lambda x: torch.relu(x).softmax(1), nn.Identity()),
    "ReLU, shut": (lambda x: torch.relu(x - 99), nn.Identity()),
    "x * (x > 0), shut": (lambda x: gated(x - 99), nn.Identity()),
    "max pool, softmax": (
        nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.Softmax(1)),
        nn.AvgPool2d(3, 2, 1),
    ),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("part", ALL)
def test_units_that_see_all_have_the_whole_input(
    part: str, stride: int, size: tuple[int, int]
) -> None:
    """Whichever stride comes before, and though it may leave pixels over."""
    assert found(chain(ALL[part], stride), size) == PixelField(max(size), 1, 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("part", EXACT)
def test_fields_are_those_of_a_plain_part(part: str, stride: int, size: tuple[int, int]) -> None:
    """Size, stride and offset, also where strides leave pixels over."""
    own, plain = EXACT[part]
    assert found(chain(own, stride), size) == true_field(chain(plain, stride), size)


def test_units_without_one_form_have_no_field() -> None:
    """Windows drawn at random lie unevenly, and maps turned round run the other way."""
    assert found(chain(nn.FractionalMaxPool2d(2, output_ratio=0.6), 1), (64, 64)) is None
    turned = chain(lambda x: x.softmax(1).flip(3), 1)
    assert found(turned, (64, 64)) is None


def test_a_field_that_is_no_square_gets_one_that_holds_it() -> None:
    """Rows and columns may differ in size, not in stride."""
    model = nn.Sequential(nn.Conv2d(3, MAPS, (3, 7), padding=(1, 3)), nn.Softmax(1))
    assert found(model, (30, 40)) == PixelField(7, 1, -3)
    model[0] = nn.Conv2d(3, MAPS, 3, (1, 2), 1)
    assert found(model, (30, 40)) is None


def test_a_layer_without_gradients_is_named() -> None:
    """With what to do about it."""
    with pytest.raises(NetworkError, match="no gradient comes down from end; let the network"):
        found(chain(nn.GroupNorm(2, MAPS), 1).append(Calling(torch.detach)), (20, 20))
