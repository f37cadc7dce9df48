"""The worker's side of the conversation: looks, reconstructions, order, stops, one long task."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

from tests.studies.live import node
from tests.studies.live.tiny_live import COLUMNS, ROWS, TinyLive, picture, planar, tiny_live

DREAM = (
    "const dreamAsk = {ask: 'dream', target: {layer: 'layer1'}, steps: 20, octaves: 1, rate: 1,"
    " jitter: 0, variation: 0, seed: 0};"
)


def looked(tiny: TinyLive, pixels: np.ndarray[Any, Any], layer: int) -> torch.Tensor:
    """A layer's maps in PyTorch."""
    value: int = tiny.network["layers"][layer]["value"]
    return tiny.values(planar(pixels))[value]


def test_look_unit_and_map() -> None:
    """Maxima, their units, bytes of the maps, one map and one unit are PyTorch's."""
    tiny, pixels = tiny_live(40), picture(40)
    body = (
        "await ready(); return [(await ask({ask: 'look', layer: 'layer2'})).answer,"
        " (await ask({ask: 'map', layer: 'layer2', filter: 3})).answer,"
        " (await ask({ask: 'unit', layer: 'layer2', filter: 3, row: 4, column: 6})).answer];"
    )
    look, one, unit = node.run(body, tiny.given(pixels))
    maps = looked(tiny, pixels, 1)
    assert look["shape"] == list(maps.shape)
    flat = maps.flatten(1)
    np.testing.assert_allclose(look["maxima"], flat.amax(1), rtol=1e-5)
    assert look["units"] == flat.argmax(1).tolist()
    shown = torch.tensor(look["maps"]).view(flat.shape)
    largest = flat.amax(1, keepdim=True)
    expected = torch.where(largest > 0, flat / largest.clamp(min=1e-9) * 255, 0)
    assert float((shown - expected).abs().max()) < 0.51
    np.testing.assert_allclose(one["data"], maps[3].flatten(), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(unit["activation"], maps[3, 4, 6], rtol=1e-5)


def test_reconstruct_by_the_gradient() -> None:
    """A unit's activation, carried down by the gradient, is autograd's; its box is its field."""
    tiny, pixels = tiny_live(41), picture(41)
    row, column = divmod(int(looked(tiny, pixels, 1)[2].argmax()), COLUMNS // 2)
    body = (
        "await ready(); return (await ask({ask: 'reconstruct', layer: 'layer2', filter: 2,"
        " row: given.row, column: given.column, rule: 'gradient'})).answer;"
    )
    answer = node.run(body, tiny.given(pixels, row=row, column=column))
    values = tiny.values(planar(pixels).requires_grad_())
    activation = values[5][2, row, column]
    (gradient,) = torch.autograd.grad(activation, values[0])
    expected = gradient * activation.detach()
    np.testing.assert_allclose(answer["pixels"], expected.flatten(), atol=1e-6)
    np.testing.assert_allclose(answer["activation"], activation.detach(), rtol=1e-5)
    np.testing.assert_allclose(answer["scale"], expected.abs().max(), rtol=1e-5)
    top, left, bottom, right = answer["box"]
    inside = torch.zeros(ROWS, COLUMNS, dtype=torch.bool)
    inside[max(0, top) : bottom, max(0, left) : right] = True
    assert not bool(expected[:, ~inside].any())
    assert (bottom - top, right - left) == (8, 8)


def test_weights_say_what_is_ready() -> None:
    """Each part of the weights makes its layers ready, the last one the classes."""
    body = (
        "await ask({ask: 'network', network: given.network}); const answers = []; let part = 0;"
        "for (const text of given.weights)"
        "  answers.push((await ask({ask: 'weights', part: ++part, text})).answer);"
        "return answers;"
    )
    assert node.run(body, tiny_live(0).given(picture(0))) == [
        {"layers": ["layer1"], "output": False},
        {"layers": ["layer1", "layer2"], "output": False},
        {"layers": ["layer1", "layer2"], "output": True},
    ]


def test_asks_in_the_wrong_order() -> None:
    """What comes too early gets a sentence, and the conversation goes on."""
    body = (
        "const errors = []; const say = async (message) => errors.push((await ask(message)).error);"
        "await say({ask: 'look', layer: 'layer1'});"
        "await ask({ask: 'network', network: given.network});"
        "await say({ask: 'look', layer: 'layer1'});"
        "await say({ask: 'picture', pixels: new Uint8ClampedArray(8)});"
        "await ask({ask: 'picture', pixels: Uint8ClampedArray.from(given.pixels)});"
        "await say({ask: 'look', layer: 'layer1'});"
        "await ask({ask: 'weights', part: 1, text: given.weights[0]});"
        "await say({ask: 'name'});"
        "await say({ask: 'dream', target: {layer: 'layer2'}});"
        "await say({ask: 'sing'});"
        "await say({ask: 'toString'});"
        "await say({ask: 'unit', layer: 'layer1', filter: 0, row: 99, column: 0});"
        "await say({ask: 'unit', layer: 'layer1', filter: 4, row: 0, column: 0});"
        "const {answer} = await ask({ask: 'look', layer: 'layer1'});"
        "return [errors, answer.shape];"
    )
    errors, shape = node.run(body, tiny_live(0).given(picture(0)))
    assert errors == [
        "No network has come yet.",
        "There is no picture yet.",
        f"The picture has 8 numbers; {ROWS} × {COLUMNS} pixels have {4 * ROWS * COLUMNS}.",
        "The weights of Layer 1 have not come yet.",
        "The weights behind the last layer, which name the picture, have not come yet.",
        "The weights of Layer 2 have not come yet.",
        "The engine does not know the ask “sing”.",
        "The engine does not know the ask “toString”.",
        f"Layer 1 has no unit at row 99, column 0; its maps are {ROWS} × {COLUMNS}.",
        "Layer 1 has no filter 4; its filters are 0 to 3.",
    ]
    assert shape == [4, ROWS, COLUMNS]


@pytest.mark.parametrize("at", [1, 3])
def test_stop(at: int) -> None:
    """A stop ends a dream at its next step, and what is asked afterwards is answered as ever."""
    tiny, pixels = tiny_live(42), picture(42)
    body = (
        f"{DREAM} await ready(); const before = await ask({{ask: 'look', layer: 'layer2'}});"
        "const ended = await ask(dreamAsk, ({step}) => {"
        f" if (step === {at}) receive({{id: 88, ask: 'stop', of: 77}}); }}, 77);"
        "const after = await ask({ask: 'look', layer: 'layer2'});"
        "const steps = log.filter(({id, progress}) => id === 77 && progress).length;"
        "return [ended, steps, before.answer.maxima, after.answer.maxima];"
    )
    ended, steps, before, after = node.run(body, tiny.given(pixels))
    assert ended == {"id": 77, "stopped": True}
    assert steps == at
    assert before == after


def test_short_asks_between_the_steps() -> None:
    """While a dream runs looks are answered; the dream is as it is alone, on its own picture."""
    tiny, pixels = tiny_live(43), picture(43)
    body = (
        f"{DREAM} await ready(); const alone = await ask(dreamAsk);"
        "const between = []; const ended = await ask(dreamAsk, ({step}) => {"
        "  if (step === 2) receive({id: 90, ask: 'picture',"
        "    pixels: new Uint8ClampedArray(given.pixels.length)});"
        "  receive({id: 100 + step, ask: 'look', layer: 'layer2'}); });"
        "const order = log.map(({id}) => id);"
        "const looks = log.filter(({id, answer}) => id > 100 && answer);"
        "return [alone.answer, ended.answer, looks.map(({answer}) => answer.maxima),"
        "  order.indexOf(110) < order.lastIndexOf(ended.id)];"
    )
    alone, ended, looks, before_the_end = node.run(body, tiny.given(pixels))
    assert ended == alone
    assert len(looks) == 20
    assert looks[0] != looks[1] == looks[19]
    assert before_the_end


def test_one_long_task_at_a_time() -> None:
    """The next long task ends the one before it, also one that has not begun."""
    body = (
        f"{DREAM} await ready(); const first = ask(dreamAsk), second = ask(dreamAsk);"
        "const third = ask({...dreamAsk, steps: 2});"
        "return (await Promise.all([first, second, third])).map((one) => Object.keys(one)[1]);"
    )
    assert node.run(body, tiny_live(44).given(picture(44))) == ["stopped", "stopped", "answer"]


def test_errors_of_the_engine() -> None:
    """An error that is none of our sentences is marked as such, in a short and in a long ask."""
    body = (
        f"{DREAM} await ready(); live.engine.run = () => null.value; live.seen = null;"
        "return [await ask({ask: 'look', layer: 'layer1'}), await ask(dreamAsk)];"
    )
    for answer in node.run(body, tiny_live(45).given(picture(45))):
        assert answer["error"].startswith("The engine stopped at an error of its own: ")


def test_transparent_pixels() -> None:
    """What is transparent lies on white."""
    body = "return planarPicture(Uint8ClampedArray.from([10, 20, 30, 255, 9, 9, 9, 0]), 1, 2).data;"
    assert node.run(body, {}) == [10, 255, 20, 255, 30, 255]


def test_no_name_is_given_twice() -> None:
    """The files share one scope, in which a second function of a name would replace the first."""
    declared = re.compile(r"^(?:async )?(?:function\*? ?|class |const |let )(\w+)", re.MULTILINE)
    names = [
        name for file in node.FILES for name in declared.findall(file.read_text(encoding="utf-8"))
    ]
    assert "receive" in names
    assert [name for name in names if names.count(name) > 1] == []
