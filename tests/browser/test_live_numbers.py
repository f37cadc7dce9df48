"""What the page says of a picture is what its network gives, worked out by the oracle."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from tests.browser.live import encoded, give, says, settle, start
from tests.oracles.live import Written

pytestmark = pytest.mark.browser

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def written(site: Path) -> Written:
    """The network that the tiny site's page runs."""
    return Written.read(site.parent / "atlas" / "studies" / "live")


def _picture() -> Pixels:
    """Return a picture [224, 224, 3] of the input's size, so that no browser resamples it."""
    coarse = np.random.default_rng(5).integers(0, 256, (9, 9, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((224, 224), Image.Resampling.BICUBIC))


def _given(page: Page, address: str, pixels: Pixels) -> None:
    start(page, address)
    give(page, "exact.png", encoded(Image.fromarray(pixels), "PNG"))
    page.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('exact')"
    )
    settle(page)


def _shares(written: Written, pixels: Pixels) -> NDArray[np.float64]:
    """Return the probability of each class."""
    scores = written.run(written.normalised(pixels.astype(float)))[written.network["output"]]
    odds = np.exp(scores.ravel() - scores.max())
    shares: NDArray[np.float64] = odds / odds.sum()
    return shares


def _percent(words: str) -> float:
    found = re.search(r"([\d.]+)\s%", words)
    assert found, words
    return float(found.group(1))


def test_a_file_gets_the_networks_probabilities(
    reader: Page, served: str, written: Written
) -> None:
    """Uncovered and covered, to the digits that are shown."""
    pixels = _picture()
    _given(reader, f"{served}/live.html#name", pixels)
    shares = _shares(written, pixels)
    order = np.argsort(-shares)
    names = [written.network["classes"][number] for number in order]
    assert reader.locator("#live-answers .label").all_inner_texts() == names
    shown = [_percent(words) for words in reader.locator("#live-answers .value").all_inner_texts()]
    np.testing.assert_allclose(shown, 100 * shares[order], atol=0.051)
    reader.check("[name=mode][value=cover]")
    settle(reader)
    reader.fill("#live-cover-side", "90")
    reader.fill("#live-cover-row", "30")
    reader.fill("#live-cover-column", "200")
    says(reader, "what", "row 30, column 200")
    covered = pixels.copy()
    covered[max(0, 30 - 45) : 30 + 45, 200 - 45 : 200 + 45] = 128
    expected = 100 * _shares(written, covered)[order[0]]
    assert abs(expected - 100 * shares[order[0]]) > 0.2
    assert _percent(reader.locator("#live-cover-value").inner_text()) == pytest.approx(
        expected, abs=0.051
    )


@pytest.mark.parametrize("number", [1, 3, 5])
def test_each_filters_strongest_unit_is_the_networks(
    reader: Page, served: str, written: Written, number: int
) -> None:
    """Its activation to three digits, its row and its column."""
    pixels = _picture()
    _given(reader, f"{served}/live.html#look=layer{number}", pixels)
    layer = written.network["layers"][number - 1]
    maps = written.run(written.normalised(pixels.astype(float)))[layer["value"]]
    assert maps.max() > 0
    for filter_, values in enumerate(maps):
        reader.fill("#live-filter", str(filter_))
        reader.click("#live-pin")
        words = reader.locator("#live-pinned-words").inner_text()
        if values.max() <= 0:
            assert words == "It does not answer to this picture."
            continue
        shown = re.search(r"an activation of ([\d.]+)\.", words)
        assert shown
        assert float(shown.group(1)) == pytest.approx(values.max(), rel=0.0051)
        place = [int(reader.locator(f"#live-{name}").input_value()) for name in ("row", "column")]
        assert values[tuple(place)] == pytest.approx(values.max(), rel=1e-4)
