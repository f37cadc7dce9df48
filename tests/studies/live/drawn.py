"""Small programs of all ops, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor

from tests.studies.live.engine import PRODUCTS, Down, Job, behind
from tests.studies.live.writing import Writing, eight_bit

POINTWISE: dict[str, dict[str, float]] = {
    "leaky_relu": {"negative_slope": 0.2},
    "rrelu": {"lower": 0.1, "upper": 0.4},
    "elu": {"alpha": 0.7},
    "celu": {"alpha": 1.5},
    "softplus": {"beta": 2.0, "threshold": 3.0},
    "softshrink": {"lambd": 0.3},
    "hardshrink": {"lambd": 0.3},
    "gelu": {"approximate": 0.0},
}
PLAIN = (
    *("prelu", "selu", "silu", "mish", "hardswish", "hardsigmoid", "softsign", "logsigmoid"),
    *("tanh", "tanhshrink", "sigmoid", "exp", "abs", "square"),
)
LARGE = 20.0  # values beyond are scaled down, so that powers of powers stay numbers

Draw = Callable[[st.SearchStrategy[Any]], Any]
Step = Callable[[Draw, Writing, int], int]


def number(low: int, high: int) -> st.SearchStrategy[int]:
    """A whole number, both ends included."""
    return st.integers(low, high)


def pair(low: int, high: int) -> st.SearchStrategy[list[int]]:
    """Rows and columns."""
    return st.lists(number(low, high), min_size=2, max_size=2)


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape)


def _array(tensor: Tensor) -> np.ndarray[Any, Any]:
    return tensor.numpy().astype(np.float32)


def _groups(draw: Draw, maps: int) -> int:
    return int(draw(st.sampled_from([each for each in (1, 2, maps) if maps % each == 0])))


def _window(draw: Draw, shape: tuple[int, int, int], *, half: bool = False) -> dict[str, Any]:
    """Draw a window that fits into a map; padding up to half the kernel for pools."""
    kernel, stride, padding, dilation = [], [], [], []
    for size in shape[1:]:
        kernel.append(draw(number(1, min(4, size))))
        stride.append(draw(number(1, 3)))
        padding.append(draw(number(0, kernel[-1] // 2 if half else 2)))
        most = (size - 1) // max(1, kernel[-1] - 1)
        dilation.append(draw(number(1, max(1, min(2, most)))))
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def _convolution(draw: Draw, writing: Writing, value: int) -> int:
    maps = writing.shape(value)[0]
    window = _window(draw, writing.shape(value))
    groups = _groups(draw, maps)
    filters = groups * draw(number(1, 3))
    weight = _random(filters, maps // groups, *window["kernel"])
    bias = _array(_random(filters)) if draw(st.booleans()) else None
    fields = {"behind": draw(pair(0, 1)), "groups": groups, "bias": bias}
    return writing.add("convolution", value, **window, **fields, **eight_bit(weight))


def _transposed(draw: Draw, writing: Writing, value: int) -> int:
    maps = writing.shape(value)[0]
    groups = _groups(draw, maps)
    kernel, stride, dilation = draw(pair(1, 3)), draw(pair(1, 3)), draw(pair(1, 2))
    weight = _random(maps, draw(number(1, 3)), *kernel)
    padding, extra = [], []
    for axis, size in enumerate(writing.shape(value)[1:]):
        full = (size - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
        padding.append(draw(number(0, min(2, (full - 1) // 2))))
        extra.append(draw(number(0, max(stride[axis], dilation[axis]) - 1)))
    bias = _array(_random(groups * weight.shape[1])) if draw(st.booleans()) else None
    fields = {"padding": padding, "extra": extra, "groups": groups, "dilation": dilation}
    fields |= {"stride": stride, "bias": bias, **eight_bit(weight, 1, groups)}
    return writing.add("transposed_convolution", value, **fields)


def _max_pool(draw: Draw, writing: Writing, value: int) -> int:
    window = _window(draw, writing.shape(value), half=True)
    return writing.add("max_pool", value, **window, rounds_up=draw(st.booleans()))


def _average_pool(draw: Draw, writing: Writing, value: int) -> int:
    window = _window(draw, writing.shape(value), half=True)
    del window["dilation"]
    return writing.add("average_pool", value, **window)


def _scaling(_: Draw, writing: Writing, value: int) -> int:
    maps = writing.shape(value)[0]
    return writing.add("scaling", value, gain=_array(_random(maps)), shift=_array(_random(maps)))


def _relu(draw: Draw, writing: Writing, value: int) -> int:
    return writing.add("relu", value, ceiling=draw(st.sampled_from([None, 1.0, 6.0])))


def _sum(draw: Draw, writing: Writing, value: int) -> int:
    alike = [
        n for n, each in enumerate(writing.values) if each.shape == writing.values[value].shape
    ]
    others = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))
    factors = [draw(st.sampled_from([1.0, -1.0, 0.5])) for _ in range(1 + len(others))]
    return writing.add("sum", value, *others, factors=factors)


def _concatenation(draw: Draw, writing: Writing, value: int) -> int:
    size = writing.shape(value)[1:]
    alike = [n for n in range(len(writing.values)) if writing.shape(n)[1:] == size]
    inputs = [draw(st.sampled_from(alike)), value]
    return writing.add("concatenation", *inputs, maps=[writing.shape(n)[0] for n in inputs])


def _selection(draw: Draw, writing: Writing, value: int) -> int:
    maps = writing.shape(value)[0]
    chosen = draw(st.lists(number(-1, maps - 1), min_size=1, max_size=4))
    fields = {"stride": draw(pair(1, 3)), "padding": draw(pair(-2, 2)), "size": draw(pair(1, 6))}
    return writing.add(
        "selection", value, maps=np.array(chosen, np.int32), **fields, read_maps=maps
    )


def _gather(draw: Draw, writing: Writing, value: int) -> int:
    here = writing.shape(value)
    count = int(np.prod(here))
    if draw(st.booleans()):
        return writing.add("gather", value, places=None, here=list(here), there=[count, 1, 1])
    there = [draw(number(1, 3)), draw(number(1, 5)), draw(number(1, 5))]
    places = torch.randint(-1, count, (int(np.prod(there)),)).to(torch.int32).numpy()
    return writing.add("gather", value, places=places, here=list(here), there=there)


def _interpolation(draw: Draw, writing: Writing, value: int) -> int:
    _, rows, columns = writing.shape(value)
    down, right = _random(draw(number(1, 9)), rows), _random(draw(number(1, 9)), columns)
    down[down.abs() < 0.7] = 0
    return writing.add("interpolation", value, down=_array(down), right=_array(right))


def _pointwise(draw: Draw, writing: Writing, value: int) -> int:
    name = draw(st.sampled_from([*POINTWISE, *PLAIN]))
    parameters = dict(POINTWISE.get(name, {}))
    fields: dict[str, Any] = {"slopes": None}
    if name == "prelu":
        count = draw(st.sampled_from([1, writing.shape(value)[0]]))
        fields["slopes"] = _array(_random(count))
    if name == "gelu" and draw(st.booleans()):
        parameters["approximate"] = 1.0
    return writing.add("pointwise", value, function=name, parameters=parameters, **fields)


def _local_normalisation(draw: Draw, writing: Writing, value: int) -> int:
    fields = {"size": draw(number(1, 5)), "alpha": 0.5, "beta": 0.75, "k": 1.5}
    return writing.add("local_normalisation", value, **fields)


STEPS: tuple[Step, ...] = (
    *(_convolution, _relu, _max_pool, _convolution, _relu, _average_pool, _transposed, _scaling),
    *(_sum, _concatenation, _selection, _gather, _interpolation, _pointwise, _local_normalisation),
)


@st.composite
def programs(draw: Draw) -> tuple[Writing, list[int]]:
    """A program of one to seven ops and a picture, and one or two of its values to ask for."""
    rows, columns = draw(pair(4, 9))
    torch.manual_seed(draw(number(0, 1000)))
    writing = Writing(torch.rand(3, rows, columns) * 255)
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=7)):
        value = draw(number(max(0, len(writing.nodes) - 2), len(writing.nodes)))
        made = step(draw, writing, value)
        largest = float(writing.values[made].abs().max())
        if largest > LARGE:
            gain = np.full(writing.shape(made)[0], LARGE / largest, np.float32)
            writing.add("scaling", made, gain=gain, shift=0 * gain)
    last = len(writing.nodes)
    return writing, sorted({last, draw(number(1, last))})


def jobs_of(writing: Writing, values: list[int]) -> list[Job]:
    """Return the program with signals by all rules that go down through it, on both products."""
    rules = ["guided", "gradient"]
    if not any(node["op"] == "pointwise" for node in writing.nodes):
        rules.append("deconvnet")
    downs = []
    for value in values:
        signal = _random(*writing.shape(value))
        one = torch.zeros_like(signal)
        one.flatten()[int(writing.values[value].argmax())] = 1
        until = next(reversed(behind(writing.program(), [value])))["inputs"][0]
        for rule in rules:
            downs += [Down(value, signal, rule), Down(value, one, rule)]
            downs += [Down(value, signal, rule, until)]
    runs = [(writing.picture, values, downs)]
    return [Job(writing.program(), runs, product) for product in PRODUCTS]
