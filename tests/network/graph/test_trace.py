"""What a network returns, as far as ops make it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.names import Size
from generator.network.graph.trace import NoProjection, trace

SIZE = Size(6, 8)


class Returning(nn.Module):
    """A convolution, and what a function makes of its maps and their mean."""

    def __init__(self, function: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.function = function
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> object:
        return self.function(self.conv(images))


def mean(maps: Tensor) -> Tensor:
    """Return a vector."""
    return maps.mean((2, 3))


RETURNED: dict[str, Callable[[Tensor], object]] = {
    "tensor": mean,
    "tuple": lambda maps: (mean(maps), maps),
    "list": lambda maps: [mean(maps)],
    "dict": lambda maps: {"out": mean(maps), "aux": maps},
    "nested": lambda maps: ({"scores": mean(maps)}, 3),
}
NO_FORM = "the network returns no vector and no maps of its image"
NOT_KNOWN: dict[str, tuple[Callable[[Tensor], object], str]] = {
    "no op": (
        lambda maps: mean(maps).cumsum(1),
        r"the network itself \(calling cumsum\) is no known operation",
    ),
    "no batch": (lambda maps: mean(maps)[0], NO_FORM),
    "number": (lambda _: 3, NO_FORM),
    "nothing": (lambda _: None, NO_FORM),
    "constant": (lambda _: torch.ones(1, 5), NO_FORM),
    "failure": (
        lambda maps: F.linear(maps.flatten(1), torch.ones(2, 3)),
        r"behind its layers the network fails \(RuntimeError: .*\)",
    ),
}


@pytest.mark.parametrize("function", RETURNED.values(), ids=RETURNED)
def test_the_first_tensor_returned_is_the_result(function: Callable[[Tensor], object]) -> None:
    """Alone, or inside of what is returned."""
    graph, reason = trace(Returning(function), SIZE, ["conv"]).whole(["conv"])
    assert reason == ""
    image = torch.rand(1, 3, *SIZE)
    maps, result = graph.run(image)
    assert maps.shape[1:] == (4, 4, 6)
    assert torch.allclose(result[:, :, 0, 0], mean(maps))


@pytest.mark.parametrize(("function", "said"), NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_where_ops_do_not_make_it_the_graph_ends_at_the_layers(
    function: Callable[[Tensor], object], said: str
) -> None:
    """And the reason names the part."""
    graph, reason = trace(Returning(function), SIZE, ["conv"]).whole(["conv"])
    assert len(graph.watched) == 1
    assert re.fullmatch(said, reason), reason


def test_a_result_may_be_a_layer() -> None:
    """Then it is watched twice."""
    graph, reason = trace(Returning(lambda maps: maps), SIZE).whole(["conv"])
    assert reason == ""
    assert graph.watched[0] == graph.watched[1]


def test_layers_on_what_is_no_op_have_no_graph_at_all() -> None:
    """The error names the part."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.ReLU()).eval()
    with pytest.raises(NoProjection, match=r"module '1' \(GroupNorm\) is no known operation"):
        trace(model, SIZE).whole(["2"])
