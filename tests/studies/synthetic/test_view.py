"""Made pictures in the site: there with their study, gone without it, and their numbers right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import LayerFacts, read_gallery
from generator.render.site.check import check_site
from generator.render.words.words import activation
from generator.studies.synthetic.view import MadePictures
from tests.render.site.test_build import make
from tests.support.tiny_atlas import DEAD, LAYERS, make_atlas
from tests.support.tiny_synthetic import SILENT

REASON = "it could not be made, so the tests say"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site of a tiny atlas with the study."""
    folder = tmp_path_factory.mktemp("made")
    make(make_atlas(folder / "atlas", made=""), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def layer(site: Path) -> LayerFacts:
    """Return the facts of layer 3."""
    return read_gallery(Atlas.open(site.parent / "atlas")).layer("layer3")


def section(site: Path, number: int, layer: str = "layer3") -> str:
    """Return what a filter's page says of its picture, without line ends."""
    html = (site / layer / f"{number}.html").read_text(encoding="utf-8")
    found = re.search(r'<section aria-labelledby="made">(.*?)</section>', html, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def test_the_site_has_no_faults(site: Path) -> None:
    """Every picture is there and linked."""
    assert check_site(site).problems == ()
    files = {path.relative_to(site).as_posix() for path in site.glob("studies/synthetic/*/*")}
    assert files == {
        f"studies/synthetic/{name}/{number}.webp"
        for name, filters, *_ in LAYERS
        for number in range(filters)
    }


def test_a_filters_page_says_what_its_picture_activates(site: Path, layer: LayerFacts) -> None:
    """Alone, and as a multiple of the strongest patch; likewise after the shift."""
    for number in (0, 2, 4):
        strongest = layer.filters[number].strongest
        words = section(site, number)
        answer = 2.0 * (number + 1)
        for value in (answer, answer / 2):
            multiple = activation(value / strongest, 2)
            said = f"{activation(value)}[^.]*, {multiple} times as much as its strongest patch"
            assert re.search(said, words)
        assert "made in 64 steps" in words
        assert "Moved by four pixels" in words
        assert "Borowski and others 2021" in words
        assert "Geirhos and others 2024" in words
        assert f'src="../studies/synthetic/layer3/{number}.webp" width="225" height="225"' in words
        assert f'alt="Picture made for filter {number} of Layer 3"' in words


def test_filters_that_something_is_missing_of(site: Path) -> None:
    """A dead one has no patch to compare; where no picture was found none is shown."""
    dead = section(site, DEAD)
    assert "activates the filter with 4.00, and no image does." in dead
    assert "times" not in dead
    silent = section(site, SILENT)
    assert "In 64 steps no picture was found that activates this filter." in silent
    assert "<img" not in silent


def test_pictures_too_small_to_be_moved(site: Path) -> None:
    """Say nothing of a move; those of few pixels are enlarged as they are."""
    words = section(site, 0, "layer1")
    assert "Moved" not in words
    assert 'class="pixelated"' in words
    assert 'width="224"' in words
    assert 'class="pixelated"' not in section(site, 0)


def test_cards_offer_them(site: Path) -> None:
    """The choice knows where they lie; without scripts the cards have the sheets."""
    html = (site / "layer3" / "index.html").read_text(encoding="utf-8")
    (choice,) = re.findall(r'<input[^>]*value="made"[^>]*>', html)
    assert 'data-start="../studies/synthetic/layer3/"' in choice
    assert "studies/synthetic/layer3/0.webp" not in html


@pytest.mark.parametrize("reason", [None, REASON])
def test_a_site_without_the_study(tmp_path: Path, reason: str | None) -> None:
    """Has no section and no third choice; where it could not be made the site says why."""
    make(make_atlas(tmp_path / "atlas", made=reason), tmp_path / "site")
    site = tmp_path / "site"
    assert section(site, 0) == ""
    assert 'value="made"' not in (site / "layer3" / "index.html").read_text(encoding="utf-8")
    assert not (site / "studies").exists()
    network = " ".join((site / "network.html").read_text(encoding="utf-8").split())
    assert (REASON in network) == (reason is not None)


def broken(record: dict[str, object]) -> None:
    """Leave something out."""
    del record["steps"]


def of_others(record: dict[str, list[object]]) -> None:
    """Leave a layer out."""
    record["layers"].pop()


@pytest.mark.parametrize(
    ("change", "words"),
    [(broken, "not what this version reads"), (of_others, "made for other layers")],
)
def test_a_study_that_does_not_fit(
    tmp_path: Path, change: Callable[[object], None], words: str
) -> None:
    """It names the folder and what mends it."""
    atlas = make_atlas(tmp_path / "atlas", made="")
    folder = atlas / "studies" / "synthetic"
    record = json.loads((folder / "synthetic.json").read_text())
    change(record)
    (folder / "synthetic.json").write_text(json.dumps(record))
    with pytest.raises(AtlasError, match=rf"synthetic.*{words}.*run `filter-gallery compute`"):
        MadePictures.read(folder, read_gallery(Atlas.open(atlas)))
