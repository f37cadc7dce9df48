"""The study's files: the same bytes however they come about, and numbers that are true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.atlas.store import Atlas
from generator.cli import main
from generator.config import Settings
from generator.files import write_arrays
from generator.network.rules import GRADIENT
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.subject import Subject
from generator.studies.synthetic import groups, measure, unit
from generator.studies.synthetic.answers import shift_of
from generator.studies.synthetic.ascent import Climb, State
from generator.studies.synthetic.record import RECORD, SyntheticRecord
from tests.compute.pipeline.runs import Killed, bytes_of
from tests.studies.synthetic.drawn import plain, seen, silent, stored, watched
from tests.support.tiny_network import draw_pictures, tiny_network

STEPS = 5


def network() -> WatchedNetwork:
    """Two layers of 6 and 11 filters."""
    return watched(plain(), "1", "4")


def written(folder: Path, network: WatchedNetwork, steps: int = STEPS) -> SyntheticRecord:
    """Make the study of a network."""
    measure.write(network, steps, folder, silent)
    return SyntheticRecord.model_validate_json((folder / RECORD).read_bytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of that network."""
    place = tmp_path_factory.mktemp("synthetic")
    written(place, network())
    return place


def test_every_filter_has_a_picture_and_numbers(folder: Path) -> None:
    """And nothing else is left over."""
    found = SyntheticRecord.model_validate_json((folder / RECORD).read_bytes())
    assert (found.steps, found.seed) == (STEPS, 1)
    assert [(layer.name, layer.side, layer.shift) for layer in found.layers] == [
        ("layer1", 3, 1),
        ("layer2", 9, 1),
    ]
    assert [len(layer.activation) for layer in found.layers] == [6, 11]
    names = {f"layer1/{n}.webp" for n in range(6)} | {f"layer2/{n}.webp" for n in range(11)}
    assert set(bytes_of(folder)) == {RECORD, *names}


def test_activations_are_those_of_the_stored_pictures(folder: Path) -> None:
    """The whole network says so, of the picture as it is and mirrored at what moves in."""
    found = SyntheticRecord.model_validate_json((folder / RECORD).read_bytes())
    net = network()
    for layer, record in zip(net.layers, found.layers, strict=True):
        for filter_, (still, moved) in enumerate(
            zip(record.activation, record.shifted, strict=True)
        ):
            picture = stored(folder / layer.name / f"{filter_}.webp")[None]
            assert picture.shape[2] == record.side
            expected = seen(net, layer, picture)[0, filter_]
            assert still == pytest.approx(float(expected), rel=1e-4, abs=1e-5)
            shifts = [mirrored(picture, axis, step) for axis in (2, 3) for step in (1, -1)]
            answers = seen(net, layer, torch.cat(shifts))[:, filter_]
            assert moved == pytest.approx(float(answers.mean()), rel=1e-4, abs=1e-5)


def mirrored(picture: Tensor, axis: int, step: int) -> Tensor:
    """Return a picture moved by one pixel; behind it comes what is mirrored at its border."""
    rolled = picture.roll(step, axis)
    place, behind = (0, 1) if step == 1 else (-1, -2)
    rolled.select(axis, place).copy_(picture.select(axis, behind))
    return rolled


def test_shifts_fit_the_picture() -> None:
    """Four pixels at most, none where a picture has no pixel beside another."""
    assert [shift_of(side) for side in (1, 2, 3, 7, 16, 27, 32, 139)] == [0, 0, 1, 1, 2, 3, 4, 4]


@pytest.mark.parametrize("most", [1, 3, 11])
def test_groups_change_no_byte(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Nor does the number of threads."""
    monkeypatch.setattr(unit, "IN_CONE", most)
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    written(tmp_path, network())
    torch.set_num_threads(threads)
    assert bytes_of(tmp_path) == bytes_of(folder)


def test_the_first_filters_alone_have_the_same_pictures(folder: Path, tmp_path: Path) -> None:
    """Settings that show fewer filters do not change those that stay."""
    written(tmp_path, replace(network(), filters=3))
    whole, part = bytes_of(folder), bytes_of(tmp_path)
    assert {name for name in part if name != RECORD} == {
        f"layer{layer}/{filter_}.webp" for layer in (1, 2) for filter_ in range(3)
    }
    assert all(part[name] == whole[name] for name in part if name != RECORD)


def test_a_group_goes_on_where_it_was(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after the third step of layer 2: no step is taken twice, and no byte differs."""
    taken: list[int] = []
    climb = Climb.climb

    def slow(self: Climb, filters: tuple[int, ...], state: State) -> Iterator[State]:
        for after in climb(self, filters, state):
            yield after  # the state is kept before the next is asked for
            if self.layer == "layer2" and filters[0] == 0:
                taken.append(after.step)
                if len(taken) == 3:
                    raise Killed

    monkeypatch.setattr(Climb, "climb", slow)
    monkeypatch.setattr(groups, "KEPT_EVERY", -1.0)
    with pytest.raises(Killed):
        written(tmp_path, network())
    kept = tmp_path / "layer2" / "0.growing"
    assert kept.exists()
    before = (tmp_path / "layer1" / "0.webp").stat().st_mtime_ns
    written(tmp_path, network())
    assert taken == [1, 2, 3, 4, 5]
    assert (tmp_path / "layer1" / "0.webp").stat().st_mtime_ns == before
    assert bytes_of(tmp_path) == bytes_of(folder)


def test_a_damaged_state_is_not_gone_on_from(folder: Path, tmp_path: Path) -> None:
    """Nor is one of other filters; a picture that is missing is made again."""
    written(tmp_path, network())
    for name in ("layer1/3.webp", "layer2/9.webp", RECORD):
        (tmp_path / name).unlink()
    (tmp_path / "layer1" / "0.growing").write_bytes(b"torn")
    write_arrays(tmp_path / "layer2" / "8.growing", {}, json.dumps([[8, 9], 4]))
    written(tmp_path, network())
    assert bytes_of(tmp_path) == bytes_of(folder)


# --- Networks of all kinds ------------------------------------------------------------------------


class Normalised(nn.Module):
    """Maps divided by their own spread, which no window of them knows."""

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(F.group_norm(maps, 1))


def test_a_network_that_only_autograd_knows(tmp_path: Path) -> None:
    """Every filter ends above what a plain picture gives it, by the whole network's own word."""
    net = watched(plain(last=Normalised()), "1", "4", rule=GRADIENT)
    assert net.cone(net.layers[0]) is not None
    record = written(tmp_path, net, steps=12)
    layer = net.layers[1]
    assert net.cone(layer) is None
    (_, made) = record.layers
    grey = seen(net, layer, torch.full((1, 3, made.side, made.side), 0.5))[0]
    assert (torch.tensor(made.activation) > grey).all()


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("torchvision:squeezenet1_1:random", {"input_size": 64}),
        ("torchvision:resnet18:random", {"input_size": 64, "rule": "gradient"}),
        ("torchvision:densenet121:random", {"input_size": 64, "rule": "guided"}),
        ("zfnet:random", {"layers": ("layer1", "layer3")}),
    ],
)
def test_networks_of_the_adapters(tmp_path: Path, name: str, more: dict[str, object]) -> None:
    """Two filters of each layer, two steps: pictures of the field, numbers that are some."""
    net = zoo.load(Settings(network=name, filters=2, **more))  # type: ignore[arg-type]
    record = written(tmp_path, net, steps=2)
    assert [each.name for each in record.layers] == [each.name for each in net.layers]
    for layer, found in zip(net.layers, record.layers, strict=True):
        side = min(layer.field.size, *net.input_size)
        assert stored(tmp_path / layer.name / "1.webp").shape == (3, side, side)
        assert all(abs(value) < 1e6 for value in (*found.activation, *found.shifted))


# --- In a run -------------------------------------------------------------------------------------


def test_a_run_makes_it_when_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is off else; another number of steps makes it again, other images do not."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    monkeypatch.chdir(tmp_path)
    draw_pictures(tmp_path / "pictures", 10)

    def compute(*words: str) -> str:
        more = ("--atlas", "atlas", "--workers", "0", "--no-stimuli", *words)
        done = CliRunner().invoke(main, ["compute", "--images", "pictures", *more])
        assert done.exit_code == 0, done.output
        return next(
            (line for line in done.stdout.splitlines() if line.startswith("studies: synth")), ""
        )

    assert compute().startswith("studies: synthetic, only with --studies all or by name: ")
    assert Atlas.open(tmp_path / "atlas").study("synthetic") is None
    assert compute("--studies", "synthetic", "--steps", "3").startswith("studies: synthetic, ")
    study = Atlas.open(tmp_path / "atlas").study("synthetic")
    assert study is not None
    assert len(study.manifest.files) == 4 + 6 + 1
    record = SyntheticRecord.model_validate_json((study.folder / RECORD).read_bytes())
    assert record.steps == 3
    assert record.layers[1].activation[3] == 0  # it is dead
    assert min(record.layers[0].activation) > 0
    again = ("--studies", "synthetic", "--steps")
    assert compute(*again, "3") == "studies: synthetic, unchanged"
    draw_pictures(tmp_path / "pictures", 11)
    assert compute(*again, "3") == "studies: synthetic, unchanged"
    assert "unchanged" not in compute(*again, "4")


@pytest.mark.parametrize("steps", ["0", "-3", "5000", "many"])
def test_steps_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: str) -> None:
    """The error names the setting or the flag."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["compute", "--steps", steps])
    assert done.exit_code in (1, 2)
    assert "steps" in done.stderr


def test_it_rests_on_the_network_alone() -> None:
    """What it is made from names no image."""
    subject = SimpleNamespace(network=network(), settings=Settings(steps=7))  # and nothing else
    made_from = measure.made_from(cast(Subject, subject))
    assert made_from["steps"] == 7
