"""The live page's engine: the same numbers as torch, up and down."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from generator.names import Size
from generator.network.rules import RULES
from generator.network.torchvision_compat import models
from generator.network.watched import WatchedNetwork
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS, zfnet_with
from tests.studies.live.drawn import jobs_of, programs
from tests.studies.live.engine import Down, Job, check, joined, node
from tests.studies.live.programs import Program
from tests.studies.live.snapped import watched, written
from tests.studies.live.writing import PLAIN, Writing, eight_bit


# Without shrinking, which would start Node hundreds of times: a failure names the program's ops.
@settings(max_examples=15, derandomize=True, deadline=None, phases=[Phase.generate])
@given(st.lists(programs(), min_size=12, max_size=12))
def test_small_programs(drawn: list[tuple[Writing, list[int]]]) -> None:
    """Programs of all ops give what torch gives, and their signals what autograd gives."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = [job for writing, values in drawn for job in jobs_of(writing, values)]
        check(jobs, Path(folder))


class Own(nn.Module):
    """A network of one's own: branches of several kinds, ReLU6, a depthwise convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU6())
        self.deep = nn.Conv2d(8, 8, 3, padding="same", groups=8, dilation=2)
        self.wide = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(8, 8, 1), nn.ReLU())
        self.end = nn.Sequential(nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(), nn.Conv2d(16, 5, 3))
        self.relu = nn.ReLU()
        self.head = nn.Linear(5, 4)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        maps = torch.cat([maps + self.deep(maps), self.wide(maps)], 1)
        scores: Tensor = self.head(self.relu(self.end(maps)).mean((2, 3)))
        return scores


def _embedded() -> WatchedNetwork:
    network = zfnet_with(EMBEDDED_WEIGHTS)
    return watched(network.model, Size.square(224), *network.modules.values())


def _resnet18() -> WatchedNetwork:
    layers = ("relu", "layer1", "layer2", "layer4")
    return watched(models.resnet18(weights=None), Size(64, 96), *layers)


def _squeezenet() -> WatchedNetwork:
    layers = ("features.1", "features.5", "features.12")
    return watched(models.squeezenet1_1(weights=None), Size(64, 96), *layers)


def _own() -> WatchedNetwork:
    return watched(Own(), Size(31, 26), "stem.2", "relu")


NETWORKS = {
    "embedded": _embedded,
    "resnet18": _resnet18,
    "squeezenet1_1": _squeezenet,
    "own": _own,
}


def _signals(value: int, maps: Tensor) -> list[Down]:
    """Return the strongest unit by each rule, and random numbers at all units."""
    one = torch.zeros_like(maps)
    one.flatten()[int(maps.argmax())] = maps.max()
    both = (one, torch.randn_like(maps))
    return [Down(value, signal, rule) for signal in both for rule in RULES]


@pytest.mark.parametrize("name", list(NETWORKS))
def test_networks(name: str, tmp_path: Path) -> None:
    """The layers, the scores, units by each rule, and the contributions to a score.

    The network runs at its own size and, up to its last layer, at another one, there also without
    SIMD.
    """
    torch.manual_seed(0)
    record = written(NETWORKS[name](), tmp_path)
    program, network = Program(record.network, record.parts), record.network
    values, output = [layer["value"] for layer in network["layers"]], network["output"]
    rows, columns = network["input"]
    runs = []
    for size in ((rows, columns), (rows * 2 // 3, columns * 3 // 4)):
        picture = torch.rand(3, *size) * 255
        with torch.no_grad():
            made = program.values(picture, "gradient", layers=size != (rows, columns))
        downs = [down for value in values for down in _signals(value, made[value][0])]
        asked = [*values]
        if size == (rows, columns):
            asked.append(output)
            score = torch.eye(len(network["classes"]))[1].reshape(-1, 1, 1)
            downs += [Down(output, score, "gradient"), Down(output, score, "gradient", values[-1])]
        runs.append((picture, asked, downs))
    check([Job(program, runs), Job(program, runs[1:], "plain")], tmp_path)


def test_the_first_of_equal_maxima_takes_the_signal(tmp_path: Path) -> None:
    """As torch has it, in windows that overlap, end outside or have gaps."""
    picture = torch.full((3, 7, 8), 200.0)
    picture[1, ::2] = 50.0
    jobs = []
    for dilation, rounds_up, padding in ((1, True, 1), (2, False, 0), (1, False, 1)):
        writing = Writing(picture)
        shape = {"kernel": [3, 3], "stride": [2, 3], "padding": [padding] * 2}
        value = writing.add("max_pool", 0, **shape, dilation=[dilation] * 2, rounds_up=rounds_up)
        signal = torch.arange(1.0, 1 + writing.values[value].numel())
        down = Down(value, signal.reshape(writing.shape(value)), "gradient")
        jobs.append(Job(writing.program(), [(picture, [value], [down])]))
    check(jobs, tmp_path)


@pytest.mark.parametrize("others", [0, 1])
def test_a_relu_that_comes_late_finds_its_convolution(others: int, tmp_path: Path) -> None:
    """What the convolution reads is let go by then; others may read the convolution itself."""
    torch.manual_seed(0)
    writing = Writing(torch.rand(3, 6, 6) * 255)
    both = {**PLAIN, "kernel": [3, 3], "padding": [1, 1]}
    first = writing.add("convolution", 0, **both, **eight_bit(torch.randn(3, 3, 3, 3)))
    second = writing.add("convolution", first, **both, **eight_bit(torch.randn(3, 3, 3, 3)))
    last = writing.add("sum", first, first, factors=[1.0, 0.5])
    for _ in range(3):
        last = writing.add("sum", last, last, factors=[1.0, -0.5])
    late = writing.add("relu", second, ceiling=None)
    for value in [late] + [second] * others:
        last = writing.add("sum", value, last, factors=[1.0, 1.0])
    downs = [Down(last, torch.randn(writing.shape(last)), rule) for rule in RULES]
    check([Job(writing.program(), [(writing.picture, [last], downs)])], tmp_path)


def test_windows_as_large_as_the_map(tmp_path: Path) -> None:
    """One window, which may read zeros around the map instead of some of it."""
    torch.manual_seed(0)
    jobs = []
    for shape in (
        {"stride": [2, 2]},
        {"padding": [1, 0], "stride": [3, 1]},
        {"behind": [0, 1], "stride": [1, 2], "dilation": [1, 2]},
    ):
        writing = Writing(torch.rand(3, 3, 2) * 255)
        fields = {**PLAIN, "kernel": [3, 2], **shape, **eight_bit(torch.randn(5, 3, 3, 2))}
        value = writing.add("convolution", 0, **fields)
        down = Down(value, torch.randn(writing.shape(value)), "gradient")
        jobs.append(Job(writing.program(), [(writing.picture, [value], [down])]))
    check(jobs, tmp_path)


# --- What the engine refuses, and what it keeps ---------------------------------------------------


def _program() -> Program:
    """Two convolutions in parts of their own, each with a ReLU."""
    writing = Writing(torch.rand(3, 8, 8) * 255)
    value = 0
    for _ in range(2):
        weight = eight_bit(torch.ones(3, 3, 3, 3))
        value = writing.add("convolution", value, **PLAIN, kernel=[3, 3], **weight)
        value = writing.add("relu", value, ceiling=None)
    program = writing.program(resizable=True)
    for each in program.network["nodes"][2:]:
        each["part"] = 2
    program.network["parts"] *= 2
    return Program(program.network, program.parts * 2)


def _scripted(script: str, program: Program | None = None) -> Any:
    """Return what a script gives that has `engine`, `add(part)`, `pixels(rows, columns)`."""
    known = program or _program()
    parts = [list(part) for part in known.parts]
    lines = [
        joined(),
        "const { Engine, KERNEL, makeProduct } = liveEngine(() => {});",
        f"const network = {json.dumps(known.network)}, parts = {json.dumps(parts)};",
        "const engine = new Engine(network, makeProduct(KERNEL));",
        "const add = (part) => engine.add(part, Uint8Array.from(parts[part - 1]));",
        "const pixels = (h, w) => new Float32Array(3 * h * w).map((_, n) => n % 251);",
        "const said = (act) => { try { act(); } catch (error) { return error.message; } };",
        f"const result = (() => {{ {script} }})();",
        "console.log(JSON.stringify(result));",
    ]
    done = subprocess.run(
        [node(), "-"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_layer_answers_as_soon_as_its_weights_are_there() -> None:
    """And says so before; weights of another length are refused."""
    before, after, refused, short = _scripted(
        """
        const refused = said(() => engine.run(pixels(8, 8), 2));
        const before = [engine.has(0), engine.has(2), engine.has(4)];
        const short = said(() => engine.add(1, new Uint8Array(5)));
        add(1);
        engine.run(pixels(8, 8), 2);
        return [before, [engine.has(2), engine.has(4)], refused, short];
        """
    )
    assert before == [True, False, False]
    assert after == [True, False]
    assert refused == "Weights of this layer have not come yet."
    assert short == f"Part 1 of the weights has 5 bytes, not {len(_program().parts[0])}."


def test_what_cannot_be_run_is_refused_with_a_sentence() -> None:
    """Sizes, values, rules and signals that do not go with the network."""
    assert _scripted(
        """
        add(1); add(2);
        const small = said(() => engine.run(pixels(4, 4), 4, [4, 4]));
        const other = said(() => engine.run(pixels(8, 8), 4, [9, 9]));
        const run = engine.run(pixels(8, 8), 4);
        const [maps] = [run.value(4).data.slice()];
        const wrong = [() => run.value(2), () => run.down(4, maps, 'lrp'),
          () => run.down(4, maps.slice(1), 'gradient'), () => run.down(4, maps, 'gradient', 9)];
        const said_ = [small, other, ...wrong.map(said)];
        engine.run(pixels(8, 8), 2);
        engine.network.resizable = false;
        const last = [() => run.value(4), () => engine.run(pixels(9, 9), 2, [9, 9])];
        return [...said_, ...last.map(said)];
        """
    ) == [
        "A picture of 4 × 4 pixels is too small for this layer.",
        "A picture of 9 × 9 pixels has not 192 numbers.",
        "This run was not asked for value 2.",
        "“lrp” is none of deconvnet, guided, gradient.",
        "A signal of 3 × 4 × 4 has not 47 numbers.",
        "Value 4 does not rest on value 9.",
        "The network has run again since: its values are no more.",
        "This network takes only pictures of 8 × 8 pixels here.",
    ]


def test_passes_use_their_arrays_again() -> None:
    """All but the signals, which are the callers' own; also after a picture that was refused."""
    made, grown, kept, doubled = _scripted(
        """
        add(1); add(2);
        const { room } = engine;
        const step = () => {
          const run = engine.run(pixels(8, 8), [2, 4]);
          return run.down(4, run.value(4).data, 'gradient');
        };
        const first = step();
        const copy = first.slice();
        step();
        const take = room.take.bind(room);
        const before = room.product.numbers().length;
        let made = 0;
        room.take = (length) => {
          if (!(room.free.get(length) || []).length) made++;
          return take(length);
        };
        for (let n = 0; n < 100; n++) step();
        const [passes, kept] = [made, first.every((value, n) => value === copy[n])];
        engine.run(pixels(4, 4), 2, [4, 4]);
        for (let n = 0; n < 2; n++) said(() => engine.run(pixels(4, 4), 4, [4, 4]));
        const free = [...room.free.values()].flat();
        const grown = room.product.numbers().length - before;
        return [passes, grown, kept, free.length - new Set(free).size];
        """
    )
    assert made == 100
    assert grown == 0
    assert kept
    assert doubled == 0


def test_a_signal_that_nothing_leads_down_from_is_zero() -> None:
    """A score that rests on a branch alone has no signal at values beside it."""
    writing = Writing(torch.rand(3, 4, 4) * 255)
    one = writing.add("relu", 0, ceiling=None)
    other = writing.add("scaling", 0, gain=np.zeros(3, np.float32), shift=np.ones(3, np.float32))
    both = writing.add("sum", one, other, factors=[1.0, 1.0])
    below = _scripted(
        f"""
        add(1);
        const run = engine.run(pixels(4, 4), [{both}, {one}, {other}]);
        const signal = new Float32Array(48).fill(1);
        return [...run.down({one}, signal, 'gradient', {other})];
        """,
        writing.program(),
    )
    assert below == [0.0] * 48
