"""The bench: what it compares is what it says, and the limits count the right way round."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from generator import cli
from generator.bench import build, figures, growth, reconstruction, run, search, startup
from generator.bench.build import measure_build, measure_stages
from generator.bench.figures import Figure, in_turns
from generator.bench.growth import Repeated, measure_growth
from generator.bench.pictures import PHOTOGRAPH, draw_photographs
from generator.bench.reconstruction import measure_reconstruction
from generator.bench.search import measure_search
from generator.bench.startup import measure_startup
from generator.compute.project.contact_sheets import reconstruct_places
from generator.compute.project.crops import crop
from generator.compute.search import loop
from generator.config import Settings
from generator.errors import ConfigError
from generator.images.sets.sources import open_images
from generator.images.stream import normalise
from generator.names import Size
from tests.support.tiny_network import SIZE, draw_pictures, tiny_network


@pytest.mark.parametrize(
    ("value", "kind", "holds"),
    [
        (2.0, "at least", True),
        (1.9, "at least", False),
        (2.0, "at most", True),
        (2.1, "at most", False),
    ],
)
def test_limits_count_the_right_way_round(value: float, kind: Any, holds: bool) -> None:
    """A figure at its limit holds; one that does not says so in words and in JSON."""
    figure = Figure("speed", "this ÷ that", value, 2.0, kind)
    assert figure.holds == holds
    assert ("MISSED" in figure.line) == (not holds)
    assert figure.record() == {
        "name": "speed",
        "meaning": "this ÷ that",
        "value": value,
        "limit": 2.0,
        "kind": kind,
        "unit": "",
        "spread": None,
        "holds": holds,
    }
    assert Figure("rate", "told only", 7.0, None).holds


def test_photographs_are_as_heavy_as_real_ones_and_all_different(tmp_path: Path) -> None:
    """Of the usual size, some 100 KB each, and the same again from the same seed."""
    first, again = (
        sorted(draw_photographs(tmp_path / name, 3, PHOTOGRAPH).rglob("*.jpg")) for name in "ab"
    )
    contents = [path.read_bytes() for path in first]
    assert contents == [path.read_bytes() for path in again]
    assert len(set(contents)) == 3
    assert all(70_000 < len(content) < 140_000 for content in contents)
    images = open_images(str(tmp_path / "a"))
    assert [images.original_size(row) for row in range(3)] == [PHOTOGRAPH] * 3


def test_search_is_timed_from_files_and_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every image of every whole batch is searched from its file, in each of the rounds."""
    images = open_images(str(draw_pictures(tmp_path / "pictures", 22)))
    searched: list[int] = []
    honest = loop.search_batches

    def counting(*words: Any) -> Any:
        found = honest(*words)
        searched.append(found.extent.images_in(found.done))
        return found

    monkeypatch.setattr(search, "search_batches", counting)
    found = measure_search(Settings(batch=4, workers=0), tiny_network(), images)
    assert searched == [20] * search.TURNS
    assert [figure.name for figure in found] == ["search", "ranking", "images"]
    assert all(math.isfinite(figure.value) and figure.value > 0 for figure in found)
    with pytest.raises(ConfigError, match="two batches, 32 images"):
        measure_search(Settings(batch=16, workers=0), tiny_network(), images)


@pytest.fixture
def inputs(tmp_path: Path) -> Tensor:
    """Pictures as the tiny network sees them, n 3 h w, in float64 so that ways can be compared."""
    network = tiny_network()
    images = open_images(str(draw_pictures(tmp_path / "pictures", 5)))
    pixels = torch.stack(
        [torch.from_numpy(images.read(row, Size.square(SIZE))) for row in range(5)]
    )
    return normalise(pixels, network.mean, network.std).double()


def test_both_ways_to_reconstruct_do_the_same_work(
    inputs: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same units, the strongest of their images, each gives what the other does."""
    monkeypatch.setattr(reconstruction, "UNITS", 12)
    network = tiny_network()
    network.model.double()
    for layer in network.layers:
        places = reconstruction.places_of(network, layer, inputs, reconstruction.UNITS)
        plain = reconstruction.plainly(network.model, network, layer, places, inputs)
        ours = reconstruct_places(network, layer, places, inputs.__getitem__)
        assert 8 <= len(plain) == len(ours)
        for whole, part, box in zip(plain, ours, places.boxes, strict=True):
            expected = crop(whole.numpy().astype(np.float32), box)
            assert expected.any()
            np.testing.assert_allclose(part, expected, rtol=1e-5, atol=1e-6)
            assert np.abs(part).sum() == pytest.approx(float(whole.abs().sum()), rel=1e-5)


def test_reconstructions_are_counted_by_layer(
    inputs: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each layer's time stands for nine places of all its filters."""
    network = tiny_network()
    network.model.double()
    monkeypatch.setattr(reconstruction, "UNITS", 6)
    monkeypatch.setattr(reconstruction, "TURNS", 2)
    turns = [(7.0, 1.0), (9.0, 2.0), (30.0, 4.0), (20.0, 3.0)]  # the plain way, then ours
    ways = iter(np.ravel(turns).tolist())
    monkeypatch.setattr(figures, "seconds", lambda _: next(ways))
    ratio, rate = measure_reconstruction(network, inputs)
    shares = [
        [9 * layer.filters / len(places.rows[turn::2]) for turn in range(2)]
        for layer in network.layers
        for places in [reconstruction.places_of(network, layer, inputs, 6)]
    ]
    plain, ours = (
        [
            sum(turns[2 * layer + turn][way] * shares[layer][turn] for layer in range(2))
            for turn in range(2)
        ]
        for way in range(2)
    )
    ratios = [plain[0] / ours[0], plain[1] / ours[1]]
    assert ratio.value == pytest.approx(sum(ratios) / 2)
    count = 9 * sum(layer.filters for layer in network.layers)
    assert rate.value == pytest.approx((count / ours[0] + count / ours[1]) / 2)
    assert ratio.spread == pytest.approx(sorted(np.quantile(ratios, (0.25, 0.75))))


def test_turns_that_disagree_say_nothing() -> None:
    """The median and its quartiles; far apart, the figure neither holds nor is missed."""
    steady = Figure.of_turns("speed", "this ÷ that", [1.0, 1.1, 1.05, 1.0, 1.1], 1.0)
    assert (steady.value, steady.spread) == (1.05, (1.0, 1.1))
    assert steady.holds
    assert steady.line == "speed: 1.05 (1 to 1.1; at least 1): this ÷ that"
    for limit in (0.5, 2.0):
        figure = Figure.of_turns("speed", "this ÷ that", [1.0, 0.5, 2.0, 3.0], limit)
        assert figure.holds is None
        assert "NOT MEASURABLE NOW" in figure.line
        assert "MISSED" not in figure.line
        assert figure.record()["holds"] is None


def test_ways_take_turns() -> None:
    """Each in every turn, after one that is not timed where they warm up."""
    called: list[str] = []
    ways = (lambda: called.append("a"), lambda: called.append("b"))
    taken = in_turns(ways, 3, warm_up=True)
    assert called == ["a", "b"] * 4
    assert taken.shape == (3, 2)
    assert (taken >= 0).all()


def test_a_build_is_the_whole_command_beside_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the images given, with a site at the end; its work is measured before and after."""
    settings = Settings(network="zfnet:random", layers=("layer1",), workers=0, batch=4)
    pictures = draw_pictures(tmp_path / "pictures", 6)
    network = tiny_network()
    images = open_images(str(pictures))
    pixels = torch.stack(
        [torch.from_numpy(images.read(row, Size.square(SIZE))) for row in range(6)]
    )
    small = normalise(pixels, network.mean, network.std)
    least = iter([2.0, 3.0])
    honest = build._least
    assert 0 < honest(network, small) < 60
    monkeypatch.setattr(build, "_least", lambda *_: next(least))
    settings = settings.model_copy(update={"filters": 2})
    ratio, wait = measure_build(settings, network, small, str(pictures), tmp_path)
    assert (tmp_path / "site" / "index.html").exists()
    assert (tmp_path / "atlas" / "manifest.json").exists()
    assert wait.limit is None
    assert ratio.value == pytest.approx((wait.value / 2 + wait.value / 3) / 2)
    assert next(least, None) is None


def test_each_stage_is_timed_beside_its_forward_pass(tmp_path: Path) -> None:
    """Search, stimuli and reconstructions, each one figure in turns."""
    images = open_images(str(draw_pictures(tmp_path / "pictures", 20)))
    network = tiny_network()
    pixels = torch.stack(
        [torch.from_numpy(images.read(row, Size.square(SIZE))) for row in range(8)]
    )
    found = measure_stages(
        Settings(batch=4, workers=0), network, images, normalise(pixels, network.mean, network.std)
    )
    assert [figure.name.split(", ")[-1] for figure in found] == [
        "search",
        "stimuli",
        "reconstructions",
    ]
    assert all(figure.value > 0 and figure.spread is not None for figure in found)


def test_a_set_over_and_over_holds_no_picture_twice(tmp_path: Path) -> None:
    """Or the search of many would find nothing but duplicates."""
    few = open_images(str(draw_pictures(tmp_path / "pictures", 3)))
    many = Repeated(few, 1_000)
    assert len(many) == 1_000
    seen = {many.read(row, Size.square(SIZE)).tobytes() for row in range(1_000)}
    assert len(seen) == 1_000
    assert len({many.path(row) for row in range(1_000)}) == 1_000
    assert np.array_equal(
        many.read(5, Size.square(SIZE))[:, 2:], few.read(2, Size.square(SIZE))[:, 2:]
    )


def test_growth_is_measured_in_processes_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its own peak of memory, which holds PyTorch at least."""
    monkeypatch.setattr(growth, "FEW", 8)
    monkeypatch.setattr(growth, "MANY", 16)
    pictures = draw_pictures(tmp_path / "pictures", 3)
    settings = Settings(
        network="zfnet:random", input_size=Size.square(64), images=str(pictures), batch=4, workers=1
    )
    memory, peak, time = measure_growth(settings)
    assert 0.5 < memory.value < 2
    assert 0.1 < peak.value < 2.5
    assert time.value > 0
    assert all(figure.kind == "at most" for figure in (memory, peak, time))


def test_start_up_is_that_of_a_fresh_python_without_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A renderer that brought torch along would stop the bench."""
    monkeypatch.setattr(startup, "TIMES", 1)
    assert [figure.name for figure in measure_startup()] == ["start-up help", "start-up import"]
    with_torch = subprocess.run(
        [sys.executable, "-c", f"import torch{startup.WITHOUT_TORCH}"], check=False
    )
    assert with_torch.returncode == 1


def test_every_figure_is_printed_with_the_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, or as JSON alone on standard output."""

    def figures(_settings: Settings, say: Any) -> Iterator[Figure]:
        say("measuring")
        yield Figure("one", "a ÷ b", 1.5, 1.0)
        yield Figure("two", "c ÷ d", 1.5, 1.0, "at most")

    monkeypatch.setattr(run, "bench", figures)
    for arguments in (["bench"], ["bench", "--json"]):
        cli.main(arguments, standalone_mode=False)
    printed = capsys.readouterr()
    words, _, records = printed.out.partition("{")
    assert words.splitlines()[0] == "one: 1.5 (at least 1): a ÷ b"
    assert words.splitlines()[1].startswith("two: 1.5 (at most 1)  MISSED")
    assert f"torch {torch.__version__}" in words
    found = json.loads("{" + records)
    assert {name: record["holds"] for name, record in found.items()} == {"one": True, "two": False}
    assert f"threads {torch.get_num_threads()}" in printed.err
