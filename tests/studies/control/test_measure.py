"""The study of a network: against slow oracles, with every rule, stopped and gone on with."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

from generator.atlas.store import Atlas
from generator.compute.pipeline import ComputeReport, compute
from generator.compute.project import run as drawing
from generator.compute.project.crops import contact_sheet, signed_tile, tile_side
from generator.compute.project.run import Inputs
from generator.config import Settings
from generator.errors import AtlasError
from generator.images.sets.sources import open_images
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.network.zoo.untrained import untrained
from generator.studies.control import measure, record
from tests.compute.pipeline.runs import Killed, bytes_of
from tests.oracles import loops
from tests.oracles.control import correlation
from tests.oracles.networks import in_float64, plain_reconstruction
from tests.support.tiny_network import tiny_network

DEAD = ("layer2", 3)


def silent(*_: object) -> None:
    """Report nothing."""


def run(
    pictures: Path, atlas: Path, progress: Callable[..., None] = silent, **more: Any
) -> ComputeReport:
    """Compute the core and the study in this process."""
    usual: dict[str, Any] = {"images": str(pictures), "atlas": atlas, "batch": 4, "workers": 0}
    settings = Settings(**{**usual, "stimuli": False, "studies": "control", **more})
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def compared(atlas: Path, layer: str) -> record.Compared:
    """Return what the study says of a layer."""
    found = Atlas.open(atlas)
    return record.read(atlas / "studies/control", layer, found.manifest.layer(layer).filters)


def tiles(sheet: bytes, side: int) -> np.ndarray:
    """Take a lossless contact sheet apart: [9, side, side, 3]."""
    pixels = np.asarray(Image.open(io.BytesIO(sheet)).convert("RGB"))
    corners = [divmod(place, 3) for place in range(9)]
    at = [(row * (side + 2), column * (side + 2)) for row, column in corners]
    return np.stack([pixels[y : y + side, x : x + side] for y, x in at])


def parts_of(model: nn.Module) -> list[loops.Part]:
    """Return the tiny network as the oracle has it."""
    parts: list[loops.Part] = []
    for module in model.double().children():
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            weights = module.weight.numpy(), module.bias.numpy()
            parts.append(loops.Conv(*weights, 1, int(module.padding[0])))
        else:
            pools = isinstance(module, nn.MaxPool2d)
            parts.append(loops.MaxPool(3, 2, 1) if pools else loops.Relu())
    return parts


@pytest.mark.parametrize(("layer", "last"), [("layer1", 1), ("layer2", 4)])
def test_places_equal_explicit_loops(pictures: Path, tmp_path: Path, layer: str, last: int) -> None:
    """Correlation, scale and tile of places, and of units that are off with random weights."""
    run(pictures, tmp_path / "atlas")
    network, arrays = tiny_network(), Atlas.open(tmp_path / "atlas").arrays(layer)
    found = compared(tmp_path / "atlas", layer)
    images = Inputs(network, open_images(str(pictures), leave_out=(), icc=False))
    random = parts_of(untrained(network).model)
    trained = parts_of(network.model)
    partly = trained[:3] + random[3:] if layer == "layer2" else random
    side = int(arrays.box[0, 0, 2] - arrays.box[0, 0, 0])
    off = clipped = 0
    for filter_, place in np.argwhere(arrays.image >= 0)[::4].tolist():
        sheet = (tmp_path / f"atlas/studies/control/{layer}/{filter_}.webp").read_bytes()
        image = images.input(int(arrays.image[filter_, place])).double().numpy()
        row, column = arrays.unit[filter_, place].tolist()
        box = arrays.box[filter_, place].tolist()
        off += loops.forward(random[: last + 1], image)[last][filter_, row, column] == 0
        clipped += min(box) < 0 or max(box) > 24
        with_random = loops.deconvnet(random, image, last, filter_, row, column, 1.0)
        with_trained = loops.deconvnet(trained, image, last, filter_, row, column)
        expected = correlation(with_trained, with_random, box)
        assert found.correlation[filter_, place] == pytest.approx(expected, abs=1e-5)
        with_own = loops.deconvnet(partly, image, last, filter_, row, column, 1.0)
        expected = correlation(with_trained, with_own, box)
        assert found.own_random[filter_, place] == pytest.approx(expected, abs=1e-5)
        padded = np.pad(with_random, ((0, 0), (24, 24), (24, 24)))
        top, left, bottom, right = (edge + 24 for edge in box)
        tile, scale = signed_tile(
            padded[:, top:bottom, left:right].astype(np.float32), tile_side(side)
        )
        assert found.scale[filter_, place] == pytest.approx(scale, rel=1e-5)
        shown = tiles(sheet, tile_side(side))[place].astype(int)
        expected_tile = contact_sheet([tile], tile_side(side))[: shown.shape[0], : shown.shape[0]]
        assert np.abs(shown - expected_tile).max() <= 1
    assert off > 1
    assert clipped > 1


def test_empty_places_and_dead_filters(pictures: Path, tmp_path: Path) -> None:
    """They have no correlation, no scale and a grey tile; a dead filter has no picture at all."""
    run(pictures, tmp_path / "atlas")
    for layer in ("layer1", "layer2"):
        arrays, found = (
            Atlas.open(tmp_path / "atlas").arrays(layer),
            compared(tmp_path / "atlas", layer),
        )
        empty = arrays.image < 0
        assert empty[:, 7:].all()
        assert np.isnan(found.correlation[empty]).all()
        assert (found.scale[empty] == 0).all()
        assert np.isfinite(found.correlation[~empty]).all()
        assert (found.scale[~empty] > 0).all()
        pictured = {
            int(path.stem) for path in (tmp_path / f"atlas/studies/control/{layer}").iterdir()
        }
        assert pictured == set(np.nonzero(~empty.all(1))[0].tolist())
    assert found.of_filters()[DEAD[1]] is None
    sheet = (tmp_path / "atlas/studies/control/layer2/0.webp").read_bytes()
    assert (tiles(sheet, tile_side(9))[8] == 128).all()


def test_a_filter_has_the_median_of_its_places() -> None:
    """Of those that are known."""
    nan = float("nan")
    rows = [[0.1, 0.5, 0.2] + [nan] * 6, [0.4, 0.2] + [nan] * 7, [nan] * 9]
    values = np.array(rows, np.float32)
    first, second, third = record.Compared(values, values - 1, values).of_filters()
    assert first == pytest.approx(0.2)
    assert second == pytest.approx(0.3)
    assert third is None


@pytest.mark.parametrize("seed", range(5))
def test_the_correlation_of_two_signals(seed: int) -> None:
    """It is the oracle's, for any two; a signal of one value has none."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(seed, 1 + seed, (2, 3, 5, 4)).astype(np.float32)
    expected = correlation(first.astype(float), second.astype(float), (-3, 0, 9, 9))
    assert measure.pearson(first, second) == pytest.approx(expected, abs=1e-9)
    assert measure.pearson(first, -2 * first + 1) == pytest.approx(-1)
    assert np.isnan(measure.pearson(first, np.full_like(first, 0.1)))
    assert np.isnan(measure.pearson(np.zeros_like(first), second))


class Mixed(nn.Module):
    """A layer behind a part that is no op, so that only the whole network runs."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()
        self.second, self.last = nn.Conv2d(4, 5, 3, padding=1), nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        values = self.relu(self.first(images))
        values = values / (1 + values.mean((2, 3), keepdim=True))
        answer: Tensor = self.last(self.second(values))
        return answer


def mixed(rule: str) -> WatchedNetwork:
    """Return the network without a graph."""
    torch.manual_seed(7)
    model = Mixed().eval().requires_grad_(False)
    network = replace(tiny_network(), model=model, modules={"layer1": "last"})
    return replace(network, rule=RULES[rule])  # type: ignore[index]


@pytest.mark.parametrize("rule", ["guided", "gradient"])
@pytest.mark.parametrize("graph", [True, False])
def test_other_rules(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: Any, graph: bool
) -> None:
    """As autograd has it on whole images; a unit that is off has nothing to compare."""
    network = replace(tiny_network(), rule=RULES[rule]) if graph else mixed(rule)
    assert (network.cone(network.layers[-1]) is not None) == graph
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    run(pictures, tmp_path / "atlas", rule=rule)
    layer = network.layers[-1]
    arrays, found = (
        Atlas.open(tmp_path / "atlas").arrays(layer.name),
        compared(tmp_path / "atlas", layer.name),
    )
    images = Inputs(network, open_images(str(pictures), leave_out=(), icc=False))
    models = [in_float64(each.model) for each in (network, untrained(network))]
    if graph:
        trained, random = (list(model.children()) for model in models)
        models.append(nn.Sequential(*trained[:3], *random[3:]).eval())
    known = 0
    for filter_, place in np.argwhere(arrays.image >= 0)[::3].tolist():
        image = images.input(int(arrays.image[filter_, place])).double()
        unit = tuple(arrays.unit[filter_, place].tolist())
        box = arrays.box[filter_, place].tolist()
        first, second, *own = (
            plain_reconstruction(model, layer.module, image, filter_, unit, rule).numpy()
            for model in models
        )
        alone = found.own_random[filter_, place]
        assert np.isfinite(alone) == (graph and bool(own[0].any()))
        assert not np.isfinite(alone) or alone == pytest.approx(
            correlation(first, own[0], box), abs=1e-4
        )
        if not second.any():
            assert np.isnan(found.correlation[filter_, place])
            assert found.scale[filter_, place] == 0
            continue
        known += 1
        assert found.correlation[filter_, place] == pytest.approx(
            correlation(first, second, box), abs=1e-4
        )
    assert known > 2
    assert np.isnan(found.correlation[arrays.image >= 0]).any()


def test_a_stopped_run_is_gone_on_with(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill in the middle of a layer, nothing that was written is made again."""
    monkeypatch.setattr(drawing, "FILTERS_AT_ONCE", 2)
    run(pictures, tmp_path / "straight")
    honest, made = measure._compare, []

    def counted(*words: Any) -> Any:
        made.append((words[-1].layer.name, words[-1].first))
        return honest(*words)

    def kill(name: str, done: int, _of: int) -> None:
        if (name, done) == ("control", 6):
            raise Killed

    monkeypatch.setattr(measure, "_compare", counted)
    with pytest.raises(Killed):
        run(pictures, tmp_path / "atlas", kill)
    assert made == [("layer1", 0), ("layer1", 2), ("layer2", 0)]
    run(pictures, tmp_path / "atlas")
    assert made[3:] == [("layer2", 2), ("layer2", 4)]
    assert bytes_of(tmp_path / "atlas") == bytes_of(tmp_path / "straight")


def test_arrays_of_another_number_of_filters_are_refused(pictures: Path, tmp_path: Path) -> None:
    """As they are where a file is missing."""
    run(pictures, tmp_path / "atlas")
    folder = tmp_path / "atlas/studies/control"
    with pytest.raises(AtlasError, match=r"layer1\.safetensors: has 4 filters of 5; run"):
        record.read(folder, "layer1", 5)
    arrays = load_file(folder / "layer2.safetensors")
    del arrays["own_random"]
    save_file(arrays, folder / "layer2.safetensors")
    with pytest.raises(AtlasError, match=r"layer2\.safetensors: not what this version reads; run"):
        record.read(folder, "layer2", 6)
    with pytest.raises(AtlasError, match=r"layer9\.safetensors: has 0 filters of 5; run"):
        record.read(folder, "layer9", 5)


def test_random_weights_are_not_compared_with_random_ones(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report says so, and nothing is written."""
    network = replace(tiny_network(), source="random weights, seed 0")
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    (study,) = run(pictures, tmp_path / "atlas").studies
    assert study.line == (
        "control: left out: the network's own weights are random numbers, so that there is nothing "
        "to compare"
    )
    assert {path.name for path in (tmp_path / "atlas/studies/control").iterdir()} == {
        "manifest.json"
    }


def test_a_dead_network_has_nothing_to_compare(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No place is filled, and the report says so."""
    network = replace(tiny_network(), modules={"layer2": "4"})
    bias = network.model[3].bias  # type: ignore[index]
    bias.fill_(-1e6)
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    (study,) = run(pictures, tmp_path / "atlas").studies
    assert study.missing == "no image activates any filter, so that there is nothing to compare"


def test_an_activation_that_does_not_come_out_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The study fails with filter and numbers, and the core stays whole."""
    run(pictures, tmp_path / "atlas", studies="none")

    class Changed(Atlas):
        def arrays(self, layer: str) -> Any:
            arrays = super().arrays(layer)
            return replace(arrays, activation=arrays.activation * np.float32(1.01))

    monkeypatch.setattr("generator.compute.studies.Atlas", Changed)
    (study,) = run(pictures, tmp_path / "atlas").studies
    assert study.failed.startswith("layer1, filter 0, image ")
    Atlas.open(tmp_path / "atlas").verify()
