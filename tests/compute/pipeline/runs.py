"""Whole computations over the tiny network and twenty-five pictures, and runs that are stopped."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator.compute.pipeline import ComputeReport, compute
from generator.compute.search import loop
from generator.compute.stimuli.run import LayerMeasures, measure_layer
from generator.config import Settings
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.network.zoo.untrained import untrained
from tests.support.tiny_network import tiny_network


@cache
def _measures(source: str, layer: str, changes: bool) -> LayerMeasures:
    network = tiny_network()
    subject = untrained(network) if source.startswith("random") else network
    (found,) = (each for each in subject.layers if each.name == layer)
    return measure_layer(subject, found, silent, changes=changes)


def measured_once(
    network: WatchedNetwork, layer: WatchedLayer, progress: Callable[..., None], *, changes: bool
) -> LayerMeasures:
    """Give what stimuli show of the tiny network, which no image set changes."""
    progress("stimuli", 1, 1)
    return _measures(network.source, layer.name, changes)


def silent(*_: object) -> None:
    """Report nothing."""


def run(
    images: Path, atlas: Path, progress: Callable[..., None] = silent, **more: Any
) -> ComputeReport:
    """Compute with small batches in this process."""
    settings = Settings(**{"images": str(images), "atlas": atlas, "batch": 8, "workers": 0, **more})
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


def stopped_in(
    monkeypatch: pytest.MonkeyPatch, stage: str, images: Path, atlas: Path, **more: Any
) -> None:
    """Stop a run at the first step of a stage, with everything recorded that can be."""

    def kill(name: str, _done: int, _of: int) -> None:
        if name == stage:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, "SAVE_EVERY", -1.0)
        with pytest.raises(Killed):
            run(images, atlas, kill, **more)
