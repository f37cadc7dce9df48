"""Reading one picture: its colours, its shape, and why it cannot be read."""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import AvifImagePlugin, Image, ImageFile, ImageOps, features
from PIL.JpegImagePlugin import JpegImageFile

from generator.errors import ImagesError
from generator.images import decode
from generator.images.decode import FORMAT_NAMES, UnreadableImage, original_size, read_image
from generator.images.sets.folder import list_images
from generator.images.sets.sources import open_images
from generator.images.stream import stream
from generator.names import Size
from tests.support.tiny_network import draw_pictures

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def touch(path: Path, content: bytes = b"x") -> Path:
    """Make a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def halves(first: tuple[int, ...], second: tuple[int, ...], mode: str = "RGB") -> Image.Image:
    """Return a picture of 8 × 4 pixels whose left half has the first colour."""
    image = Image.new(mode, (8, 4), second)
    image.paste(first, (0, 0, 4, 4))
    return image


def colour(pixels: np.ndarray, row: int, column: int) -> tuple[int, ...]:
    """Return one pixel of [c, h, w]."""
    return tuple(int(value) for value in pixels[:, row, column])


@pytest.mark.parametrize("ending", ["png", "gif", "bmp", "tiff", "webp", "jpg"])
def test_every_format_gives_its_colours(tmp_path: Path, ending: str) -> None:
    """Each format gives [4, h, w] bytes with the colours that were saved, fully opaque."""
    path = tmp_path / f"a.{ending}"
    Image.new("RGB", (8, 8), (200, 40, 90)).save(path, quality=100, lossless=True)
    pixels = read_image(path, Size.square(8))
    assert pixels.shape == (4, 8, 8)
    assert pixels.dtype == np.dtype(np.uint8)
    assert pixels.flags.c_contiguous
    assert np.abs(pixels[:3, 4, 4].astype(int) - (200, 40, 90)).max() <= 2
    assert (pixels[3] == 255).all()


@pytest.mark.parametrize(
    ("ending", "form"),
    [
        *[("jfif", "JPEG"), ("jpe", "JPEG"), ("ppm", "PPM"), ("pnm", "PPM"), ("avif", "AVIF")],
        *[("jp2", "JPEG2000"), ("j2k", "JPEG2000"), ("jpx", "JPEG2000")],
    ],
)
def test_further_endings_are_read(tmp_path: Path, ending: str, form: str) -> None:
    """A folder of them is a set of images, read by what is in the files."""
    image = Image.new("RGB", (16, 16), (200, 40, 90))
    image.save(tmp_path / f"a.{ending}", form, no_jp2=ending == "j2k")
    images = list_images(tmp_path)
    assert tuple(images.paths) == (f"a.{ending}",)
    assert np.abs(images.read(0, Size.square(8))[:3, 4, 4].astype(int) - (200, 40, 90)).max() <= 3


def test_grey_and_black_and_white_maps(tmp_path: Path) -> None:
    """PGM and PBM, the second with 1 for black."""
    (tmp_path / "a.pgm").write_bytes(b"P2 2 1 10\n0 10\n")
    (tmp_path / "b.pbm").write_bytes(b"P1 2 2\n0 1 1 0\n")
    images = list_images(tmp_path)
    assert images.read(0, Size.square(1))[0].tolist() == [[128]]
    assert images.read(1, Size.square(2))[0].tolist() == [[255, 0], [0, 255]]


HEIC = b"\0\0\0\x1cftypheic" + bytes(16)


def test_heic_needs_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it each is left out, with what to install; a set of others goes on."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    touch(tmp_path / "a.heic", HEIC)
    touch(tmp_path / "b.png", png_bytes(tmp_path / ".hidden"))
    images = list_images(tmp_path)
    (batch,) = stream(images, Size.square(8), 4, 0, [0])
    assert [(file.path, file.reason) for file in batch.skipped] == [
        ("a.heic", "HEIC: pip install 'filter-gallery[heic]' to read it")
    ]


def test_heic_is_read_where_the_package_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package teaches Pillow the format when the first such file is met, not before."""

    class HeifFile(ImageFile.ImageFile):
        """Stands for that of the package: one colour, whatever the file says."""

        format = "HEIF"

        def _open(self) -> None:
            self._mode, self._size, self.tile = "RGB", (4, 4), []

        def load(self) -> None:
            self.im = Image.new("RGB", (4, 4), RED).im

    package = ModuleType("pillow_heif")
    vars(package)["register_heif_opener"] = partial(
        monkeypatch.setitem, Image.OPEN, "HEIF", (HeifFile, None)
    )
    monkeypatch.setitem(sys.modules, "pillow_heif", package)
    assert "HEIF" not in Image.OPEN
    assert colour(read_image(HEIC, Size.square(4)), 0, 0) == (*RED, 255)


def test_avif_without_its_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old or small build of Pillow knows the format and cannot read it."""
    monkeypatch.setattr(AvifImagePlugin, "SUPPORTED", False)
    monkeypatch.setattr(features, "check", lambda name: name != "avif")
    with pytest.raises(UnreadableImage, match=r"^AVIF: this Pillow cannot read it; pip install"):
        read_image(HEIC.replace(b"heic", b"avif"), Size.square(4))


def converted(path: Path, size: int) -> np.ndarray:
    """Read an upright picture of eight bits the plain way: convert to RGBA, move the channels."""
    with Image.open(path) as opened:
        plain = opened.mode in ("1", "L", "RGB", "CMYK", "YCbCr")
        colours = "L" if opened.mode == "L" else "RGB"
        whole = opened.convert(colours if plain else "RGBA")
    side = min(whole.size)
    left, top = (whole.width - side) / 2, (whole.height - side) / 2
    box = (left, top, left + side, top + side)
    square = whole.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.ascontiguousarray(np.asarray(square.convert("RGBA")).transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
@pytest.mark.parametrize("size", [1, 16, 300])
def test_pixels_equal_those_of_a_conversion(tmp_path: Path, mode: str, size: int) -> None:
    """Copying band by band gives what converting to RGBA gives, from a file and from its bytes."""
    values = np.random.default_rng(3).integers(0, 256, (23, 31, 4), np.uint8)
    path = tmp_path / "a.tiff"
    Image.fromarray(values).convert(mode).save(path)
    expected = converted(path, size)
    pixels = read_image(path, Size.square(size))
    assert pixels.flags.c_contiguous
    assert pixels.dtype == expected.dtype
    assert (pixels == expected).all()
    assert (read_image(path.read_bytes(), Size.square(size)) == expected).all()


def test_threads_decode_beside_each_other(tmp_path: Path) -> None:
    """Eight threads read pictures that Pillow remarks on at once, and no remark comes out."""
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x05\x00\x12\x01"
    for number in range(40):
        colour = (number, 0, 255 - number)
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{number:02}.jpg", exif=exif, quality=100)
    honest, gate = JpegImageFile.load, threading.Barrier(8, timeout=20)

    def load(image: JpegImageFile) -> object:
        gate.wait()  # passed only where eight threads are decoding at the same time
        return honest(image)

    listing = list_images(tmp_path)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as pool:
        patch.setattr(JpegImageFile, "load", load)
        decoded = list(pool.map(lambda row: listing.read(row, Size.square(4)), range(40)))
    for number, pixels in enumerate(decoded):
        assert abs(int(pixels[0, 2, 2]) - number) <= 2


@pytest.mark.parametrize("ending", ["gif", "webp", "tiff", "png"])
def test_the_first_frame_counts(tmp_path: Path, ending: str) -> None:
    """Of a moving or many-paged picture the first one is read."""
    frames = [Image.new("RGB", (4, 4), shade) for shade in (RED, BLUE)]
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:], lossless=True)
    assert colour(read_image(tmp_path / f"a.{ending}", Size.square(4)), 0, 0) == (*RED, 255)


@pytest.mark.parametrize("ending", ["png", "jpg", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, ending: str, orientation: int) -> None:
    """A picture is turned upright as its EXIF says, and its original size with it."""
    path = tmp_path / f"a.{ending}"
    image = Image.new("RGB", (24, 16), BLUE)
    image.paste(RED, (0, 0, 12, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)
    upright = Image.new("RGB", (24, 16), BLUE)
    upright.paste(RED, (0, 0, 12, 8))
    upright.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(upright)
    assert original_size(path) == upright.size
    left, top = (upright.width - 16) // 2, (upright.height - 16) // 2
    expected = np.asarray(upright)[top : top + 16, left : left + 16].transpose(2, 0, 1)
    inner = np.s_[:3, 1::4, 1::4]  # away from the edges, which JPEG blurs
    assert np.abs(read_image(path, Size.square(16))[inner].astype(int) - expected[inner]).max() < 60


def test_a_quarter_turn_by_hand(tmp_path: Path) -> None:
    """Orientation 6 turns clockwise: what lay left comes to lie on top."""
    exif = Image.Exif()
    exif[0x0112] = 6
    halves(RED, BLUE).resize((8, 8), Image.Resampling.NEAREST).save(tmp_path / "a.png", exif=exif)
    pixels = read_image(tmp_path / "a.png", Size.square(8))
    assert (colour(pixels, 0, 0), colour(pixels, 0, 7)) == ((*RED, 255), (*RED, 255))
    assert (colour(pixels, 7, 0), colour(pixels, 7, 7)) == ((*BLUE, 255), (*BLUE, 255))


def test_grey_and_black_and_white(tmp_path: Path) -> None:
    """Pictures of one channel give the same value in all three colours."""
    Image.new("L", (4, 4), 77).save(tmp_path / "grey.png")
    Image.new("1", (4, 4), 1).save(tmp_path / "white.png")
    assert colour(read_image(tmp_path / "grey.png", Size.square(4)), 2, 2) == (77, 77, 77, 255)
    assert colour(read_image(tmp_path / "white.png", Size.square(4)), 2, 2) == (255, 255, 255, 255)


@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, ending: str) -> None:
    """0…65535 becomes 0…255 by division with 257."""
    values = np.array([[0, 257], [128 * 257, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / f"a.{ending}")
    grey = read_image(tmp_path / f"a.{ending}", Size.square(2))[0]
    assert grey.tolist() == [[0, 1], [128, 255]]


def test_wide_integers_and_real_numbers(tmp_path: Path) -> None:
    """32-bit integers within 16 bits are taken as such, others stretched; real numbers are 0…1."""
    cases = {
        "sixteen": (np.array([[0, 257], [65535, 514]], np.int32), [[0, 1], [255, 2]]),
        "wide": (np.array([[-100, 100_000], [-100, 49_950]], np.int32), [[0, 255], [0, 128]]),
        "real": (np.array([[0, 1], [0.2, np.nan]], np.float32), [[0, 255], [51, 0]]),
        "flat": (np.full((2, 2), 7.0, np.float32), [[0, 0], [0, 0]]),
    }
    for name, (values, expected) in cases.items():
        Image.fromarray(values).save(tmp_path / f"{name}.tiff")
        assert read_image(tmp_path / f"{name}.tiff", Size.square(2))[1].tolist() == expected, name


@pytest.mark.parametrize("ending", ["tiff", "jpg"])
def test_print_colours(tmp_path: Path, ending: str) -> None:
    """CMYK red is red, in a JPEG too, where Adobe's inverted values are stored."""
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / f"a.{ending}")
    red, green, blue, opacity = colour(read_image(tmp_path / f"a.{ending}", Size.square(8)), 4, 4)
    assert red >= 250
    assert max(green, blue) <= 5
    assert opacity == 255


def test_transparent_palette_and_key_colours(tmp_path: Path) -> None:
    """A transparent entry of a palette, and a transparent grey or colour, have opacity 0."""
    palette = halves(RED, BLUE).quantize(2, dither=Image.Dither.NONE)
    palette.save(tmp_path / "palette.png", transparency=palette.getpixel((0, 0)))
    palette.save(tmp_path / "palette.gif", transparency=palette.getpixel((0, 0)))
    halves((9,), (200,), "L").save(tmp_path / "grey.png", transparency=9)
    halves(RED, BLUE).save(tmp_path / "colour.png", transparency=RED)
    for name in ("palette.png", "palette.gif", "grey.png", "colour.png"):
        pixels = read_image(tmp_path / name, Size.square(4))
        assert (pixels[3, :, :2] == 0).all(), name
        assert (pixels[3, :, 2:] == 255).all(), name
    assert colour(read_image(tmp_path / "palette.png", Size.square(4)), 0, 3) == (*BLUE, 255)


def test_opacity_channels(tmp_path: Path) -> None:
    """Opacity of grey and coloured pictures is kept."""
    Image.new("LA", (4, 4), (50, 100)).save(tmp_path / "grey.png")
    Image.new("RGBA", (4, 4), (10, 20, 30, 255)).save(tmp_path / "colour.png")
    assert colour(read_image(tmp_path / "grey.png", Size.square(4)), 0, 0)[3] == 100
    assert colour(read_image(tmp_path / "colour.png", Size.square(4)), 0, 0) == (10, 20, 30, 255)


def test_hidden_colours_do_not_leak(tmp_path: Path) -> None:
    """Where pixels merge, a transparent one lends its opacity but not its colour."""
    values = np.zeros((8, 8, 4), np.uint8)
    values[:, ::2] = (*RED, 0)
    values[:, 1::2] = (*BLUE, 255)
    Image.fromarray(values).save(tmp_path / "a.png")
    red, green, blue, opacity = colour(read_image(tmp_path / "a.png", Size.square(1)), 0, 0)
    assert (red, green) == (0, 0)
    assert blue > 250
    assert 120 <= opacity <= 135


@pytest.mark.parametrize("upright", [False, True])
def test_the_centre_is_cut_square(tmp_path: Path, upright: bool) -> None:
    """Of three fields in a row the middle one remains, as if all were resized and then cut."""
    image = Image.new("RGB", (90, 30), GREEN)
    image.paste(RED, (0, 0, 30, 30))
    image.paste(BLUE, (60, 0, 90, 30))
    if upright:
        image = image.transpose(Image.Transpose.ROTATE_90)
    image.save(tmp_path / "a.png")
    assert (read_image(tmp_path / "a.png", Size.square(30))[:3].transpose(1, 2, 0) == GREEN).all()
    for size in (10, 47):
        shape, corner = ((size, 3 * size), (0, size)) if upright else ((3 * size, size), (size, 0))
        whole = image.resize(shape, Image.Resampling.BILINEAR)
        cut = whole.crop((*corner, corner[0] + size, corner[1] + size))
        assert (
            read_image(tmp_path / "a.png", Size.square(size))[:3].transpose(1, 2, 0) == cut
        ).all()


@pytest.mark.parametrize("size", [Size(20, 10), Size(10, 20), Size(33, 7), Size(64, 61)])
@pytest.mark.parametrize("shape", [(40, 40), (50, 23), (9, 31)])
def test_the_middle_is_cut_in_the_proportions_of_the_input(
    tmp_path: Path, size: Size, shape: tuple[int, int]
) -> None:
    """As Pillow's own `fit` has it, however the picture lies in its file."""
    pixels = np.random.default_rng(4).integers(0, 256, (*shape, 3), np.uint8)
    upright = Image.fromarray(pixels)
    expected = ImageOps.fit(upright, (size.width, size.height), Image.Resampling.BILINEAR)
    upright.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[274] = 6  # to be turned clockwise
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "lying.png", exif=exif)
    for name in ("upright", "lying"):
        found = read_image(tmp_path / f"{name}.png", size)
        assert found.shape == (4, *size)
        np.testing.assert_allclose(
            found[:3].transpose(1, 2, 0).astype(int), np.asarray(expected).astype(int), atol=1
        )


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA"])
def test_grey_is_what_pillow_makes_of_the_colours(tmp_path: Path, mode: str) -> None:
    """Three equal planes of luminance; opacity stays."""
    values = np.random.default_rng(6).integers(0, 256, (23, 31, 4), np.uint8)
    path = tmp_path / "a.png"
    Image.fromarray(values).convert(mode).save(path)
    size = Size(9, 14)
    coloured, grey = read_image(path, size), read_image(path, size, grey=True)
    expected = Image.fromarray(coloured[:3].transpose(1, 2, 0).copy()).convert("L")
    assert (grey[:3] == np.asarray(expected)).all()
    assert (grey[3] == coloured[3]).all()
    (tmp_path / "set").mkdir()
    path.rename(tmp_path / "set" / "a.png")
    images = open_images(str(tmp_path / "set"))
    assert (images.in_channels(1).read(0, size) == grey).all()
    assert (images.in_channels(3).read(0, size) == coloured).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 3)])
def test_tiny_and_narrow_pictures_are_enlarged(tmp_path: Path, shape: tuple[int, int]) -> None:
    """One pixel, and a strip one pixel wide, fill the whole square."""
    Image.new("RGB", shape, (1, 2, 3)).save(tmp_path / "a.png")
    assert (
        read_image(tmp_path / "a.png", Size.square(33)) == np.array([[[1]], [[2]], [[3]], [[255]]])
    ).all()


def test_a_large_jpeg_looks_the_same(tmp_path: Path) -> None:
    """Decoding at reduced size stays within one level of 255 of the full decoding, on average."""
    waves = np.sin(np.arange(400)[:, None] / 9) * np.cos(np.arange(600)[None, :] / 7)
    noise = np.random.default_rng(0).normal(0, 8, (400, 600))
    image = Image.fromarray((128 + 90 * waves + noise).clip(0, 255).astype(np.uint8))
    image.save(tmp_path / "a.jpg", quality=95)
    with Image.open(tmp_path / "a.jpg") as whole:
        whole.save(tmp_path / "a.png")
    reduced, full = (
        read_image(tmp_path / f"a.{end}", Size.square(32)).astype(int) for end in ("jpg", "png")
    )
    assert 0 < np.abs(reduced - full).mean() < 1


# Bad files


def png_bytes(tmp_path: Path) -> bytes:
    """Return a whole PNG of noise."""
    values = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    tmp_path.mkdir(exist_ok=True)
    Image.fromarray(values).save(tmp_path / "whole.png")
    return (tmp_path / "whole.png").read_bytes()


def test_unreadable_files_say_why(tmp_path: Path) -> None:
    """Empty, truncated, misnamed, vanished, a folder: each has its own short reason."""
    whole = png_bytes(tmp_path)
    Image.open(tmp_path / "whole.png").save(tmp_path / "whole.jpg")
    jpeg = (tmp_path / "whole.jpg").read_bytes()
    touch(tmp_path / "empty.jpg", b"")
    touch(tmp_path / "half.png", whole[: len(whole) // 2])
    touch(tmp_path / "half.jpg", jpeg[: len(jpeg) // 2])
    touch(tmp_path / "start.jpg", jpeg[:20])
    touch(tmp_path / "text.jpg", b"This is a letter, not a picture.")
    touch(tmp_path / "print.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (tmp_path / "folder.jpg").mkdir()
    reasons = {
        "empty.jpg": "empty file",
        "half.png": "truncated",
        "half.jpg": "truncated",
        "start.jpg": "damaged: its header cannot be read",
        "text.jpg": f"not an image: none of {FORMAT_NAMES}",
        "print.jpg": f"not an image: none of {FORMAT_NAMES}",
        "gone.jpg": "vanished",
        "folder.jpg": "is a directory",
    }
    for name, reason in reasons.items():
        with pytest.raises(UnreadableImage) as caught:
            read_image(tmp_path / name, Size.square(8))
        assert str(caught.value) == reason, name


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal of the system is passed on in its words."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(UnreadableImage, match=r"^permission denied$"):
        read_image(tmp_path / "a.png", Size.square(8))


def test_a_picture_under_a_wrong_name_is_read(tmp_path: Path) -> None:
    """A PNG that is called .jpg is still a picture."""
    touch(tmp_path / "a.jpg", png_bytes(tmp_path))
    assert read_image(tmp_path / "a.jpg", Size.square(8)).shape == (4, 8, 8)


@pytest.mark.parametrize("side", [11, 40])
def test_absurdly_large_pictures_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    """Above Pillow's limit, where Pillow only warns, and above twice the limit alike."""
    Image.new("RGB", (side, 10)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", Size.square(4)).shape == (4, 4, 4)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnreadableImage, match=r"^too large: more than 100 pixels$"):
        read_image(tmp_path / "a.png", Size.square(4))


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    """EXIF that Pillow warns of is passed over, and the picture read."""
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x05\x00\x12\x01"
    Image.new("RGB", (8, 8), RED).save(tmp_path / "a.jpg", exif=exif)
    with pytest.warns(UserWarning, match="EXIF"), Image.open(tmp_path / "a.jpg") as image:
        image.getexif()
    assert read_image(tmp_path / "a.jpg", Size.square(8))[0, 4, 4] >= 250
    assert original_size(tmp_path / "a.jpg") == (8, 8)


def test_flipped_bytes_never_escape(tmp_path: Path) -> None:
    """Whatever is wrong inside a file, it is either read or found unreadable."""
    random = np.random.default_rng(1)
    whole = png_bytes(tmp_path)
    Image.open(tmp_path / "whole.png").save(tmp_path / "whole.gif")
    reasons = []
    for start in (whole, (tmp_path / "whole.gif").read_bytes()) * 60:
        damaged = bytearray(start)
        for place in random.integers(0, 200, 3):
            damaged[place] = random.integers(256)
        touch(tmp_path / "a.png", bytes(damaged))
        try:
            assert read_image(tmp_path / "a.png", Size.square(8)).shape == (4, 8, 8)
        except UnreadableImage as problem:
            reasons.append(str(problem))
    assert len(reasons) > 10
    assert all(0 < len(reason) < 120 for reason in reasons)


NOT_THE_PICTURES = (
    "EIO", "ENOMEM", "EMFILE", "ENFILE", "ENODEV", "ENXIO", "ESTALE", "ENOTCONN", "ETIMEDOUT",
    "EHOSTDOWN", "EHOSTUNREACH",
)  # fmt: skip


@pytest.mark.parametrize("name", [*NOT_THE_PICTURES, "EACCES", "EISDIR"])
def test_an_error_of_the_system_stops_and_one_of_the_picture_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A disk in trouble must not thin out the set; a file that may not be read is left out."""
    images = open_images(str(draw_pictures(tmp_path / "pictures", 3)))
    number = getattr(errno, name)
    honest = decode._open

    def failing(source: Path | bytes) -> Image.Image:
        if Path(os.fsdecode(source)).name == "picture_001.png":
            raise OSError(number, os.strerror(number))
        return honest(source)

    monkeypatch.setattr(decode, "_open", failing)
    batches = stream(images, Size.square(8), 4, 0, [0])
    if name in NOT_THE_PICTURES:
        reason = re.escape(os.strerror(number).lower())
        with pytest.raises(
            ImagesError, match=rf"picture_001\.png: cannot be read now \({reason}\)"
        ):
            next(batches)
    else:
        assert [file.path for file in next(batches).skipped] == ["right/picture_001.png"]
