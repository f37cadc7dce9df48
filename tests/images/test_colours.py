"""Colours and grey values that do not come as eight bits of sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from generator.images.decode import read_image
from generator.images.remarks import Remark
from generator.names import Size
from tests.support.profiles import DISPLAY_P3, SRGB, encoded, grey_profile, in_srgb, matrix_profile

TWELVE = np.array([[0, 1000], [2048, 4095]], np.uint16)
STRETCHED = [[0, 62], [128, 255]]  # by 4095
DARK = [[0, 4], [8, 16]]  # by 65535


def png(values: np.ndarray, bits: int = 0) -> bytes:
    """Write grey values of 16 bits, and how many of them count."""
    info, buffer = PngInfo(), io.BytesIO()
    if bits:
        info.add(b"sBIT", bytes([bits]))
    Image.fromarray(values).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def tiff(bits: int, data: bytes, largest: int = 0) -> bytes:
    """Write a grey TIFF of two by two pixels."""
    tags = {256: 2, 257: 2, 258: bits, 259: 1, 262: 1, 273: 0, 277: 1, 278: 2, 279: len(data)}
    if largest:
        tags[281] = largest
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = (struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(entries) + bytes(4) + data


def packed(values: np.ndarray) -> bytes:
    """Put two values of 12 bits into three bytes."""
    return b"".join((int(one) << 12 | int(two)).to_bytes(3) for one, two in values)


def pgm(values: np.ndarray, largest: int) -> bytes:
    """Write a PGM of two by two pixels."""
    return b"P5 2 2 %d\n" % largest + values.astype(">u2").tobytes()


@pytest.mark.parametrize(
    "data",
    [
        png(TWELVE, 12),
        png(TWELVE << 4 | TWELVE >> 8, 12),  # spread over 16 bits, as the standard has it
        png(TWELVE << 4 | TWELVE >> 8),
        tiff(12, packed(TWELVE)),
        tiff(16, TWELVE.astype("<u2").tobytes(), 4095),
        pgm(TWELVE, 4095),
    ],
    ids=["png", "spread png", "plain png", "tiff of 12", "tiff of 16", "pgm"],
)
def test_twelve_bits_are_stretched_where_the_header_tells(data: bytes) -> None:
    """The largest value of 12 bits is white, and nothing is to be told of it."""
    remarks: list[Remark] = []
    assert read_image(data, Size.square(2), remarks)[0].tolist() == STRETCHED
    assert remarks == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(TWELVE), [Remark.TWELVE_BITS]),
        (png(TWELVE // 8), [Remark.TEN_BITS]),
        (png(TWELVE * 3), [Remark.FOURTEEN_BITS]),
        (png(TWELVE * 4 + 4), []),  # up to 16,384
        (png(TWELVE * 0), []),  # black is black
        (png(TWELVE >> 4 << 4, 12), []),  # spread and dark
        (tiff(16, TWELVE.astype("<u2").tobytes()), [Remark.TWELVE_BITS]),
        (tiff(16, TWELVE.astype("<u2").tobytes(), 4000), [Remark.TWELVE_BITS]),
        (pgm(TWELVE, 65535), [Remark.TWELVE_BITS]),
        (pgm(TWELVE // 8, 4095), []),
    ],
)  # fmt: skip
def test_dark_pictures_of_sixteen_bits_are_remarked_on(data: bytes, expected: list[Remark]) -> None:
    """They stay dark, as nobody knows their white; the remark is on the least bits that hold."""
    remarks: list[Remark] = []
    levels = read_image(data, Size.square(2), remarks)[0]
    assert remarks == expected
    if expected == [Remark.TWELVE_BITS]:
        assert levels.tolist() == DARK


def test_colours_of_sixteen_bits_are_remarked_on() -> None:
    """Pillow keeps the upper eight bits of colours; twelve-bit values leave four of them."""
    for shift, expected in ((0, [Remark.TWELVE_BITS]), (4, [])):
        values = (np.full((2, 2, 3), 4095) << shift).astype(">u2")
        rows = b"".join(b"\0" + row.tobytes() for row in values)
        remarks: list[Remark] = []
        read_image(colour_png(rows), Size.square(2), remarks)
        assert remarks == expected


def colour_png(rows: bytes) -> bytes:
    """Write a PNG of two by two pixels and 16 bits for each colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">2I5B", 2, 2, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# ICC profiles

WIDE = matrix_profile(DISPLAY_P3)
COLOURS = [(200, 60, 40), (40, 160, 80), (60, 70, 180), (128, 128, 128), (255, 255, 255)]


def saved(image: Image.Image, profile: bytes | None, form: str = "PNG") -> bytes:
    """Write a picture with a profile."""
    buffer = io.BytesIO()
    image.save(buffer, form, icc_profile=profile, quality=100, lossless=True)
    return buffer.getvalue()


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_come_to_srgb(colour: tuple[int, int, int]) -> None:
    """Within two levels of 255 of what matrices and curves give, and unchanged without `icc`."""
    data, remarks = saved(Image.new("RGB", (4, 4), colour), WIDE), list[Remark]()
    plain = read_image(data, Size.square(4), remarks)
    assert tuple(plain[:3, 0, 0]) == colour
    assert remarks == [Remark.OTHER_PROFILE]
    converted = read_image(data, Size.square(4), remarks, icc=True)
    assert remarks == [Remark.OTHER_PROFILE] * 2
    assert np.abs(converted[:3, 0, 0] - in_srgb(colour, DISPLAY_P3)).max() <= 2
    assert (converted[3] == 255).all()


def test_saturated_colours_change() -> None:
    """A red of Display P3 is a stronger red in sRGB, so that the test above can fail."""
    assert np.abs(in_srgb(COLOURS[0], DISPLAY_P3) - COLOURS[0]).max() > 15


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_profiles_are_found_in_every_format(form: str) -> None:
    """Wherever Pillow finds one."""
    remarks: list[Remark] = []
    read_image(
        saved(Image.new("RGB", (16, 16), COLOURS[0]), WIDE, form), Size.square(8), remarks, icc=True
    )
    assert remarks == [Remark.OTHER_PROFILE]


@pytest.mark.parametrize("icc", [False, True])
def test_srgb_is_known_by_what_it_does(icc: bool) -> None:
    """LittleCMS's own sRGB changes nothing, in colour and on grey pictures alike."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for mode, value in (("RGB", COLOURS[0]), ("L", 99)):
        remarks: list[Remark] = []
        pixels = read_image(
            saved(Image.new(mode, (4, 4), value), profile), Size.square(4), remarks, icc=icc
        )
        assert remarks == []
        assert (pixels[:3, 0, 0] == np.array(value)).all()


def test_srgbs_primaries_with_another_curve_are_another_profile() -> None:
    """Dark colours tell a gamma of 2.2 from sRGB's own curve."""
    remarks: list[Remark] = []
    data = saved(Image.new("RGB", (4, 4), (10, 10, 10)), matrix_profile(SRGB))
    pixels = read_image(data, Size.square(4), remarks, icc=True)
    assert remarks == [Remark.OTHER_PROFILE]
    assert np.abs(pixels[:3, 0, 0] - in_srgb((10, 10, 10), SRGB)).max() <= 2


def test_opacity_stays() -> None:
    """Colours change, opacity does not."""
    data = saved(Image.new("RGBA", (4, 4), (*COLOURS[0], 128)), WIDE)
    pixels = read_image(data, Size.square(4), icc=True)
    assert (pixels[3] == 128).all()
    assert np.abs(pixels[:3, 0, 0] - in_srgb(COLOURS[0], DISPLAY_P3)).max() <= 3


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_profiles(mode: str) -> None:
    """Light in equal steps, in eight bits, with opacity, and in sixteen."""
    values: dict[str, float | tuple[float, ...]] = {"L": 55, "LA": (55, 255), "I;16": 55 * 257}
    remarks: list[Remark] = []
    data = saved(Image.new(mode, (4, 4), values[mode]), grey_profile())
    pixels = read_image(data, Size.square(4), remarks, icc=True)
    assert Remark.OTHER_PROFILE in remarks
    assert np.abs(pixels[:3, 0, 0] - encoded(np.array(55 / 255))).max() <= 2


@pytest.mark.parametrize("icc", [False, True])
@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", b"words"),
        ("RGB", WIDE[:200]),
        ("RGB", grey_profile()),
        ("CMYK", WIDE),
        ("RGB", WIDE.replace(b"RGB ", b"Luv ")),
    ],
    ids=["words", "half", "grey", "print", "Luv"],
)
def test_unusable_profiles_leave_the_picture_as_it_is(mode: str, profile: bytes, icc: bool) -> None:
    """Damaged, or of another kind of picture: remarked on, and nothing is changed."""
    remarks: list[Remark] = []
    image = Image.new("RGB", (4, 4), COLOURS[0]).convert(mode)
    pixels = read_image(saved(image, profile, "TIFF"), Size.square(4), remarks, icc=icc)
    assert remarks == [Remark.UNUSABLE_PROFILE]
    assert (pixels == read_image(saved(image, None, "TIFF"), Size.square(4))).all()
