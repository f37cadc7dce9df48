"""Pictures come in by every way, stand as the gallery's do, and bad ones get a sentence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.live import encoded, give, pixel, plain, says, start
from tests.browser.sites import make_site, serving
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_live import write_live

pytestmark = pytest.mark.browser

RED, BLUE, WHITE = (255, 0, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)
PASTE = """([kind, name, bytes]) => {
    const carried = new DataTransfer();
    if (bytes) carried.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
    const event = kind === 'paste'
        ? new ClipboardEvent(kind, { clipboardData: carried, bubbles: true })
        : new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
}"""


def _halves() -> Image.Image:
    """Red, the upper half blue."""
    picture = plain(size=(100, 100))
    picture.paste("blue", (0, 0, 100, 50))
    return picture


def _large_png() -> bytes:
    """Return a PNG whose header promises 200 megapixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def _near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 3 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"hello", "notes.txt is no picture that this browser can read"),
        ("empty.jpg", b"", "empty.jpg is no picture"),
        ("half.jpg", encoded(_halves(), "JPEG")[:200], "half.jpg is no picture"),
        ("large.png", _large_png(), "large.png has 200 megapixels"),
    ],
)
def test_what_is_no_picture_is_named_and_the_last_one_stays(
    reader: Page, served: str, name: str, content: bytes, words: str
) -> None:
    """The sentence stands beside the picture; the picture before it is still there."""
    start(reader, f"{served}/live.html")
    give(reader, "red.png", encoded(plain(), "PNG"))
    says(reader, "status", "")
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('red')"
    )
    give(reader, name, content)
    says(reader, "told", words)
    assert pixel(reader, 112, 112) == RED


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_counts(reader: Page, served: str, kind: str) -> None:
    """It says so; a picture of one frame in the same format says nothing."""
    moving = encoded(plain(), kind, save_all=True, append_images=[plain("blue")], duration=50)
    start(reader, f"{served}/live.html")
    give(reader, "moving", moving)
    says(reader, "told", "moving moves; this is its first frame.")
    assert _near(pixel(reader, 112, 112), RED)
    give(reader, "still", encoded(plain("blue"), kind))
    reader.wait_for_function("() => document.querySelector('#live-told').textContent === ''")
    assert _near(pixel(reader, 112, 112), BLUE)


def test_a_picture_stands_upright_by_its_orientation(reader: Page, served: str) -> None:
    """Turned by a quarter to the right, the upper half becomes the right one."""
    turned = Image.Exif()
    turned[0x112] = 6
    start(reader, f"{served}/live.html")
    give(reader, "turned.jpg", encoded(_halves(), "JPEG", exif=turned, quality=95))
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('turned')"
    )
    assert _near(pixel(reader, 112, 20), RED)
    assert _near(pixel(reader, 112, 200), BLUE)


def test_the_middle_counts_and_what_is_transparent_is_white(reader: Page, served: str) -> None:
    """The shorter side fits; of a wide picture the ends are left out."""
    wide = Image.new("RGBA", (300, 100), (0, 0, 255, 255))
    wide.paste((255, 0, 0, 255), (100, 0, 200, 100))
    wide.paste((0, 0, 0, 0), (100, 50, 200, 100))
    start(reader, f"{served}/live.html")
    give(reader, "wide.png", encoded(wide, "PNG"))
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('wide')"
    )
    assert [pixel(reader, 20, column) for column in (4, 219)] == [RED, RED]
    assert pixel(reader, 200, 112) == WHITE


def test_a_mirror_image_swaps_left_and_right(reader: Page, served: str) -> None:
    """It is the picture given to the network that is mirrored, and mirrored back."""
    sides = _halves().rotate(90)  # the left half blue
    start(reader, f"{served}/live.html")
    give(reader, "sides.png", encoded(sides, "PNG"))
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('sides')"
    )
    assert pixel(reader, 112, 20) == BLUE
    reader.check("#live-mirror")
    assert pixel(reader, 112, 20) == RED
    reader.uncheck("#live-mirror")
    assert pixel(reader, 112, 20) == BLUE


@pytest.mark.parametrize(("kind", "past"), [("paste", "pasted"), ("drop", "dropped")])
def test_pictures_are_pasted_and_dropped(reader: Page, served: str, kind: str, past: str) -> None:
    """What has no picture in it gets a sentence."""
    start(reader, f"{served}/live.html")
    reader.evaluate(PASTE, [kind, "way.png", list(encoded(plain("blue"), "PNG"))])
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('way.png')"
    )
    assert pixel(reader, 112, 112) == BLUE
    reader.evaluate(PASTE, [kind, "", None])
    says(reader, "told", f"What you {past} is no picture file")


def test_a_drop_before_the_start_does_not_leave_the_page(reader: Page, served: str) -> None:
    """The browser would open the picture in its place."""
    reader.goto(f"{served}/live.html")
    prevented = reader.evaluate(PASTE, ["drop", "early.png", list(encoded(plain(), "PNG"))])
    assert prevented is True
    says(reader, "status", "Press “Start” first")


def test_a_picture_to_begin_with_is_pressed(reader: Page, served: str) -> None:
    """Which one is shown can be heard and seen; a picture of the reader's own releases it."""
    start(reader, f"{served}/live.html")
    reader.click("[data-sample='bar-45']")
    reader.wait_for_selector("[data-sample='bar-45'][aria-pressed=true]")
    assert pixel(reader, 112, 112) == (20, 20, 20, 255)
    give(reader, "red.png", encoded(plain(), "PNG"))
    reader.wait_for_selector("[data-sample='bar-45'][aria-pressed=false]")


def test_a_paste_counts_wherever_the_focus_is(reader: Page, served: str) -> None:
    """After the start it is on a mode; only a number's field keeps words for itself."""
    start(reader, f"{served}/live.html")
    paste = PASTE.replace("document.body.dispatch", "document.activeElement.dispatch")
    assert reader.evaluate("() => document.activeElement.name") == "mode"
    reader.evaluate(paste, ["paste", "way.png", list(encoded(plain("blue"), "PNG"))])
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('way.png')"
    )
    reader.focus("#live-filter")
    reader.evaluate(paste, ["paste", "", None])
    assert reader.locator("#live-told").inner_text() == ""


def test_a_folder_that_is_dropped_gets_a_sentence(reader: Page, served: str) -> None:
    """A browser gives it as a file that cannot be read."""
    start(reader, f"{served}/live.html")
    unreadable = "Promise.reject(new DOMException('', 'NotFoundError'))"
    reader.evaluate(f"""() => {{
        window.read = Blob.prototype.arrayBuffer;
        Blob.prototype.arrayBuffer = () => {unreadable};
    }}""")
    reader.evaluate(PASTE, ["drop", "folder", [1]])
    says(reader, "told", "folder is no picture that this browser can read")
    reader.evaluate("() => { Blob.prototype.arrayBuffer = window.read; }")


def test_a_large_picture_is_reduced_beside_the_page(reader: Page, served: str) -> None:
    """The page itself never draws one larger than what the network gets."""
    start(reader, f"{served}/live.html")
    reader.evaluate("""() => {
        window.drawn = [];
        const context = CanvasRenderingContext2D.prototype;
        window.draw = context.drawImage;
        context.drawImage = function (source, ...rest) {
            window.drawn.push(source.naturalWidth || source.width);
            window.draw.call(this, source, ...rest);
        };
    }""")
    give(reader, "large.jpg", encoded(_halves().resize((3000, 2000)), "JPEG", quality=95))
    reader.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('large')"
    )
    assert max(reader.evaluate("() => window.drawn")) <= 224
    assert _near(pixel(reader, 20, 112), BLUE)
    assert _near(pixel(reader, 200, 112), RED)


def test_that_it_is_mirrored_can_be_heard(reader: Page, served: str) -> None:
    """The picture's label says so as long as it is."""
    start(reader, f"{served}/live.html")
    reader.click("[data-sample='bar-45']")
    canvas = reader.locator("#live-canvas")
    reader.wait_for_selector("[data-sample='bar-45'][aria-pressed=true]")
    assert (canvas.get_attribute("aria-label") or "").endswith(": a bar at −45°")
    reader.check("#live-mirror")
    assert (canvas.get_attribute("aria-label") or "").endswith(": a bar at −45°, mirrored")
    reader.uncheck("#live-mirror")
    assert (canvas.get_attribute("aria-label") or "").endswith(": a bar at −45°")


def test_a_network_of_grey_pictures_gets_grey_ones(reader: Page, tmp_path: Path) -> None:
    """As Pillow, with which the gallery reads them, makes them of colours."""

    def make(folder: Path, *, labels: tuple[str, ...]) -> Path:
        atlas = make_atlas(folder, labels=labels)
        write_live(atlas, grey=True)
        return atlas

    coarse = np.random.default_rng(2).integers(0, 256, (56, 56, 3), np.uint8)
    picture = Image.fromarray(coarse.repeat(4, 0).repeat(4, 1))
    with serving(make_site(tmp_path, make)) as address:
        start(reader, f"{address}/live.html")
        give(reader, "colours.png", encoded(picture, "PNG"))
        reader.wait_for_function(
            "() => document.querySelector('#live-canvas').ariaLabel.includes('colours')"
        )
        shown = reader.evaluate("""() => Array.from(document.querySelector('#live-canvas')
            .getContext('2d').getImageData(0, 0, 224, 224).data)""")
    found = np.array(shown).reshape(224, 224, 4)
    for colour in range(3):
        assert np.array_equal(found[..., colour], np.asarray(picture.convert("L")))
