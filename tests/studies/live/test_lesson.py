"""The lesson of the live page: what it says of drawings, for the network that comes along."""

from __future__ import annotations

import pytest

from generator.config import Settings
from generator.network.scores import scores_of
from generator.network.zoo import load as zoo
from generator.render.text.content import Content, Subject, Text, read_content
from generator.render.text.drawings import TEN
from generator.studies.live.deviation import shown_with_8_bits
from generator.studies.live.drawings import draw_all
from generator.studies.live.pictures import Sample, _encoded
from tests import ROOT

LAYERS = {"layer1": 96, "layer2": 256, "layer3": 384, "layer4": 384, "layer5": 256}
Ten = dict[str, dict[str, set[int]]]


@pytest.fixture(scope="module")
def ten() -> Ten:
    """Return which filters answer most to each drawing, with 8-bit weights."""
    network = zoo.load(Settings(network="zfnet"))
    drawn = [
        Sample(name, words, "drawing", "", "image/png", _encoded(picture, "PNG"))
        for name, words, picture in draw_all(network.input_size)
    ]
    found, _ = shown_with_8_bits(network, scores_of(network).graph, drawn, lambda *_: None)
    return {
        picture.name: {layer: {at for at, _ in most} for layer, most in picture.top.items()}
        for picture in found
    }


def read(weights: str) -> Content:
    """Read the shipped texts for the layers of the network that comes along."""
    subject = Subject(LAYERS, weights, studies=("live",))
    return read_content(ROOT / "content", subject, lambda _: None)


@pytest.fixture(scope="module")
def lesson() -> Text:
    """Return the lesson for its own weights."""
    network = zoo.load(Settings(network="zfnet"))
    return read(network.weights_sha256).studies["live"]


def test_the_lesson_is_for_these_weights(lesson: Text) -> None:
    """For others another text stands in, which names no filter."""
    assert lesson.source.key == "studies/live.md"
    other = read("a" * 64).studies["live"]
    assert other.source.key == "studies/live.default.md"
    assert other.drawing_claims == ()


def test_claims_on_two_drawings(lesson: Text, ten: Ten) -> None:
    """Those that compare drawings are counted again; the others need what stimuli showed."""
    assert {claim.drawing for claim in lesson.drawing_claims} <= ten.keys()
    compared = [claim for claim in lesson.drawing_claims if claim.other]
    assert len(compared) >= 5
    for claim in compared:
        one, other = ten[claim.drawing][claim.layer], ten[claim.other][claim.layer]
        common = len(one & other)
        assert len(one) == TEN
        assert claim.of_ten <= (common if claim.alike else TEN - common)


def test_every_mode_is_explained(lesson: Text) -> None:
    """Both texts say how to read each of the six."""
    for text in (lesson, read("a" * 64).studies["live"]):
        for mode in ("Look", "Reconstruct", "Name", "Cover", "Dream", "Fool"):
            assert f"**{mode}.**" in text.source.body
