"""The questions, their pictures and the machine's scores, against a slow count."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from generator.atlas.store import Atlas
from generator.cli import main
from generator.images.sets.sources import open_images
from generator.images.stream import Batch
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.network.zoo.untrained import untrained
from generator.studies.quiz import answers, judge, measure
from generator.studies.quiz.record import RECORD, TILE, Quiz, picture_name
from tests.compute.pipeline.runs import bytes_of
from tests.studies.quiz import slow
from tests.studies.quiz.slow import Seen, Slow
from tests.support.studies import only
from tests.support.tiny_network import draw_pictures, tiny_network

COUNT = 34  # pictures, and one of them again
DEAD = 3  # filter of layer 2


def run(place: Path, network: WatchedNetwork | None = None) -> Result:
    """Run the command with the study alone."""
    with pytest.MonkeyPatch.context() as patch, only("quiz"):
        patch.setattr(zoo, "load", lambda *_: network or tiny_network())
        words = ["--images", str(place / "pictures"), "--atlas", str(place / "atlas")]
        flags = ["--batch", "8", "--workers", "0", "--no-stimuli"]
        return CliRunner().invoke(main, ["compute", *words, *flags])


def compute(place: Path, network: WatchedNetwork | None = None) -> str:
    """Make an atlas with the study alone; return what was said."""
    done = run(place, network)
    assert done.exit_code == 0, done.output
    return done.output


def pictures(place: Path, count: int = COUNT) -> Path:
    """Draw pictures, one of them twice; return the folder that they lie in."""
    draw_pictures(place / "pictures", count)
    first = place / "pictures" / "left" / "picture_000.png"
    (place / "pictures" / "right" / "picture_again.png").write_bytes(first.read_bytes())
    return place


def read(place: Path) -> Quiz:
    """Return what the study left."""
    file = place / "atlas" / "studies" / "quiz" / RECORD
    return Quiz.model_validate_json(file.read_bytes())


@pytest.fixture(scope="module")
def of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a place with an atlas and its study, for which all images were looked at."""
    place = pictures(tmp_path_factory.mktemp("quiz"))
    compute(place)
    return place


@pytest.fixture(scope="module")
def of_some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same where only some were."""
    place = pictures(tmp_path_factory.mktemp("quiz"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "MOST_IMAGES", 23)
        compute(place)
    return place


@pytest.fixture(params=["of_all", "of_some"])
def made(request: pytest.FixtureRequest) -> Path:
    """Return the one place, then the other."""
    place: Path = request.getfixturevalue(request.param)
    return place


def by_hand(place: Path, network: WatchedNetwork, quiz: Quiz) -> Slow:
    """Return the slow count for the images that were looked at."""
    images = open_images(str(place / "pictures"))
    total = len(images)
    rows = [place * total // quiz.images for place in range(quiz.images)]
    return Slow(network, images, rows)


def beside(order: list[Seen], nine: list[Seen], seen: Slow) -> list[Seen]:
    """Return those that are not among the nine, nor have their pixels."""
    shown = {seen.pixels[each.row].tobytes() for each in nine}
    return [each for each in order if seen.pixels[each.row].tobytes() not in shown]


def test_questions_are_those_of_a_slow_count(made: Path) -> None:
    """For every filter: which two images, their ranks and their activations."""
    quiz = read(made)
    hand = by_hand(made, tiny_network(), quiz)
    assert quiz.all_images is (quiz.images == COUNT + 1)
    asked = 0
    for at, layer in enumerate(quiz.layers):
        for number, found in enumerate(layer.questions):
            nine = hand.order(at, number, [*range(COUNT + 1)])[:9]
            order = hand.order(at, number, hand.looked_at)
            expected = slow.question(order, beside(order, nine, hand))
            assert (found is None) is (expected is None)
            assert (layer.scores[number] is None) is (found is None)
            if found is not None and expected is not None:
                assert (found.high.rank, found.low.rank) == expected
                for query in (found.high, found.low):
                    one = order[query.rank - 1]
                    assert query.row == one.row
                    assert query.activation == pytest.approx(one.activation, rel=1e-4)
                asked += 1
    assert asked >= 8
    assert quiz.layers[1].questions[DEAD] is None


def test_scores_are_those_of_a_slow_count(of_all: Path) -> None:
    """By both likenesses, for the network and for the untrained one with a nine of its own."""
    quiz = read(of_all)
    hand = by_hand(of_all, tiny_network(), quiz)
    other = by_hand(of_all, untrained(tiny_network()), quiz)
    seen = set[float]()
    for at, layer in enumerate(quiz.layers):
        for number, score in enumerate(layer.scores):
            if score is not None:
                nine = hand.order(at, number, [*range(COUNT + 1)])[:9]
                order = hand.order(at, number, hand.looked_at)
                asked = slow.pairs(order, beside(order, nine, hand))
                assert score.pairs == len(asked)
                expected = slow.scores(hand, at, nine, asked)
                assert (score.by_code, score.by_pixels) == pytest.approx(expected, abs=1e-4)
                seen |= {score.by_code, score.by_pixels}
        others = list[tuple[float, float]]()
        for number in range(len(layer.scores)):
            order = other.order(at, number, other.looked_at)
            if slow.question(order, order[9:]) is not None:
                pairs = slow.pairs(order, order[9:])
                others.append(slow.scores(other, at, order[:9], pairs))
        found = [*zip(layer.untrained_code, layer.untrained_pixels, strict=True)]
        assert np.array(found) == pytest.approx(np.array(others), abs=1e-4)
    assert len(seen) > 5


def test_pictures_are_the_patches_in_the_order_that_is_said(made: Path) -> None:
    """Each pixel of a small field becomes a square; nothing is smoothed."""
    quiz, sides = read(made), set[bool]()
    hand = by_hand(made, tiny_network(), quiz)
    study = Atlas.open(made / "atlas").study("quiz")
    assert study is not None
    names = {RECORD}
    for at, layer in enumerate(quiz.layers):
        for number, found in enumerate(layer.questions):
            if found is None:
                continue
            names.add(picture_name(layer.name, number))
            order = hand.order(at, number, hand.looked_at)
            file = study.folder / picture_name(layer.name, number)
            sheet = np.asarray(Image.open(io.BytesIO(file.read_bytes())).convert("RGB"))
            assert sheet.shape == (TILE, 2 * TILE + 2, 3)
            tiles = [sheet[:, :TILE], sheet[:, -TILE:]]
            ranks = (found.high.rank, found.low.rank)
            for tile, rank in zip(tiles if found.high_first else tiles[::-1], ranks, strict=True):
                patch = hand.patch(at, order[rank - 1])
                at_pixel = (np.arange(TILE) + 0.5) * len(patch) // TILE
                index = at_pixel.astype(int)
                np.testing.assert_array_equal(tile, patch[index[:, None], index])
            sides.add(found.high_first)
    assert sides == {True, False}
    assert set(study.manifest.files) == names


def test_a_run_that_was_stopped_goes_on(tmp_path: Path) -> None:
    """In the search and in the pictures; the result is that of a run in one piece, to the byte."""
    compute(pictures(tmp_path))
    folder = tmp_path / "atlas" / "studies"
    whole = bytes_of(folder)
    shutil.rmtree(folder / "quiz")
    streamed, made = list[list[int]](), list[bytes]()
    stream, picture = answers.stream, measure.picture  # type: ignore[attr-defined]

    def noting(*args: Any) -> Iterator[Batch]:
        streamed.append(list(args[-1]))
        for number, batch in enumerate(stream(*args)):
            if len(streamed) == 1 and number == 2:
                raise KeyboardInterrupt
            yield batch

    def drawing(*args: Any) -> bytes:
        if len(streamed) == 2 and len(made) == 3:
            raise KeyboardInterrupt
        made.append(picture(*args))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "SAVE_EVERY", -1.0)
        patch.setattr(answers, "stream", noting)
        patch.setattr(measure, "picture", drawing)
        for _ in range(2):
            assert run(tmp_path).exit_code != 0
        assert run(tmp_path).exit_code == 0
    assert streamed == [[0, 1, 2, 3, 4], [2, 3, 4], []]
    assert bytes_of(folder) == whole
    assert len({*made}) == len(whole) - 2  # record and manifest; no picture twice


def test_random_weights_are_not_compared_with_random_weights(tmp_path: Path) -> None:
    """They are asked, and stand alone."""
    network = replace(tiny_network(), source="random weights, seed 0")
    compute(pictures(tmp_path), network)
    for layer in read(tmp_path).layers:
        assert any(layer.scores)
        assert (layer.untrained_code, layer.untrained_pixels) == ((), ())


def test_twenty_images_are_enough(tmp_path: Path) -> None:
    """There are fewer pairs, of at least one image beside the nine and a weaker one."""
    compute(draw_and_return(tmp_path, 20))
    quiz = read(tmp_path)
    assert (quiz.images, quiz.all_images) == (20, True)
    pairs = {score.pairs for layer in quiz.layers for score in layer.scores if score}
    assert pairs
    assert max(pairs) <= 25  # eleven are left: five and five


def test_eleven_images_have_one_pair_and_ten_say_why_there_is_none(tmp_path: Path) -> None:
    """In one line, and the run succeeds."""
    compute(draw_and_return(tmp_path / "eleven", 11))
    quiz = read(tmp_path / "eleven")
    found = [each for layer in quiz.layers for each in layer.questions if each]
    assert found
    assert {(each.high.rank, each.low.rank) for each in found} == {(10, 11)}
    said = compute(draw_and_return(tmp_path / "ten", 10))
    assert f"quiz: left out: {measure.TOO_FEW}" in said


def test_a_picture_that_cannot_be_read_is_no_query(tmp_path: Path) -> None:
    """Not even among the weak ones; all is as it would be without it."""
    place = draw_and_return(tmp_path, 20)
    compute(place)
    without = read(place)
    (place / "pictures" / "right" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    compute(place)
    assert read(place) == without


def test_without_the_embedded_weights_the_study_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the file."""
    place = draw_and_return(tmp_path, 20)
    for module in (judge, measure):
        monkeypatch.setattr(module, "EMBEDDED_WEIGHTS", tmp_path / "zfnet.safetensors")
    done = run(place)
    assert done.exit_code == 1
    assert "quiz: " in done.output.strip().splitlines()[-1]
    assert "zfnet.safetensors" in done.output.strip().splitlines()[-1]


def draw_and_return(place: Path, count: int) -> Path:
    """Draw pictures, each once; return the folder that they lie in."""
    draw_pictures(place / "pictures", count)
    return place
