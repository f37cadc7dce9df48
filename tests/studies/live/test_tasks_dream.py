"""Dreaming in Node against the same arithmetic in PyTorch, the gradient by autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.studies.live import node
from tests.studies.live.tiny_live import COLUMNS, ROWS, TinyLive, picture, planar, tiny_live

DREAM: dict[str, Any] = {
    "steps": 1,
    "octaves": 1,
    "rate": 4.0,
    "jitter": 0,
    "variation": 0.0,
    "seed": 5,
}
BODY = (
    "await ready(); const seen = []; const ended = await ask({ask: 'dream', ...given.dream},"
    " (one) => seen.push(one)); if (!ended.answer) throw new Error(ended.error);"
    "return [ended.answer, seen];"
)
TARGETS: dict[str, Any] = {
    "layer": {"layer": "layer2"},
    "filter": {"layer": "layer1", "filter": 2},
    "class": {"class": 4},
}


def mulberry32(seed: int) -> Iterator[float]:
    """Tommy Ettinger's generator, in Python's whole numbers."""
    limit = 1 << 32
    while True:
        seed = (seed + 0x6D2B79F5) % limit
        mixed = (seed ^ (seed >> 15)) * (seed | 1) % limit
        mixed ^= (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) % limit
        yield (mixed ^ (mixed >> 14)) / limit


def score(tiny: TinyLive, pixels: torch.Tensor, kind: str) -> torch.Tensor:
    """What rises: a mean of squares, a mean map, a score."""
    if kind == "class":
        return tiny.scores(pixels)[4]
    values = tiny.values(pixels)
    return values[5].square().mean() if kind == "layer" else values[2][2].mean()


def variation(pixels: torch.Tensor) -> torch.Tensor:
    """Σ √(right² + below² + 1), with pixels beyond the edge like those at it."""
    right = functional.pad(pixels.diff(dim=2), (0, 1))
    below = functional.pad(pixels.diff(dim=1), (0, 0, 0, 1))
    return (right.square() + below.square() + 1).sqrt().sum()


def resized(pixels: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Triangle filter, as wide as the reduction."""
    return functional.interpolate(pixels[None], size, mode="bilinear", antialias=True)[0]


def dreamt(
    tiny: TinyLive,
    pixels: torch.Tensor,
    kind: str,
    dream: dict[str, Any],
    soften: Callable[[torch.Tensor], torch.Tensor] = lambda gradient: gradient,
    random: Iterator[float] | None = None,
) -> torch.Tensor:
    """The picture after the steps of one octave."""
    random = random or mulberry32(dream["seed"])
    reach = 2 * dream["jitter"] + 1
    for _ in range(dream["steps"]):
        shift = [int(next(random) * reach) - dream["jitter"] for _ in range(2)]
        moved = pixels.roll(shift, (1, 2)).requires_grad_()
        (rise,) = torch.autograd.grad(score(tiny, moved, kind), moved)
        (rough,) = torch.autograd.grad(variation(moved), moved)
        rise = soften(rise)
        change = rise / rise.abs().mean() - dream["variation"] * rough
        moved = (moved.detach() + dream["rate"] * change).clip(0, 255)
        pixels = moved.roll([-shift[0], -shift[1]], (1, 2))
    return pixels


def shown(answer: dict[str, Any]) -> torch.Tensor:
    """The picture of an answer [3, h, w]."""
    rgba = torch.tensor(answer["pixels"], dtype=torch.float64)
    whole = rgba.view(answer["height"], answer["width"], 4).permute(2, 0, 1)
    assert bool((whole[3] == 255).all())
    return whole[:3]


def assert_same(answer: dict[str, Any], expected: torch.Tensor) -> None:
    """Equal but for the rounding to bytes."""
    assert float((shown(answer) - expected).abs().max()) < 0.51


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("jitter", [0, 7])
def test_steps(kind: str, steps: int, jitter: int) -> None:
    """Steps for a layer, a filter and a class, with and without jitter, are PyTorch's."""
    tiny, pixels = tiny_live(4), picture(4)
    dream = DREAM | {"steps": steps, "jitter": jitter, "variation": 0.2}
    given = tiny.given(pixels, dream=dream | {"target": TARGETS[kind]})
    answer, seen = node.run(BODY, given)
    expected = dreamt(tiny, planar(pixels), kind, dream)
    assert_same(answer, expected)
    assert [one["step"] for one in seen] == list(range(1, steps + 1))
    assert seen[-1]["pixels"] == answer["pixels"]
    before, value = (float(score(tiny, each, kind)) for each in (planar(pixels), expected))
    np.testing.assert_allclose([answer["before"], answer["value"]], [before, value], rtol=1e-4)
    assert value > before


def test_octaves() -> None:
    """A dream over octaves starts small, and what the picture lost by it is put back."""
    tiny, pixels = tiny_live(6, "none"), picture(6)
    dream = DREAM | {"steps": 2, "octaves": 5, "jitter": 3, "rate": 2.0}
    answer, seen = node.run(BODY, tiny.given(pixels, dream=dream | {"target": TARGETS["layer"]}))
    small, full = (34, 36), (ROWS, COLUMNS)  # 48 / 1.4² is below 32
    assert [(one["height"], one["width"]) for one in seen] == [small] * 2 + [full] * 2
    assert {one["of"] for one in seen} == {2}
    original, random = planar(pixels), mulberry32(dream["seed"])
    first = dreamt(tiny, resized(original, small), "layer", dream, random=random)
    assert_same(seen[1], first)
    lost = original - resized(resized(original, small), full)
    expected = dreamt(tiny, resized(first, full) + lost, "layer", dream, random=random)
    assert_same(answer, expected)


@pytest.mark.parametrize("kind", ["layer", "class"])
def test_fixed_size(kind: str) -> None:
    """Where the size is fixed the octaves are low-passes of the gradient, from small to large."""
    tiny, pixels = tiny_live(7, resizable=kind == "class"), picture(7)
    dream = DREAM | {"steps": 2, "octaves": 2}
    answer, seen = node.run(BODY, tiny.given(pixels, dream=dream | {"target": TARGETS[kind]}))
    assert {(one["height"], one["width"]) for one in seen} == {(ROWS, COLUMNS)}

    def soften(gradient: torch.Tensor) -> torch.Tensor:
        return resized(resized(gradient, (34, 36)), (ROWS, COLUMNS))

    expected = dreamt(tiny, planar(pixels), kind, dream, soften)
    assert_same(seen[1], expected)
    assert_same(answer, dreamt(tiny, expected, kind, dream))


def test_total_variation() -> None:
    """The gradient is that of finite differences."""
    random = np.random.default_rng(0)
    data = random.uniform(0, 255, (3, 4, 5)).astype(np.float32)
    body = (
        "const one = (numbers) => ({data: Float32Array.from(numbers), height: 4, width: 5});"
        "const {total, gradient} = totalVariation(one(given.data)); return [total, gradient];"
    )
    total, gradient = node.run(body, {"data": data.ravel().tolist()})
    whole = torch.from_numpy(data.astype(np.float64))
    np.testing.assert_allclose(total, float(variation(whole)), rtol=1e-6)
    step = 1e-4
    for at in range(data.size):
        more, less = whole.flatten().clone(), whole.flatten().clone()
        more[at] += step
        less[at] -= step
        rise = (variation(more.view(3, 4, 5)) - variation(less.view(3, 4, 5))) / (2 * step)
        assert gradient[at] == pytest.approx(float(rise), abs=1e-4)


@pytest.mark.parametrize("size", [(34, 36), (48, 50), (13, 91), (96, 100), (7, 5)])
def test_resizing(size: tuple[int, int]) -> None:
    """A picture at another size is PyTorch's with antialiasing."""
    pixels = picture(8)
    body = "await ready(); return resized(live.picture, ...given.size).data;"
    answer = node.run(body, tiny_live(0).given(pixels, size=size))
    expected = resized(planar(pixels), size).flatten()
    np.testing.assert_allclose(answer, expected, atol=1e-3)


def test_same_seed_same_bytes() -> None:
    """A seed repeats a dream to the byte; another seed gives another one."""
    tiny, pixels = tiny_live(9), picture(9)
    answers = []
    for seed in (1, 1, 2):
        dream = DREAM | {"steps": 3, "jitter": 5, "seed": seed, "target": TARGETS["layer"]}
        answers.append(node.run(BODY, tiny.given(pixels, dream=dream))[0]["pixels"])
    assert answers[0] == answers[1] != answers[2]


def test_random_numbers() -> None:
    """The generator is Mulberry32, for any seed."""
    seeds = [0, 1, 4294967295, 123456789]
    body = (
        "return given.seeds.map((seed) => { const random = seededRandom(seed);"
        " return Array.from({length: 20}, random); });"
    )
    for seed, numbers in zip(seeds, node.run(body, {"seeds": seeds}), strict=True):
        random = mulberry32(seed)
        assert numbers == [next(random) for _ in range(20)]


def silent(tiny: TinyLive, maps: int, depth: float) -> None:
    """Make the first maps of the first layer silent, in the engine and in torch."""
    bias = tiny.network["nodes"][0]["bias"]
    new = np.frombuffer(tiny.parts[0], np.float32, 4, bias["at"]).copy()
    new[:maps] -= depth
    at, first = bias["at"], tiny.steps[0]
    tiny.parts[0] = tiny.parts[0][:at] + new.tobytes() + tiny.parts[0][at + 16 :]
    fall = torch.tensor([depth] * maps + [0.0] * (4 - maps), dtype=torch.float64)
    tiny.steps[0] = lambda values: first(values) - fall[:, None, None]


def test_a_silent_filter_is_lifted() -> None:
    """Where a filter is silent all over the picture, what its ReLU takes in rises."""
    tiny, pixels = tiny_live(11), picture(11)
    silent(tiny, 3, 0.1 + float(tiny.values(planar(pixels))[1][:3].max()))
    dream = DREAM | {"target": TARGETS["filter"], "variation": 0.1}
    answer, _ = node.run(BODY, tiny.given(pixels, dream=dream))
    assert answer["before"] == 0
    moved = planar(pixels).requires_grad_()
    (rise,) = torch.autograd.grad(tiny.values(moved)[1][2].mean(), moved)
    (rough,) = torch.autograd.grad(variation(moved), moved)
    change = rise / rise.abs().mean() - 0.1 * rough
    assert_same(answer, (moved.detach() + 4 * change).clip(0, 255))


def test_settings() -> None:
    """What the page leaves out is in the answer to `network`, for layers from first to last."""
    tiny, pixels = tiny_live(12), picture(12)
    body = "return (await ask({ask: 'network', network: given.network})).answer.dreams;"
    dreams = node.run(body, tiny.given(pixels))
    assert dreams["layers"]["layer1"]["rate"] < dreams["layers"]["layer2"]["rate"]
    whole = {"target": {"layer": "layer2"}}
    short, _ = node.run(BODY, tiny.given(pixels, dream=whole))
    full, _ = node.run(BODY, tiny.given(pixels, dream=dreams["layers"]["layer2"] | whole))
    assert short == full
    assert short["steps"] == dreams["layers"]["layer2"]["steps"]


def test_nothing_to_follow() -> None:
    """A picture that no filter of a layer answers to stays as it is."""
    tiny = tiny_live(10)
    silent(tiny, 4, 1e6)
    dream = DREAM | {"steps": 2, "variation": 0.5, "target": {"layer": "layer1"}}
    pixels = picture(10)
    answer, _ = node.run(BODY, tiny.given(pixels, dream=dream))
    assert_same(answer, planar(pixels))
    assert answer["value"] == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": 0}, "The number of steps is 0; it must be a whole number from 1 to 1000."),
        ({"rate": -1}, "The rate is -1; it must be a number from 0 to 255."),
        ({"target": {"layer": "fc"}}, "There is no layer “fc”; the layers are layer1, layer2."),
        (
            {"target": {"layer": "layer1", "filter": 4}},
            "Layer 1 has no filter 4; its filters are 0 to 3.",
        ),
    ],
    ids=["steps", "rate", "layer", "filter"],
)
def test_bad_asks(change: dict[str, Any], sentence: str) -> None:
    """What is out of range is named."""
    dream = DREAM | {"target": {"layer": "layer1"}} | change
    body = "await ready(); return (await ask({ask: 'dream', ...given.dream})).error;"
    assert node.run(body, tiny_live(0).given(picture(0), dream=dream)) == sentence
