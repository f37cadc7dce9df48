"""Names, contributions and what is asked in the wrong order, in Node against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.studies.live import node
from tests.studies.live.tiny_live import TinyLive, picture, planar, tiny_live


def contributions(tiny: TinyLive, pixels: torch.Tensor, number: int) -> torch.Tensor:
    """Gradient × activation of the last layer, summed over places, by autograd: [filters]."""
    values = tiny.values(pixels.requires_grad_())
    last = values[tiny.network["layers"][-1]["value"]]
    (gradient,) = torch.autograd.grad(values[tiny.network["output"]].flatten()[number], last)
    each: torch.Tensor = (gradient * last).sum((1, 2)).detach()
    return each


@pytest.mark.parametrize("head", ["average", "max", "hidden"])
@pytest.mark.parametrize("seed", [0, 1])
def test_names_and_who_speaks(head: str, seed: int) -> None:
    """Probabilities, the five best and the contributions of the filters are PyTorch's."""
    tiny, pixels = tiny_live(seed, head), picture(seed)
    answer = node.run(
        "await ready(); return (await ask({ask: 'name'})).answer;", tiny.given(pixels)
    )
    expected = torch.softmax(tiny.scores(planar(pixels)), 0)
    np.testing.assert_allclose(answer["probabilities"], expected, rtol=1e-5)
    best = expected.argsort(descending=True)[:5].tolist()
    assert [number for number, _ in answer["top"]] == best
    each = contributions(tiny, planar(pixels), best[0])
    speaks = [int(n) for n in each.argsort(descending=True) if each[n] > 0]
    assert [one["filter"] for one in answer["speaks"]] == speaks
    np.testing.assert_allclose(
        [one["contribution"] for one in answer["speaks"]], each[speaks], rtol=1e-4
    )
    assert answer["exact"] is (head != "hidden")


@pytest.mark.parametrize("head", ["average", "max", "hidden"])
def test_exact_is_exact(head: str) -> None:
    """Where contributions are called exact, the rest of the score is the same for every picture."""
    tiny = tiny_live(3, head)
    rests = []
    for colour in np.eye(3, dtype=np.uint8) * 255:
        pixels = np.minimum(picture(0), colour)
        body = (
            "await ready(); const run = forward(live, live.picture, [5, given.network.output]);"
            "return [contributions(live, run, 2), run.value(given.network.output).data[2]];"
        )
        each, score = node.run(body, tiny.given(pixels))
        rests.append(score - sum(each))
    assert (max(rests) - min(rests) < 1e-5) == (head != "hidden")


def nodes(*chain: tuple[str, list[int]]) -> list[dict[str, object]]:
    """Nodes whose outputs are numbered from 1."""
    return [{"op": op, "inputs": inputs, "output": n} for n, (op, inputs) in enumerate(chain, 1)]


@pytest.mark.parametrize(
    ("chain", "exact"),
    [
        pytest.param((("convolution", [1]), ("max_pool", [2])), False, id="max of mixed maps"),
        pytest.param((("scaling", [1]), ("max_pool", [2])), True, id="max of one filter's maps"),
        pytest.param((("convolution", [1]), ("sum", [2, 0])), False, id="a way around the layer"),
        pytest.param((("pointwise", [1]), ("convolution", [2])), False, id="a curve"),
        pytest.param((("relu", [1]), ("convolution", [1])), True, id="a ReLU beside the way"),
    ],
)
def test_heads_that_are_exact(chain: tuple[tuple[str, list[int]], ...], exact: bool) -> None:
    """A head is read as it lies between the last layer, value 1, and the output, value 3."""
    network = {"output": 3, "nodes": nodes(("convolution", [0]), *chain)}
    body = "return contributionsAreExact(given.network, 1);"
    assert node.run(body, {"network": network}) is exact


def test_softmax_of_large_scores() -> None:
    """Scores far apart and far from zero neither overflow nor vanish."""
    scores = [1000.0, 990.0, -1000.0]
    answer = node.run("return softmax(Float32Array.from(given.scores));", {"scores": scores})
    np.testing.assert_allclose(answer, torch.softmax(torch.tensor(scores).double(), 0), rtol=1e-12)


@pytest.mark.parametrize("ask", ["name", "fool", "dream"])
def test_no_classes(ask: str) -> None:
    """A network without classes says so."""
    body = (
        "await ready(); const rest = {target: given.ask === 'dream' ? {class: 0} : null};"
        "return (await ask({ask: given.ask, ...rest, budget: 1, steps: 1, seed: 0})).error;"
    )
    given = tiny_live(0, "none").given(picture(0), ask=ask)
    assert node.run(body, given) == "This network has no classes."
