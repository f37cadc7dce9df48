"""The live page's engine in Node, beside torch, on many programs in one process."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generator.studies.live.scripts import engine_script
from tests.browser.conftest import absent
from tests.studies.live.node import ENGINE, RETURNS
from tests.studies.live.programs import Program

NAMES = "KERNEL, makeProduct, Engine"
PRODUCTS = ("simd", "plain")
EXACT = 1e-4  # relative, of float32 against float64


def node() -> str:
    """Return the path of Node; without it the test is skipped, or fails in CI."""
    return shutil.which("node") or absent("no node on PATH")


def joined(names: str = NAMES) -> str:
    """Return the page's script of the engine, as a function that returns these names instead."""
    script = engine_script(ENGINE.parents[1])
    assert script.endswith(RETURNS)
    return script.removesuffix(RETURNS) + f"return {{ {names} }};\n}}\n"


@dataclass
class Down:
    """A signal [c, h, w] that goes down from a value."""

    value: int
    signal: Tensor
    rule: str
    until: int = 0

    @property
    def about(self) -> str:
        return f"{self.rule} from {self.value} to {self.until}"


@dataclass
class Job:
    """A program and the pictures [3, h, w] that it runs on, each with its signals."""

    program: Program
    runs: list[tuple[Tensor, list[int], list[Down]]]
    product: str = "simd"


@dataclass
class Numbers:
    """Arrays one behind the other, each known by [first, count]."""

    arrays: list[np.ndarray[Any, Any]] = field(default_factory=list)
    count: int = 0

    def add(self, tensor: Tensor) -> list[int]:
        """Add an array; return where it lies."""
        numbers = tensor.detach().numpy().astype(np.float32).ravel()
        self.arrays.append(numbers)
        self.count += numbers.size
        return [self.count - numbers.size, numbers.size]


def run_all(jobs: Sequence[Job], folder: Path) -> np.ndarray[Any, Any]:
    """Return all that the engine makes of these jobs, one array behind the other."""
    numbers, listed = Numbers(), []
    for place, job in enumerate(jobs):
        paths = []
        for part, weights in enumerate(job.program.parts, start=1):
            paths.append(folder / f"{place}-{part}.bin")
            paths[-1].write_bytes(weights)
        runs = [
            {
                "pixels": numbers.add(pixels),
                "size": list(pixels.shape[1:]),
                "values": values,
                "downs": [
                    {**vars(down), "signal": numbers.add(down.signal)}
                    for down in sorted(downs, key=lambda down: down.rule)
                ],
            }
            for pixels, values, downs in job.runs
        ]
        listed.append(
            {"network": job.program.network, "parts": [str(path) for path in paths]}
            | {"product": job.product, "runs": runs}
        )
    (folder / "engine.js").write_text(joined(), encoding="utf-8")
    (folder / "jobs.json").write_text(json.dumps(listed), encoding="utf-8")
    np.concatenate(numbers.arrays).tofile(folder / "numbers.bin")
    files = [str(folder / name) for name in ("engine.js", "jobs.json", "numbers.bin", "out.bin")]
    script = str(Path(__file__).with_name("engine_jobs.js"))
    done = subprocess.run([node(), script, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.fromfile(folder / "out.bin", np.float32)


def check(jobs: Sequence[Job], folder: Path) -> None:
    """Hold the engine against torch on all of these jobs."""
    rest = torch.from_numpy(run_all(jobs, folder)).double()

    def next_of(shape: torch.Size) -> Tensor:
        nonlocal rest
        made, rest = rest[: shape.numel()], rest[shape.numel() :]
        return made.reshape(shape)

    for place, job in enumerate(jobs):
        ops = [node["op"] for node in job.program.network["nodes"]]
        for pixels, values, downs in job.runs:
            layers = list(pixels.shape[1:]) != job.program.network["input"]
            made = job.program.values(pixels, "gradient", layers=layers)
            plain = [each[0].detach() for each in made]
            for value in values:
                same(next_of(plain[value].shape), plain[value], (place, job.product, value, ops))
            gates = {}
            for node in behind(job.program, values):
                if node["op"] == "relu":
                    open_ = next_of(plain[node["output"]].shape)
                    gates[node["output"]] = (open_ > 0) & (open_ < (node["ceiling"] or torch.inf))
            for rule in sorted({down.rule for down in downs}):
                known = job.program.values(pixels, rule, gates, layers=layers)
                for down in (each for each in downs if each.rule == rule):
                    signal = down.signal.double()[None]
                    (right,) = torch.autograd.grad(
                        *(known[down.value], known[down.until], signal),
                        retain_graph=True,
                        materialize_grads=True,
                    )
                    same(next_of(right.shape), right, (place, job.product, down.about, ops))
    assert rest.numel() == 0


def behind(program: Program, values: Iterable[int]) -> list[dict[str, Any]]:
    """Return the nodes that these values rest on, in order."""
    needed, nodes = set(values), []
    for each in reversed(program.network["nodes"]):
        if each["output"] in needed:
            needed.update(each["inputs"])
            nodes.append(each)
    return nodes[::-1]


def same(made: Tensor, right: Tensor, what: object) -> None:
    """Fail where numbers differ by more than rounding, relative to the largest of them."""
    error, largest = float((made - right).abs().max()), float(right.abs().max())
    assert error <= EXACT * max(largest, 1e-3), (error, largest, what)
