"""On paper: pictures and words, nothing to press, nothing wider than the sheet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.sites import load_every_picture

pytestmark = pytest.mark.browser

PAGES = ("index.html", "layer3/index.html", "layer3/0.html", "finder.html", "method.html")
PRESSED = """[...document.querySelectorAll('nav, form, button, input, select, .pager, .skip')]
    .filter(element => element.checkVisibility()).map(element => element.outerHTML.slice(0, 100))"""
TOO_WIDE = """[...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.right > document.documentElement.clientWidth + 1 || box.left < -1;
}).filter(element => !element.closest('svg *')).map(element => element.outerHTML.slice(0, 100))"""
UNSEEN = """[...document.querySelectorAll('main img, main svg[role=img]')].filter(picture => {
    const box = picture.getBoundingClientRect();
    return !picture.checkVisibility() || box.width < 20 || box.height < 20;
}).map(picture => picture.outerHTML.slice(0, 100))"""

ADDRESSES = """[...document.querySelectorAll('main img, main image')]
    .map(picture => new URL(picture.src || picture.href.baseVal, location).href)"""


@pytest.fixture
def printed(reader: Page) -> Page:
    """A page as wide as the paper, with the styles of print, of a reader whose screen is dark."""
    reader.set_viewport_size({"width": 718, "height": 1046})  # A4 less a centimetre all round
    reader.emulate_media(media="print", color_scheme="dark")
    return reader


@pytest.mark.parametrize("name", PAGES)
def test_pictures_are_printed_and_controls_are_not(served: str, printed: Page, name: str) -> None:
    """All pictures show, nothing reaches over the edge, and nothing is there to be pressed."""
    printed.goto(f"{served}/{name}")
    assert printed.evaluate(UNSEEN) == []
    assert printed.evaluate(TOO_WIDE) == []
    assert printed.evaluate(PRESSED) == []


@pytest.mark.parametrize("name", PAGES)
def test_ink_is_dark_on_white(served: str, printed: Page, name: str) -> None:
    """Also for a reader whose screen is dark: no page is printed as white on black."""
    printed.goto(f"{served}/{name}")
    style = "getComputedStyle(document.querySelector('main p'))"
    assert printed.evaluate(f"{style}.color") in {"rgb(0, 0, 0)", "rgb(68, 68, 68)"}
    page = "getComputedStyle(document.documentElement).backgroundColor"
    assert printed.evaluate(page) == "rgb(255, 255, 255)"


@pytest.mark.parametrize("name", ["index.html", "layer3/index.html", "layer3/0.html"])
def test_the_paper_holds_every_picture(served: str, printed: Page, name: str) -> None:
    """Each of them once it has come, also those far below the first screen."""
    printed.goto(f"{served}/{name}")
    load_every_picture(printed)
    paper = printed.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    pictures = set(printed.evaluate(ADDRESSES))
    drawn = len(re.findall(rb"/Subtype\s*/Image", paper))
    assert drawn >= len(pictures) > 0
