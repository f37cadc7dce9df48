"""Makes a live study by hand: a network of the tiny atlas's shapes with random weights."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from generator.atlas.studies import finish

STUDY = "live"
INPUT = [224, 224]
CLASSES = ["lotus", "stop sign"]
# Maps of the five layers, as in `tiny_atlas.LAYERS`.
MAPS = (4, 5, 6, 5, 4)
# Kernel, stride and padding of each convolution, and whether a pool follows.
PLAN = ((7, 2, 1, True), (5, 2, 0, True), (3, 1, 1, False), (3, 1, 1, False), (3, 1, 1, False))
DRAWINGS: tuple[tuple[str, str, tuple[int, int, int, int] | None], ...] = (
    ("bar-45", "a bar at −45°", (40, 40, 184, 184)),
    ("disc", "a disc", None),
)


class _Network:
    """Nodes, values and bytes as they grow."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.nodes: list[dict[str, Any]] = []
        self.values = [[3, *INPUT]]
        self.parts: list[bytearray] = []

    def tensor(self, values: np.ndarray, kind: str) -> dict[str, Any]:
        part = self.parts[-1]
        part += bytes(-len(part) % values.itemsize)
        found = {"at": len(part), "type": kind, "shape": list(values.shape)}
        part += values.tobytes()
        return found

    def add(self, op: str, shape: list[int], **fields: Any) -> None:
        last = len(self.values) - 1
        self.values.append(shape)
        node = {"op": op, "inputs": [last], "output": last + 1, "part": len(self.parts), **fields}
        self.nodes.append(node)

    def convolution(self, maps: int, kernel: int, stride: int, padding: int) -> None:
        (given, rows, _), shape = self.values[-1], (maps, self.values[-1][0], kernel, kernel)
        weights = self.rng.integers(-127, 128, shape, np.int8)
        side = (rows + 2 * padding - kernel) // stride + 1
        scale = np.full(maps, 2 / 127 / (given * kernel**2) ** 0.5, "<f4")
        fields = {
            "weight": self.tensor(weights, "i8"),
            "scale": self.tensor(scale, "f32"),
            "bias": self.tensor(np.zeros(maps, "<f4"), "f32"),
            "kernel": [kernel] * 2,
            "stride": [stride] * 2,
            "padding": [padding] * 2,
            "behind": [0, 0],
            "dilation": [1, 1],
            "groups": 1,
        }
        self.add("convolution", [maps, side, side], **fields)

    def pool(self) -> None:
        maps, rows, _ = self.values[-1]
        side = (rows + 2 - 3) // 2 + 1
        fields = {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "dilation": [1, 1]}
        self.add("max_pool", [maps, side, side], **fields, rounds_up=False)


def write_live(
    folder: Path,
    *,
    missing: str = "",
    classes: bool = True,
    grey: bool = False,
    seed: int = 0,
) -> None:
    """Write the study into an atlas; with `missing`, only why there is none."""
    files = {} if missing else _files(classes, grey, np.random.default_rng(seed))
    place = folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    finish(place, STUDY, 1, {"seed": seed}, missing)


def _files(classes: bool, grey: bool, rng: np.random.Generator) -> dict[str, bytes]:
    network, layers = _Network(rng), []
    for number, (maps, (kernel, stride, padding, pooled)) in enumerate(
        zip(MAPS, PLAN, strict=True)
    ):
        network.parts.append(bytearray())
        network.convolution(maps, kernel, stride, padding)
        network.add("relu", network.values[-1], ceiling=None)
        layers.append(_layer(number, maps, len(network.values) - 1))
        if pooled:
            network.pool()
    network.parts.append(bytearray())
    side = network.values[-1][1]
    mean = {"kernel": [side] * 2, "stride": [1, 1], "padding": [0, 0]}
    network.add("average_pool", [MAPS[-1], 1, 1], **mean)
    network.convolution(len(CLASSES), 1, 1, 0)
    record = {
        "schema": 1,
        "network": "tiny",
        "input": INPUT,
        "mean": [0.5] * 3,
        "std": [0.25] * 3,
        "grey": grey,
        "rule": "deconvnet",
        "classes": CLASSES if classes else [],
        "output": len(network.values) - 1 if classes else None,
        "no_output": "" if classes else "The network gives maps, not a score for each class.",
        "resizable": True,
        "values": network.values,
        "nodes": network.nodes,
        "layers": layers,
        "parts": [{"bytes": len(part)} for part in network.parts],
    }
    weights = {f"weights-{n}.bin": bytes(part) for n, part in enumerate(network.parts, start=1)}
    pictures = [_picture(name, words, bar, rng) for name, words, bar in DRAWINGS]
    pictures.append({**pictures[-1], "name": "photo", "kind": "image", "credit": "</script>, CC0"})
    return {
        "network.json": json.dumps(record).encode(),
        "pictures.json": json.dumps(pictures).encode(),
        **weights,
    }


def _layer(number: int, maps: int, value: int) -> dict[str, Any]:
    field, stride, offset = (
        (7, 2, -1),
        (27, 8, -3),
        (75, 16, -27),
        (107, 16, -43),
        (139, 16, -59),
    )[number]
    return {
        "name": f"layer{number + 1}",
        "title": f"Layer {number + 1}",
        "value": value,
        "filters": maps,
        "field": field,
        "stride": stride,
        "offset": offset,
        "part": number + 1,
        "deviation": 0.0061 * (number + 1),
    }


def _picture(
    name: str, words: str, bar: tuple[int, int, int, int] | None, rng: np.random.Generator
) -> dict[str, Any]:
    picture = Image.new("L", (INPUT[1], INPUT[0]), 255)
    pen = ImageDraw.Draw(picture)
    pen.line(bar, 20, 18) if bar else pen.ellipse((60, 60, 164, 164), 20)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    top = {
        f"layer{number}": [[int(at), 1.5] for at in rng.permutation(maps)]
        for number, maps in enumerate(MAPS, start=1)
    }
    return {
        "name": name,
        "words": words,
        "kind": "drawing",
        "credit": "",
        "type": "image/png",
        "data": base64.b64encode(stream.getvalue()).decode("ascii"),
        "top": top,
    }
