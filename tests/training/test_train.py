"""Training on a handful of drawn pictures: stopping, and going on to the same weights."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from generator.errors import ConfigError
from generator.network.zoo.zfnet import ZFNet
from generator.training.data import list_examples, load_all
from generator.training.recipe import Recipe, Stage
from generator.training.train import Trained, hits, train
from tests.training.conftest import draw_classes

TINY = Recipe(stages=(Stage(32, 1, 0.5, 0.2), Stage(40, 2, 0.7, 0.0)), batch=12, warm_up_epochs=1)


class Stopped(Exception):
    """Stands for a kill between two epochs."""


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train on the same pictures as the tests, without a break."""
    folder = tmp_path_factory.mktemp("straight")
    return train([draw_classes(folder / "set")], folder, TINY, print)


def test_a_stopped_run_goes_on_to_the_same_weights(
    pictures: Path, straight: Trained, tmp_path: Path
) -> None:
    """Stopping after the first epoch and starting again changes nothing in the end."""

    def stop_after_first(line: str) -> None:
        if line.startswith("{"):
            raise Stopped

    with pytest.raises(Stopped):
        train([pictures], tmp_path / "broken", TINY, stop_after_first)
    resumed: list[str] = []
    again = train([pictures], tmp_path / "broken", TINY, resumed.append).net
    assert "resumed after epoch 1" in resumed
    for name, tensor in straight.net.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    records = [json.loads(line) for line in resumed if line.startswith("{")]
    assert [record["epoch"] for record in records] == [2, 3]
    assert [epoch["epoch"] for epoch in straight.epochs] == [1, 2, 3]
    assert straight.classes == ("bright", "dark")


def test_another_recipe_is_refused(pictures: Path, tmp_path: Path) -> None:
    """A checkpoint is never continued with other settings."""
    train([pictures], tmp_path / "out", replace(TINY, stages=(Stage(32, 1, 0.5, 0.0),)), print)
    with pytest.raises(ConfigError, match="another recipe"):
        train([pictures], tmp_path / "out", TINY, print)


def test_a_full_disk_leaves_the_checkpoint_before(
    pictures: Path, straight: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the second epoch cannot write is computed again, to the same weights."""
    written = []

    def fill_up(state: object, path: Path) -> None:
        written.append(path)
        if len(written) > 3:  # a snapshot and the checkpoint of the first epoch, a snapshot
            path.write_bytes(b"a part")
            raise OSError(errno.ENOSPC, "No space left on device")
        keep(state, path)

    keep = torch.save
    monkeypatch.setattr(torch, "save", fill_up)
    with pytest.raises(ConfigError, match=r"checkpoint\.pt: cannot be written .*No space left"):
        train([pictures], tmp_path / "full", replace(TINY), print)
    monkeypatch.undo()
    assert sorted(path.name for path in (tmp_path / "full").iterdir()) == [
        "checkpoint.pt",
        "epoch01.pt",
        "epoch02.pt",
    ]
    lines: list[str] = []
    again = train([pictures], tmp_path / "full", TINY, lines.append).net
    assert "resumed after epoch 1" in lines
    for name, tensor in straight.net.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_hits_are_pictures_whose_class_is_the_most_probable(pictures: Path) -> None:
    """A network that always names class 1 is right on exactly the pictures of class 1."""
    net = ZFNet(2)
    with torch.no_grad():
        net.classifier.weight.zero_()
        net.classifier.bias.copy_(torch.tensor([0.0, 1.0]))
    training, _, _ = load_all(list_examples([pictures], print), 32, print)
    assert hits(net, training, 40) == [label == 1 for label in training.labels]
