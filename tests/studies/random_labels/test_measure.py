"""The study against a second atlas made of the twin itself, and networks without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from click.testing import CliRunner, Result

from generator.atlas.store import Atlas
from generator.cli import main
from generator.config import Settings
from generator.network.watched import WatchedNetwork
from generator.network.weights import weights_file
from generator.network.zoo import load as zoo
from generator.network.zoo import snapshots
from generator.studies.random_labels.measure import most_alike
from generator.studies.random_labels.record import RECORD, RandomLabels
from tests.support.studies import only
from tests.support.tiny_network import draw_pictures, tiny_network

EPOCHS = ({"epoch": 1, "loss": 2.0, "training": 0.5, "held_out": 0.1},)
LEARNING = weights_file.Learning(
    labels="random labels",
    seed=0,
    pixels=24,
    pictures=20,
    held_out=5,
    most_frequent=0.5,
    chance=0.4,
    epochs=(*EPOCHS, {"epoch": 2, "loss": 1.0, "training": 1.0, "held_out": 0.3}),
    true_epochs=EPOCHS,
)


def other_weights() -> WatchedNetwork:
    """Return the tiny network with weights that are half others."""
    network = tiny_network()
    source = torch.Generator().manual_seed(1)
    state = {
        name: tensor + torch.randn(tensor.shape, generator=source) / 9
        for name, tensor in network.model.state_dict().items()
    }
    network.model.load_state_dict({name: tensor.half().float() for name, tensor in state.items()})
    return replace(network, weights_sha256="2" * 64)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the twin's weights, pictures, the atlas with the study, and the twin's.

    The name `zfnet` loads the tiny network, and with weights the twin.
    """
    folder = tmp_path_factory.mktemp("labels")
    draw_pictures(folder / "pictures", 25)
    provenance = weights_file.Provenance(("a", "b"), "drawn", "nothing")
    weights_file.save(other_weights().model, provenance, folder / "twin.safetensors", LEARNING)
    with pytest.MonkeyPatch.context() as patch, only("random_labels"):
        patch.setattr(
            zoo, "load", lambda *_: replace(tiny_network(), twin=folder / "twin.safetensors")
        )
        patch.setattr(snapshots, "load", lambda *_: other_weights())
        done = compute(folder, folder / "atlas")
        assert (done.exit_code, done.exception) == (0, None), done.output
        assert "studies: random_labels, " in done.stdout
        assert "unchanged" in compute(folder, folder / "atlas").stdout
        patch.setattr(zoo, "load", lambda *_: other_weights())
        done = compute(folder, folder / "twin")
        assert "left out: no twin of the network" in done.stdout
    return folder


def compute(folder: Path, atlas: Path, *flags: str) -> Result:
    """Give the command."""
    words = ["compute", "--images", str(folder / "pictures"), "--workers", "0", *flags]
    return CliRunner().invoke(main, [*words, "--atlas", str(atlas)])


@pytest.fixture(scope="module")
def found(home: Path) -> RandomLabels:
    """Return the record."""
    path = home / "atlas" / "studies" / "random_labels" / RECORD
    return RandomLabels.model_validate_json(path.read_bytes())


def responses(home: Path, layer: str) -> list[npt.NDArray[np.float64]]:
    """Return the responses of the network, its twin and the untrained one, from two atlases."""
    atlas, twin = Atlas.open(home / "atlas"), Atlas.open(home / "twin")
    three = (
        atlas.responses(layer, "measures"),
        twin.responses(layer, "measures"),
        atlas.responses(layer, "untrained"),
    )
    return [each.astype(float) for each in three]


def test_the_twin_answers_as_an_atlas_of_its_own_says(home: Path, found: RandomLabels) -> None:
    """Median selectivity, families of forms and silent filters are those of its atlas."""
    atlas, twin = Atlas.open(home / "atlas"), Atlas.open(home / "twin")
    for layer in found.layers:
        three = (
            atlas.measures(layer.name, "measures"),
            twin.measures(layer.name, "measures"),
            atlas.measures(layer.name, "untrained"),
        )
        for at, measures in enumerate(three):
            expected = np.nanmedian(measures.orientation_selectivity)
            assert layer.selectivity[at] == pytest.approx(expected, abs=1e-4)
            for number in range(len(found.families)):
                assert layer.families[at][number] == (measures.family == number).sum()
            assert layer.silent[at] == (measures.best == 0).sum()


def test_nearest_and_alignment_are_those_of_the_definitions(
    home: Path, found: RandomLabels
) -> None:
    """Pair by pair with NumPy's own correlation and covariance."""
    for at, layer in enumerate(found.layers):
        true, random, untrained = responses(home, layer.name)
        for other, value in ((random, layer.nearest_random), (untrained, layer.nearest_untrained)):
            best = []
            for mine in true.T:
                known = [
                    np.corrcoef(mine, theirs)[0, 1]
                    for theirs in other.T
                    if theirs.std() and mine.std()
                ]
                best += [max(known)] if known else []
            assert value == pytest.approx(np.median(best), abs=2e-3)
        for matrix, one, other in (
            (found.cka_true_random, true, random),
            (found.cka_true_untrained, true, untrained),
            (found.cka_random_untrained, random, untrained),
        ):
            both = np.cov(one.T, other.T)
            split = one.shape[1]
            between = (both[:split, split:] ** 2).sum()
            within = np.sqrt((both[:split, :split] ** 2).sum() * (both[split:, split:] ** 2).sum())
            assert matrix[at][at] == pytest.approx(between / within, abs=2e-3)


def test_a_pair_has_the_pictures_of_the_twin_s_atlas(home: Path, found: RandomLabels) -> None:
    """The same nine and the same reconstructions, as both looked through all images."""
    assert (found.images, found.all_images) == (25, True)
    for layer in found.layers:
        assert layer.pair is not None
        true, random, _ = responses(home, layer.name)
        value = np.corrcoef(true[:, layer.pair.true], random[:, layer.pair.random])[0, 1]
        assert layer.pair.correlation == pytest.approx(value, abs=2e-3)
        for kind in ("patches", "reconstructions"):
            mine = home / "atlas" / "studies" / "random_labels" / f"{layer.name}.{kind}.webp"
            theirs = home / "twin" / "pictures" / layer.name / f"{layer.pair.random}.{kind}.webp"
            assert mine.read_bytes() == theirs.read_bytes()


def test_the_record_keeps_how_both_learned(found: RandomLabels) -> None:
    """Epoch by epoch, as the twin's file says it."""
    learning = found.learning
    assert [each.training for each in learning.random] == [0.5, 1.0]
    assert [each.held_out for each in learning.true] == [0.1]
    assert (learning.pictures, learning.held_out, learning.chance) == (20, 5, 0.4)


def test_the_pair_most_alike_is_mutual() -> None:
    """The highest of all; none where nothing is known; the first of equals."""
    table = np.array([[0.1, np.nan, 0.5], [0.9, np.nan, 0.9]])
    pair = most_alike(table)
    assert pair is not None
    assert (pair.true, pair.random, pair.correlation) == (1, 0, 0.9)
    assert most_alike(np.full((2, 3), np.nan)) is None


def test_a_damaged_twin_is_named_and_the_atlas_stays(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The study fails in a line, the rest is in place."""
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes((home / "twin.safetensors").read_bytes()[:200])
    monkeypatch.setattr(zoo, "load", lambda *_: replace(tiny_network(), twin=damaged))
    with only("random_labels"):
        done = compute(home, tmp_path / "atlas", "--filters", "2")
    assert done.exit_code == 1
    assert "random_labels: failed: weights damaged.safetensors: cannot be read" in done.stdout
    Atlas.open(tmp_path / "atlas").verify()


def test_without_stimuli_nothing_can_be_compared(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to do."""
    network = replace(tiny_network(), twin=home / "twin.safetensors")
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    with only("random_labels"):
        done = compute(home, tmp_path / "atlas", "--no-stimuli")
    assert done.exit_code == 0
    assert "left out: the filters were shown no stimuli" in done.stdout


def test_the_embedded_network_has_its_twin() -> None:
    """And the twin has none of its own; nor has a network with other weights."""
    network = zoo.load(Settings())
    assert network.twin is not None
    assert zoo.load(Settings(weights=network.twin)).twin is None
