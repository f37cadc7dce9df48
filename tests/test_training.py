"""Training on a handful of drawn pictures: the split, the schedule, stopping and going on."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generator.errors import ConfigError, ImagesError
from generator.network import weights_file
from generator.network.zfnet import ZFNet
from generator.training.data import Augmented, is_held_out, list_examples, random_box
from generator.training.export import held_out_hits
from generator.training.recipe import EMBEDDED, Recipe, Stage
from generator.training.train import train

TINY = Recipe(stages=(Stage(32, 1, 0.5, 0.2), Stage(40, 2, 0.7, 0.0)), batch=4, warm_up_epochs=1)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes of noise, dark and bright, 20 each."""
    rng = np.random.default_rng(0)
    for name, low in (("dark", 0), ("bright", 150)):
        folder = tmp_path / "set" / name
        folder.mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(low, low + 100, (48, 40, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"image_{number:04}.png")
    return tmp_path / "set"


def test_a_tenth_is_held_out_by_name_alone() -> None:
    """The choice is the hash of class and file, near a tenth, the same wherever the folder is."""
    names = [Path(f"class{c}/image_{n:04}.jpg") for c in range(20) for n in range(200)]
    held = [is_held_out(path) for path in names]
    assert 350 < sum(held) < 450
    assert held == [is_held_out(Path("/elsewhere") / path) for path in names]
    digest = hashlib.sha256(b"class0/image_0000.jpg").hexdigest()
    assert held[0] == (int(digest, 16) / 16**64 < 0.1)


def test_one_cosine_with_warm_up() -> None:
    """The rate rises to its peak, then only falls, to zero at the end."""
    rates = [EMBEDDED.rate(step / 10) for step in range(EMBEDDED.epochs * 10 + 1)]
    peak = EMBEDDED.warm_up_epochs * 10
    assert rates[peak] == max(rates) == EMBEDDED.learning_rate
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_stages_follow_each_other() -> None:
    """Every epoch belongs to one stage, in order."""
    pixels = [TINY.stage_of(epoch).pixels for epoch in range(TINY.epochs)]
    assert pixels == [32, 40, 40]
    with pytest.raises(IndexError):
        TINY.stage_of(TINY.epochs)


@pytest.mark.parametrize(("width", "height"), [(40, 48), (300, 20), (1, 1)])
def test_random_boxes_lie_inside_the_picture(width: int, height: int) -> None:
    """Also where the picture is too narrow for any allowed shape."""
    draw = random.Random(0)
    for _ in range(50):
        left, top, right, bottom = random_box(draw, width, height, 0.35)
        assert 0 <= left < right <= width + 1e-9
        assert 0 <= top < bottom <= height + 1e-9


def test_augmentation_depends_on_seed_epoch_and_index_alone() -> None:
    """Workers and restarts see the same crop; another epoch sees another."""
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (50, 60, 3)).astype(np.uint8)]
    first = Augmented(arrays, [0], 32, 0.4, seed=1, epoch=2)[0][0]
    assert torch.equal(first, Augmented(arrays, [0], 32, 0.4, seed=1, epoch=2)[0][0])
    assert not torch.equal(first, Augmented(arrays, [0], 32, 0.4, seed=1, epoch=3)[0][0])


class Stopped(Exception):
    """Stands for a kill between two epochs."""


def test_a_stopped_run_goes_on_to_the_same_weights(pictures: Path, tmp_path: Path) -> None:
    """Stopping after the first epoch and starting again changes nothing in the end."""
    lines: list[str] = []
    straight = train([pictures], tmp_path / "straight", TINY, lines.append)

    def stop_after_first(line: str) -> None:
        if line.startswith("{"):
            raise Stopped

    with pytest.raises(Stopped):
        train([pictures], tmp_path / "broken", TINY, stop_after_first)
    resumed: list[str] = []
    again = train([pictures], tmp_path / "broken", TINY, resumed.append)
    assert "resumed after epoch 1" in resumed
    for name, tensor in straight.net.state_dict().items():
        assert torch.equal(tensor, again.net.state_dict()[name]), name
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert [record["epoch"] for record in records] == [1, 2, 3]
    assert straight.classes == ("bright", "dark")


def test_another_recipe_is_refused(pictures: Path, tmp_path: Path) -> None:
    """A checkpoint is never continued with other settings."""
    train([pictures], tmp_path / "out", replace(TINY, stages=(Stage(32, 1, 0.5, 0.0),)), print)
    with pytest.raises(ConfigError, match="another recipe"):
        train([pictures], tmp_path / "out", TINY, print)


def test_examples_are_listed_in_order(pictures: Path) -> None:
    """Classes by name, files by name, each with its set."""
    examples, classes = list_examples([pictures])
    assert classes == ["bright", "dark"]
    assert [e.path.name for e in examples[:2]] == ["image_0000.png", "image_0001.png"]
    assert {e.set_name for e in examples} == {"set"}
    assert len(examples) == 40


def test_a_folder_without_classes_and_a_damaged_picture_are_named(tmp_path: Path) -> None:
    """The path stands in the error."""
    (tmp_path / "flat").mkdir()
    with pytest.raises(ImagesError, match="flat"):
        list_examples([tmp_path / "flat"])
    (tmp_path / "set" / "cat").mkdir(parents=True)
    (tmp_path / "set" / "cat" / "broken.jpg").write_bytes(b"nothing")
    with pytest.raises(ImagesError, match=r"broken\.jpg"):
        train([tmp_path / "set"], tmp_path / "out", TINY, print)


def test_held_out_hits_count_what_the_network_says(tmp_path: Path) -> None:
    """A network that always answers "b" is right on exactly the held-out pictures of b."""
    pictures = tmp_path / "set"
    for name in "ab":
        (pictures / name).mkdir(parents=True)
        for number in range(60):
            Image.new("RGB", (8, 8)).save(pictures / name / f"{number}.png")
    net = ZFNet(2)
    with torch.no_grad():
        net.classifier.weight.zero_()
        net.classifier.bias.copy_(torch.tensor([0.0, 1.0]))
    weights = tmp_path / "net.safetensors"
    weights_file.save(net, weights_file.Provenance(("a", "b"), "", ""), weights)
    held_out = {
        name: sum(is_held_out(path) for path in (pictures / name).iterdir()) for name in "ab"
    }
    assert held_out["a"] > 0
    assert held_out["b"] > 0
    assert held_out_hits(weights, pictures) == (held_out["b"], held_out["a"] + held_out["b"])
