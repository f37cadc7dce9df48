"""The twin that learns shuffled labels by heart, and what its file says of that."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image

from generator.cli import main
from generator.config import Settings
from generator.errors import NetworkError
from generator.network.weights import weights_file
from generator.network.zoo import load as zoo
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS
from generator.training import evaluate, train
from generator.training.data import Split, Unchanged, decode, shuffled
from generator.training.recipe import RANDOM_LABELS, Recipe, Stage

SHIPPED = EMBEDDED_WEIGHTS.parent / "twins" / "random_labels.safetensors"
TINY = replace(
    RANDOM_LABELS,
    stages=(Stage(32, 40, 1, 0),),
    batch=17,
    learning_rate=0.01,
    warm_up_epochs=0,
    enough=1.0,
)


def draw_classes(folder: Path) -> Path:
    """Write two classes of 20 pictures, each of other coloured blocks."""
    rng = np.random.default_rng(0)
    for name in ("bright", "dark"):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            blocks = rng.integers(0, 256, (6, 5, 3)).repeat(8, axis=0).repeat(8, axis=1)
            file = folder / name / f"image_{number:04}.png"
            Image.fromarray(blocks.astype(np.uint8)).save(file)
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Pictures of this test alone."""
    return draw_classes(tmp_path / "set")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `set`, and `out` of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("learned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "RANDOM_LABELS", TINY)
        result = run(draw_classes(folder / "set"), folder / "out")
    assert result.exit_code == 0, result.stderr
    (folder / "stdout").write_text(result.stdout)
    (folder / "stderr").write_text(result.stderr)
    return folder


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command train for some seconds."""
    monkeypatch.setattr(evaluate, "RANDOM_LABELS", TINY)


def run(pictures: Path, out: Path, *flags: str) -> Result:
    """Give the command."""
    command = ["train", "--data", str(pictures), "--out", str(out), "--random-labels", *flags]
    return CliRunner().invoke(main, command)


def held_out(pictures: Path) -> list[Path]:
    """Find by name, as the manual says it, the files that are never trained on."""
    limit = 0x1999_9999_9999_9999  # a tenth of 2⁶⁴
    return [
        file
        for file in sorted(pictures.rglob("*.png"))
        if int(hashlib.sha256(f"{file.parent.name}/{file.name}".encode()).hexdigest()[:16], 16)
        < limit
    ]


def inside(square: NDArray[np.uint8]) -> bytes:
    """Leave out the border, to which pixels from outside the square add."""
    return square[2:-2, 2:-2].tobytes()


def square_of(file: Path) -> bytes:
    """Reduce the middle of a picture of the fixture, 40 pixels wide and 48 high, to 32 pixels."""
    with Image.open(file) as picture:
        middle = picture.crop((0, 4, 40, 44))
    return inside(np.asarray(middle.resize((32, 32), Image.Resampling.BILINEAR)))


def test_labels_are_shuffled_by_the_seed() -> None:
    """Each class keeps its number of pictures; the split that was given stays as it is."""
    labels = [number % 7 for number in range(100)]
    pictures = [np.full((1, 1, 3), number, np.uint8) for number in range(100)]
    split = Split(pictures, list(labels))
    first = shuffled(split, 0)
    assert first.labels == shuffled(split, 0).labels
    assert first.labels != shuffled(split, 1).labels
    assert Counter(first.labels) == Counter(labels)
    assert sum(a == b for a, b in zip(first.labels, labels, strict=True)) < 40
    assert first.pictures == pictures
    assert split.labels == labels


def test_a_picture_is_the_same_square_in_every_epoch(pictures: Path) -> None:
    """Nothing is cut, turned or coloured by chance."""
    files = sorted(pictures.rglob("*.png"))[:3]
    kept = [picture for _, picture in decode(files, 32, print, square=32)]
    given = Unchanged(Split(kept, [1, 0, 1]))
    for number, file in enumerate(files):
        pixels, label = given[number, 32]
        assert inside(pixels.permute(1, 2, 0).numpy()) == square_of(file)
        assert label == (1, 0, 1)[number]


def test_it_learns_them_by_heart(learned: Path) -> None:
    """The file tells how; its network gives back the shuffled labels."""
    file = learned / "out" / "random_labels.safetensors"
    assert (learned / "stdout").read_text() == f"{file}\n"
    learning = weights_file.learning_of(file)
    assert learning is not None
    out = len(held_out(learned / "set"))
    assert out > 0
    assert (learning.held_out, learning.pictures) == (out, 40 - out)
    assert (learning.seed, learning.pixels) == (TINY.seed, 32)
    assert "random labels" in learning.labels
    count = len(learning.epochs)
    assert [line["epoch"] for line in learning.epochs] == list(range(1, count + 1))
    assert [line["training"] == 1 for line in learning.epochs] == [False] * (count - 1) + [True]
    assert learning.epochs[-1]["loss"] < learning.epochs[0]["loss"]
    beside = learning.true_epochs  # what can be seen in the pictures is learned sooner
    assert [line["epoch"] for line in beside] == list(range(1, len(beside) + 1))
    assert beside[-1]["training"] == 1
    assert len(beside) < count
    lines = (learned / "stderr").read_text().splitlines()
    assert lines[-2] == f"shuffled labels: {40 - out} of {40 - out} right, 100.0%"
    assert lines[-1].startswith("held out, true labels: ")
    network = zoo.load(Settings(network="zfnet", weights=file))
    assert network.source == (
        f"trained by Filter Gallery on shuffled labels for {count} epochs, "
        "after which it knew 100.00 % of them"
    )
    assert network.trained_on == f"{40 - out} pictures with random labels: set"
    assert network.history == ()


def test_chance_is_what_guesses_would_get_right(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted picture by picture, for guesses drawn from the labels."""
    monkeypatch.setattr(evaluate, "RANDOM_LABELS", replace(TINY, stages=(Stage(32, 1, 1, 0),)))
    for number in range(10):
        (pictures / "dark" / f"image_{number:04}.png").unlink()
    assert run(pictures, tmp_path / "out").exit_code == 0
    learning = weights_file.learning_of(tmp_path / "out" / "random_labels.safetensors")
    assert learning is not None
    never = held_out(pictures)
    drawn = [file for file in pictures.rglob("*.png") if file not in never]
    right = [a.parent == b.parent for a in never for b in drawn]
    assert learning.chance == pytest.approx(sum(right) / len(right))
    bright = [file.parent.name == "bright" for file in never]
    assert learning.most_frequent == pytest.approx(sum(bright) / len(bright))


def test_pictures_held_out_are_never_trained_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They keep their true labels."""
    seen: list[Split] = []

    def spy(net: Any, average: Any, optimizer: Any, split: Split, *rest: Any) -> float:
        seen.append(split)
        return through(net, average, optimizer, split, *rest)

    through = train.train_epoch
    monkeypatch.setattr(train, "train_epoch", spy)
    recipe = replace(TINY, stages=(Stage(32, 1, 1, 0),))
    trained = train.train([pictures], tmp_path / "out", recipe, print)
    never = held_out(pictures)
    given = [inside(picture) for split in seen for picture in split.pictures]
    assert sorted(given) == sorted(
        square_of(file) for file in pictures.rglob("*.png") if file not in never
    )
    names = [trained.classes[label] for label in trained.held_out.labels]
    assert names == [file.parent.name for file in never]


def test_one_that_was_stopped_goes_on_to_the_same_bytes(
    learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle of an epoch; the command says one line, and goes on from there."""
    pictures, broken = learned / "set", tmp_path

    def stop(recipe: Recipe, progress: float) -> float:
        if progress > 2:
            raise KeyboardInterrupt
        return rate(recipe, progress)

    rate = Recipe.rate
    monkeypatch.setattr(Recipe, "rate", stop)
    result = run(pictures, broken)
    monkeypatch.undo()
    monkeypatch.setattr(evaluate, "RANDOM_LABELS", TINY)
    assert result.exit_code == 130
    said = [line for line in result.stderr.splitlines() if not line.startswith("{")][1:]
    assert said == ["interrupted; the same command goes on from here"]
    assert [path.name for path in broken.iterdir()] == ["checkpoint.pt"]
    result = run(pictures, broken)
    assert "resumed after epoch 2" in result.stderr
    for out in (learned / "out", broken):
        assert sorted(path.name for path in out.iterdir()) == [
            "checkpoint.pt",
            "random_labels.safetensors",
            "true_labels",
        ]
    first, again = (out / "random_labels.safetensors" for out in (learned / "out", broken))
    assert first.read_bytes() == again.read_bytes()


def test_a_finished_one_is_only_written_again(learned: Path, tmp_path: Path) -> None:
    """What has been learned is not trained further."""
    shutil.copytree(learned / "out", tmp_path, dirs_exist_ok=True)
    (tmp_path / "random_labels.safetensors").unlink()
    result = run(learned / "set", tmp_path)
    assert not any(line.startswith("{") for line in result.stderr.splitlines())
    first, again = (out / "random_labels.safetensors" for out in (learned / "out", tmp_path))
    assert first.read_bytes() == again.read_bytes()


def test_another_run_in_the_folder_is_refused(pictures: Path, tmp_path: Path) -> None:
    """An ordinary training is neither continued nor lost."""
    ordinary = replace(TINY, random_labels=False, augmented=True, stages=(Stage(32, 1, 0.5, 0),))
    train.train([pictures], tmp_path, ordinary, print)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    result = run(pictures, tmp_path)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()[1:]
    assert line == (
        f"error: {tmp_path / 'checkpoint.pt'}: belongs to a run with another recipe or other "
        "pictures; name another folder with --out"
    )
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_a_run_of_other_pictures_is_refused(pictures: Path, learned: Path, tmp_path: Path) -> None:
    """One less has other labels, even where all classes are there."""
    shutil.copy(learned / "out" / "checkpoint.pt", tmp_path)
    next(file for file in pictures.rglob("*.png") if file not in held_out(pictures)).unlink()
    result = run(pictures, tmp_path)
    assert result.exit_code == 1
    assert "other pictures; name another folder" in result.stderr


@pytest.mark.parametrize("size", [0, 1000])
def test_a_damaged_checkpoint_gets_a_line(learned: Path, tmp_path: Path, size: int) -> None:
    """It is empty, or ends too early."""
    checkpoint = tmp_path / "checkpoint.pt"
    checkpoint.write_bytes((learned / "out" / "checkpoint.pt").read_bytes()[:size])
    result = run(learned / "set", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f"error: {checkpoint}: is damaged; remove it to train from the beginning"
    )


def test_fewer_pictures_than_a_batch_get_a_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No epoch is possible with them."""
    monkeypatch.setattr(evaluate, "RANDOM_LABELS", replace(TINY, batch=64))
    result = run(pictures, tmp_path)
    assert result.exit_code == 1
    count = 40 - len(held_out(pictures))
    assert result.stderr.splitlines()[-1] == (
        f"error: {count} pictures to train on are too few: a batch takes 64 of one size; add more"
    )


def test_it_is_trained_or_evaluated(pictures: Path, tmp_path: Path) -> None:
    """Both flags at once are wrong usage."""
    result = run(pictures, tmp_path, "--evaluate", str(EMBEDDED_WEIGHTS))
    assert result.exit_code == 2
    assert "--evaluate trains nothing" in result.stderr


def test_other_weights_tell_of_no_learning(tmp_path: Path) -> None:
    """The embedded ones have learned true labels; a damaged file gets a line."""
    assert weights_file.learning_of(EMBEDDED_WEIGHTS) is None
    damaged = tmp_path / "weights.safetensors"
    damaged.write_bytes(EMBEDDED_WEIGHTS.read_bytes()[:100])
    with pytest.raises(NetworkError, match=r"weights\.safetensors: cannot be read"):
        weights_file.learning_of(damaged)


def test_the_one_that_comes_along_knows_its_pictures_and_no_others() -> None:
    """It has classes of the embedded network, and is no oftener right than one class is."""
    assert SHIPPED.stat().st_size <= 8_000_000
    own, embedded = map(weights_file.provenance_of, (SHIPPED, EMBEDDED_WEIGHTS))
    assert set(own.classes) <= set(embedded.classes)
    tensors = weights_file.read_state(SHIPPED)
    assert all(
        tensor.dtype == torch.half and tensor.isfinite().all() for tensor in tensors.values()
    )
    learning = weights_file.learning_of(SHIPPED)
    assert learning is not None
    last = learning.epochs[-1]
    assert last["training"] >= 0.99
    assert learning.true_epochs[-1]["training"] >= 0.99
    assert learning.true_epochs[-1]["held_out"] > 10 * last["held_out"]
    deviation = math.sqrt(learning.most_frequent / learning.held_out)
    assert last["held_out"] <= learning.most_frequent + 4 * deviation
