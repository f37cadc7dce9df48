"""The cards of a layer in a real browser: every order, and what is found by a caption."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from generator.atlas.store import Atlas
from generator.render.facts import LayerFacts, read_gallery
from generator.render.words.captions import own_words
from tests.support.tiny_measures import measures_of

pytestmark = pytest.mark.browser


@pytest.fixture
def layer(site: Path) -> LayerFacts:
    """The facts of the layer that is shown."""
    return read_gallery(Atlas.open(site.parent / "atlas")).layer("layer3")


@pytest.fixture
def cards(site: Path, page: Page) -> Page:
    """The page of the layer, opened."""
    page.goto((site / "layer3" / "index.html").as_uri())
    return page


def numbers(page: Page) -> list[int]:
    """The filters in the order shown."""
    return [int(card.get_attribute("id") or "") for card in page.locator("#cards > a").all()]


def test_every_order_can_be_chosen_and_undone(cards: Page, layer: LayerFacts) -> None:
    """No card is lost in any; by strength the facts decide, and by number it is as it was."""
    offered = [option.get_attribute("value") or "" for option in cards.locator("option").all()]
    assert len(offered) == 9
    for name in offered:
        cards.get_by_label("Order").select_option(name)
        assert sorted(numbers(cards)) == list(range(len(layer.filters)))
    cards.get_by_label("Order").select_option("strength")
    strongest = sorted(layer.filters, key=lambda facts: -facts.strongest)
    assert numbers(cards) == [facts.number for facts in strongest]
    cards.get_by_label("Order").select_option("number")
    assert numbers(cards) == list(range(len(layer.filters)))


def test_selectivity_falls_and_the_silent_filter_is_last(cards: Page, layer: LayerFacts) -> None:
    """What is not known of a filter puts it behind all others."""
    cards.get_by_label("Order").select_option("selectivity")
    values = [measures_of(layer.filters[n]).orientation_selectivity for n in numbers(cards)]
    assert values[-1] is None
    known = [value for value in values if value is not None]
    assert all(before > after - 0.02 for before, after in pairwise(known))


def test_what_a_machine_tells_best_comes_first(cards: Page) -> None:
    """As `tiny_quiz` has it, and last what it could not be asked."""
    cards.get_by_label("Order").select_option("machine")
    assert numbers(cards) == [0, 3, 4, 5, 1, 2]


def test_a_card_says_its_caption_and_is_found_by_it(cards: Page, layer: LayerFacts) -> None:
    """The words of what stimuli showed lead to the card, a minus typed as a hyphen too."""
    captions = [own_words(facts, layer.record.stimuli) for facts in layer.filters]
    for number, words in enumerate(captions):
        picture = cards.locator("#cards > a").nth(number).locator("img").first
        kind = "Reconstructions" if layer.filters[number].places else "Empty"
        expect(picture).to_have_attribute("alt", f"{kind}; measured: {words}")
    cards.get_by_label("Find").fill(captions[0].replace("−", "-").upper())
    found = cards.locator("#cards > a:visible")
    expect(found).to_have_count(captions.count(captions[0]))
    assert found.first.get_attribute("id") == "0"


def test_without_its_tables_a_page_stands_as_without_scripts(site: Path, page: Page) -> None:
    """No controls that would do nothing, all cards in their places, no error."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def refuse(route: Route) -> None:
        route.fulfill(body="", content_type="text/javascript")

    page.route("**/assets/cards-*.js", refuse)
    page.goto((site / "layer3" / "index.html").as_uri())
    expect(page.locator("#controls")).to_be_hidden()
    assert numbers(page) == list(range(6))
    assert errors == []
