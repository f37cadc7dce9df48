"""The live page, started: what the tests of its parts share."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import FilePayload, Page

QUIET = """() => document.querySelector('#live-status').textContent === ''
    && !document.querySelector('#live-room').hidden
    && !document.querySelector('#live.busy')"""
PIXEL = """([row, column]) => [...document.querySelector('#live-canvas').getContext('2d')
    .getImageData(column, row, 1, 1).data]"""


def start(page: Page, address: str) -> None:
    """Open the live page, press Start, and wait until every layer is here and was looked at."""
    page.goto("about:blank")  # another fragment alone would not load the page again
    page.goto(address)
    page.click("#live-start")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page shows what it has of this picture."""
    page.wait_for_function(QUIET)


def give(page: Page, name: str, content: bytes) -> None:
    """Choose a file."""
    file = FilePayload(name=name, mimeType="", buffer=content)
    page.set_input_files("#live-file", files=[file])


def encoded(picture: Image.Image, kind: str, **settings: object) -> bytes:
    """Return a picture as a file of a format."""
    stream = io.BytesIO()
    picture.save(stream, kind, **settings)
    return stream.getvalue()


def plain(colour: str = "red", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Return a picture of one colour."""
    return Image.new("RGB", size, colour)


def says(page: Page, element: str, words: str) -> None:
    """Wait until `#live-<element>` says something."""
    page.wait_for_function(
        "([id, words]) => document.getElementById(id).textContent.includes(words)",
        arg=[f"live-{element}", words],
    )


def pixel(page: Page, row: int, column: int) -> tuple[int, ...]:
    """Return RGBA of a pixel of the picture as the network gets it."""
    return tuple(page.evaluate(PIXEL, [row, column]))
