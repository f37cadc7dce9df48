"""Tiny networks in the form in which they travel to the page, and the same ones in torch."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Floats = npt.NDArray[np.float64]
MEAN = (0.48, 0.46, 0.41)
STD = (0.23, 0.22, 0.25)
ROWS, COLUMNS = 48, 50
CLASSES = 6


@dataclass
class TinyLive:
    """A network of two layers and a head: its text for the engine, and `values` in torch."""

    network: dict[str, Any]
    parts: list[bytes]
    steps: list[Callable[[dict[int, torch.Tensor]], torch.Tensor]] = field(default_factory=list)

    def values(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """Every value of pixels [3, h, w], 0…255, in double precision, each [c, h, w]."""
        mean, std = (torch.tensor(each, dtype=torch.float64)[:, None, None] for each in (MEAN, STD))
        values = {0: (pixels.double() / 255 - mean) / std}
        for number, step in enumerate(self.steps, 1):
            values[number] = step(values)
        return list(values.values())

    def scores(self, pixels: torch.Tensor) -> torch.Tensor:
        """Scores [classes] of pixels [3, h, w]."""
        output: int = self.network["output"]
        return self.values(pixels)[output].flatten()

    def given(self, pixels: npt.NDArray[np.uint8], **more: Any) -> dict[str, Any]:
        """What Node is given: the network, and a picture [h, w, 3] as RGBA bytes."""
        opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
        weights = [base64.b64encode(part).decode() for part in self.parts]
        rgba = np.concatenate((pixels, opaque), 2).ravel().tolist()
        return {"network": self.network, "weights": weights, "pixels": rgba, **more}


def tiny_live(seed: int, head: str = "average", resizable: bool = True) -> TinyLive:
    """Two convolutions with ReLUs, a max pool between, and a head.

    Heads: "average" or "max" of whole maps, each then linear; "hidden", which has a ReLU; "none".
    """
    random = np.random.default_rng(seed)
    made = TinyLive({"nodes": []}, [])

    def node(op: str, step: Callable[[torch.Tensor], torch.Tensor], **fields: Any) -> int:
        before = len(made.steps)
        made.steps.append(lambda values: step(values[before][None])[0])
        nodes = made.network["nodes"]
        nodes.append({"op": op, "inputs": [before], "output": before + 1, **fields})
        return before + 1

    def convolution(maps: int, before: int, kernel: int, padding: int, part: int) -> int:
        whole = random.integers(-127, 128, (maps, before, kernel, kernel)).astype(np.int8)
        scale = random.uniform(0.5, 1.5, maps).astype(np.float32) / (127 * kernel * before**0.5)
        bias = random.normal(0, 0.1, maps).astype(np.float32)
        made.parts += [b""] * (part - len(made.parts))
        fields: dict[str, Any] = {"part": part, "groups": 1, "dilation": [1, 1]}
        for name, kind, numbers in (
            ("weight", "i8", whole),
            ("scale", "f32", scale),
            ("bias", "f32", bias),
        ):
            at = -(-len(made.parts[part - 1]) // 4) * 4
            made.parts[part - 1] = made.parts[part - 1].ljust(at, b"\0") + numbers.tobytes()
            fields[name] = {"at": at, "type": kind, "shape": list(numbers.shape)}
        weight = (
            torch.from_numpy(whole).double() * torch.from_numpy(scale).double()[:, None, None, None]
        )
        offset = torch.from_numpy(bias).double()
        return node(
            "convolution",
            lambda x: functional.conv2d(x, weight, offset, padding=padding),
            kernel=[kernel, kernel],
            stride=[1, 1],
            padding=[padding, padding],
            behind=[0, 0],
            **fields,
        )

    def relu() -> int:
        return node("relu", torch.relu, ceiling=None)

    convolution(4, 3, 3, 1, 1)
    first = relu()
    node(
        "max_pool",
        lambda x: functional.max_pool2d(x, 2),
        kernel=[2, 2],
        stride=[2, 2],
        padding=[0, 0],
        dilation=[1, 1],
        rounds_up=False,
    )
    convolution(5, 4, 3, 1, 2)
    second = relu()
    output = None
    if head != "none":
        window = [ROWS // 2, COLUMNS // 2]
        pool = {"kernel": window, "stride": window, "padding": [0, 0]}
        if head == "max":
            whole_max = {**pool, "dilation": [1, 1], "rounds_up": False}
            node("max_pool", lambda x: functional.max_pool2d(x, window), **whole_max)
        else:
            node("average_pool", lambda x: functional.avg_pool2d(x, window), **pool)
        here, there = [5, 1, 1], [5, 1, 1]
        node("gather", lambda x: x, places=None, here=here, there=there)
        if head == "hidden":
            convolution(7, 5, 1, 0, 3)
            relu()
            output = convolution(CLASSES, 7, 1, 0, 3)
        else:
            output = convolution(CLASSES, 5, 1, 0, 3)
    layer = {"offset": -1, "deviation": 0.0}
    made.network |= {
        "schema": 1,
        "network": "tiny",
        "input": [ROWS, COLUMNS],
        "mean": MEAN,
        "std": STD,
        "rule": "deconvnet",
        "classes": [] if output is None else [f"class {n}" for n in range(CLASSES)],
        "output": output,
        "no_output": "",
        "resizable": resizable,
        "layers": [
            layer
            | {"name": "layer1", "title": "Layer 1", "value": first, "filters": 4}
            | {"field": 3, "stride": 1, "part": 1},
            layer
            | {"name": "layer2", "title": "Layer 2", "value": second, "filters": 5}
            | {"field": 8, "stride": 2, "offset": -3, "part": 2},
        ],
        "parts": [{"bytes": len(part)} for part in made.parts],
    }
    shapes = [list(each.shape) for each in made.values(torch.zeros(3, ROWS, COLUMNS))]
    made.network["values"] = shapes
    return made


def picture(seed: int) -> npt.NDArray[np.uint8]:
    """A smooth picture [h, w, 3] with some noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    waves = [
        np.sin(rows * random.uniform(0.1, 0.6) + columns * random.uniform(0.1, 0.6) + n)
        for n in range(3)
    ]
    noise = random.normal(0, 12, (ROWS, COLUMNS, 3))
    return np.clip(np.stack(waves, 2) * 90 + 120 + noise, 0, 255).astype(np.uint8)


def planar(pixels: npt.NDArray[np.uint8]) -> torch.Tensor:
    """[h, w, 3] bytes as [3, h, w] doubles."""
    return torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float64))
