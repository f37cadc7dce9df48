"""The live page's engine beside another: the same program, and no figures where maps differ."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.bench import live
from generator.bench.live import DisagreementError, figures, measure_live, missing
from generator.bench.onnx_file import onnx_file
from generator.errors import NetworkError

QUICK = [
    {"theirs": 100, "up": 90, "reconstruction": 45, "dream": 180, "maps": 12},
    {"theirs": 100, "up": 110, "reconstruction": 55, "dream": 220, "maps": 14},
    {"theirs": 50, "up": 60, "reconstruction": 30, "dream": 120, "maps": 16},
]
SLOWER = [{name: milliseconds + 70 for name, milliseconds in turn.items()} for turn in QUICK]
TURNS = [turn for each in zip(SLOWER, QUICK, SLOWER, strict=True) for turn in each]


def test_onnx_is_the_same_program() -> None:
    """Windows of every kind, groups, and whole numbers times scales, each part from its file."""
    random = np.random.default_rng(2)
    first = random.integers(-127, 128, (4, 3, 3, 2), dtype=np.int8)
    second = random.integers(-127, 128, (6, 2, 3, 3), dtype=np.int8)
    scales = [random.uniform(0.001, 0.01, count).astype(np.float32) for count in (4, 6)]
    bias = random.normal(size=4).astype(np.float32)
    parts = [first.tobytes() + scales[0].tobytes() + bias.tobytes()]
    parts += [scales[1].tobytes() + second.tobytes()]

    def tensor(at: int, kind: str, *shape: int) -> dict[str, Any]:
        return {"at": at, "type": kind, "shape": shape}

    window: dict[str, Any] = {
        "op": "convolution",
        "kernel": (3, 2),
        "stride": (2, 1),
        "padding": (1, 0),
    }
    window |= {"behind": (1, 2), "dilation": (1, 2), "groups": 1, "inputs": [0], "output": 1}
    grouped: dict[str, Any] = {
        "op": "convolution",
        "kernel": (3, 3),
        "stride": (1, 1),
        "padding": (1, 1),
    }
    grouped |= {"behind": (0, 0), "dilation": (1, 1), "groups": 2, "inputs": [3], "output": 4}
    pool = {"op": "max_pool", "kernel": (3, 3), "stride": (2, 2), "padding": (0, 1)}
    numbers = {"weight": tensor(0, "i8", 4, 3, 3, 2), "scale": tensor(72, "f32", 4)}
    network = {
        "values": [[3, 13, 12], [4, 7, 12], [4, 7, 12], [4, 3, 7], [6, 3, 7], [9, 1, 1]],
        "nodes": [
            {**window, "part": 1, **numbers, "bias": tensor(88, "f32", 4)},
            {"op": "relu", "ceiling": None, "inputs": [1], "output": 2, "part": 1},
            {**pool, "dilation": (1, 1), "rounds_up": True, "inputs": [2], "output": 3, "part": 1},
            {
                **grouped,
                "part": 2,
                "weight": tensor(24, "i8", 6, 2, 3, 3),
                "scale": tensor(0, "f32", 6),
                "bias": None,
            },
            {"op": "gather", "inputs": [4], "output": 5, "part": 3},  # lies behind what is asked
        ],
    }
    image = torch.from_numpy(random.normal(size=(1, 3, 13, 12)).astype(np.float32))
    whole = [
        torch.from_numpy(weight * scale[:, None, None, None])
        for weight, scale in zip((first, second), scales, strict=True)
    ]
    wide = F.pad(image, (0, 2, 1, 2))
    expected = F.conv2d(wide, whole[0], torch.from_numpy(bias), (2, 1), 0, (1, 2)).relu()
    expected = F.max_pool2d(expected, 3, 2, (0, 1), ceil_mode=True)
    expected = F.conv2d(expected, whole[1], None, 1, 1, groups=2)
    model = onnx.load_from_string(onnx_file(network, parts, 4))
    onnx.checker.check_model(model, full_check=True)
    [found] = ReferenceEvaluator(model).run(None, {"value0": image.numpy()})
    np.testing.assert_allclose(np.asarray(found), expected.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("node", [{"op": "sum"}, {"op": "relu", "ceiling": 6.0}])
def test_onnx_of_other_steps_is_refused(node: dict[str, Any]) -> None:
    """And named."""
    network = {"values": [[3, 4, 4]] * 2, "nodes": [{**node, "inputs": [0], "output": 1}]}
    with pytest.raises(NetworkError, match=rf"^{node['op']}: the bench writes ONNX for"):
        onnx_file(network, [], 1)


def test_figures_are_ratios_of_each_turn() -> None:
    """To the other engine and to the way up, by the quickest of three; drawing in milliseconds."""
    found = {"ours": [1.0, 2.0], "theirs": [1.0, 2.00001], "turns": TURNS}
    values = {figure.name: (figure.value, figure.limit, figure.kind) for figure in figures(found)}
    assert values == {
        "live up": (1.1, 1.1, "at most"),
        "live maps": (14, 30, "at most"),
        "live reconstruction": (0.5, 2.0, "at most"),
        "live dreaming": (2.0, 3.0, "at most"),
        "live wait": (90, None, "at least"),
    }


@pytest.mark.parametrize("ours", [[1.0, 2.001], [0.0, 0.0], [float("nan"), 2.0]])
def test_engines_that_disagree_are_not_compared(ours: list[float]) -> None:
    """The error says by how much, and no figure comes out."""
    with pytest.raises(DisagreementError, match=r"differ by (0\.0004|1|nan)[^ ]* of the maps"):
        figures({"ours": ours, "theirs": [1.0, 2.0], "turns": TURNS})


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with everything that is missing and what brings it, and no figures."""
    for name in live.SCRIPTS.values():
        (tmp_path / name).touch()
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/some")
    assert missing(tmp_path) == []
    (tmp_path / "ort.wasm.min.js").unlink()
    [npm] = missing(tmp_path)
    assert npm == "the npm package onnxruntime-web (make audit)"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert missing(tmp_path) == ["Chromium", npm]
    said: list[str] = []
    assert measure_live(tmp_path, np.zeros((4, 2, 2), np.uint8), said.append) == []
    [line] = said
    assert re.match(r"the live page's engine is not measured; that takes Chromium", line)
    assert not (tmp_path / "index.html").exists()
