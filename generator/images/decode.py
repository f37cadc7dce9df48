"""One picture → the pixels that a network reads."""

from __future__ import annotations

import errno
import io
import os
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError, features

from generator.errors import ImagesError
from generator.images.archives import one_line
from generator.images.colours import bits_of, eight_bit
from generator.images.remarks import Remark
from generator.names import Size

EXTENSIONS = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".j2k", ".jpx", ".heic", ".heif", ".hif"),
)
# Endings of pictures that are not read: of cameras, of programs that draw, and of others.
UNREAD = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dng", ".erf", ".nef", ".nrw", ".orf", ".pef"),
    *(".raf", ".raw", ".rw2", ".sr2", ".srw", ".x3f"),
    *(".ai", ".eps", ".kra", ".psb", ".psd", ".svg", ".svgz", ".xcf"),
    *(".dcm", ".dds", ".emf", ".exr", ".hdr", ".ico", ".icns", ".jxl", ".jxr", ".pcx", ".pfm"),
    *(".qoi", ".sgi", ".tga", ".wmf"),
)
# Known by a file's first bytes. HEIC comes besides, where `pillow-heif` is installed.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")
FORMAT_NAMES = "JPEG, PNG, WebP, GIF, BMP, TIFF, PPM, AVIF, JPEG 2000, HEIC"
AVIF = (b"avif", b"avis")  # brands of files that begin alike
HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# Pillow's decoders raise these on damaged data, besides OSError.
DAMAGE = (
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
)
# A disk, a network or a machine in trouble answers with these, whichever the picture.
TROUBLE = frozenset(
    {
        errno.EIO,
        errno.ENOMEM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENODEV,
        errno.ENXIO,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
    }
)

TURNS = {  # EXIF orientation → the turn that makes the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height

# Pillow warns of damaged EXIF and the like in pictures that it can read all the same, and of sizes
# that are refused here anyway. In the form of `warnings.filters`, the newest first.
QUIET = (
    ("ignore", None, UserWarning, re.compile(r"PIL\."), 0),
    ("ignore", None, Image.DecompressionBombWarning, re.compile(r"PIL\."), 0),
)
_quieting = threading.Lock()


class PictureError(ImagesError):
    """A picture that cannot be had. Its text is the reason, without the file's name."""


class UnreadableImage(PictureError):
    """It is the picture's own fault, now and later: it is left out."""


class UnreadableNow(PictureError):
    """It is the system's fault; the picture may be sound, so nothing goes on without it."""


def read_image(
    source: Path | bytes,
    size: Size,
    remarks: list[Remark] | None = None,
    *,
    icc: bool = False,
    grey: bool = False,
) -> npt.NDArray[np.uint8]:
    """Return a picture, of a file or its bytes, as [4, *size] (c h w): RGB and opacity, 0…255.

    It stands upright by its EXIF orientation, is resized until it just covers `size`, and its
    middle is taken. Colours are weighed by opacity where pixels merge; fully transparent ones come
    out black. With `grey` the three colours are the luminance, as ITU-R BT.601 weighs them. Of a
    moving or many-paged picture the first one counts. What is to be remarked on it is added to
    `remarks`. With `icc` colours are brought to sRGB.
    Raises UnreadableImage, and UnreadableNow where the system is in trouble.
    """
    with reading(source), _open(source) as image:
        _require_moderate(image)
        # A large JPEG is decoded at a half, quarter or eighth of its size, with at least twice the
        # wanted size left for the resampling below: 2.4 times faster on photographs of 3000 by
        # 2250 pixels, and half a level of 255 away from the full decoding on average.
        drafted = image.draft(None, (2 * max(size), 2 * max(size)))
        drafted_to = drafted[1][2:] if drafted else None
        return middle_of(image, size, remarks, drafted_to, icc=icc, grey=grey)


def original_size(source: Path | bytes) -> tuple[int, int]:
    """Return width and height of a picture, upright, from its header where that says both.

    Raises UnreadableImage.
    """
    with reading(source), _open(source) as image:
        return upright_size(image)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of an opened picture, upright. Call it inside `reading`."""
    width, height = image.size
    # Pillow turns TIFFs itself and reports their upright size.
    sideways = image.format != "TIFF" and _orientation(image) in SIDEWAYS
    return (height, width) if sideways else (width, height)


def _open(source: Path | bytes) -> Image.Image:
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        if _brand(_start(source)) not in HEIF:
            raise
    try:
        import pillow_heif  # noqa: PLC0415 - it is optional
    except ImportError:
        raise UnreadableImage("HEIC: pip install 'filter-gallery[heic]' to read it") from None
    pillow_heif.register_heif_opener()
    return Image.open(file, formats=("HEIF",))


def middle_of(
    image: Image.Image,
    size: Size,
    remarks: list[Remark] | None = None,
    drafted: tuple[float, float] | None = None,
    *,
    icc: bool = False,
    grey: bool = False,
) -> npt.NDArray[np.uint8]:
    """Load an opened picture and return it as `read_image` does. Call it inside `reading`.

    `drafted` is its size where that is no whole number of pixels: a JPEG that is decoded at a part
    of its size has its last row and column of pixels cut short.
    """
    _require_moderate(image)
    bits = bits_of(image)
    image.load()
    orientation = _orientation(image)
    rows, columns = reversed(size) if orientation in SIDEWAYS else size
    width, height = drafted or image.size
    across, down = min(width, height * columns / rows), min(height, width * rows / columns)
    left, top = (width - across) / 2, (height - down) / 2
    box = (left, top, left + across, top + down)
    eight = eight_bit(image, bits, [] if remarks is None else remarks, icc=icc)
    middle = eight.resize((columns, rows), Image.Resampling.BILINEAR, box=box)
    if orientation in TURNS:
        middle = middle.transpose(TURNS[orientation])
    pixels = _planes(middle)
    if grey:
        pixels[:3] = np.asarray(middle.convert("L"))
    return pixels


def _planes(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """Return L, RGB or RGBA as [4, h, w].

    Bands are copied one by one, and opacity is filled in where there is none: half the time of
    converting to RGBA and moving the axis of channels.
    """
    pixels = np.empty((4, picture.height, picture.width), np.uint8)
    bands = picture.getbands()
    for plane, band in zip(pixels, bands, strict=False):
        plane[...] = np.frombuffer(picture.tobytes("raw", band), np.uint8).reshape(plane.shape)
    if len(bands) == 1:
        pixels[1:3] = pixels[0]
    if len(bands) < 4:
        pixels[3] = 255
    return pixels


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) where there is none or it is damaged."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, *DAMAGE):
        return 1
    return value if isinstance(value, int) else 1


def _require_moderate(image: Image.Image) -> None:
    """Raise unless a picture is so small that Pillow itself would not warn of it."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise Image.DecompressionBombError


@contextmanager
def reading(source: Path | bytes | None = None) -> Iterator[None]:
    """Turn all that Pillow raises on a bad picture into UnreadableImage, and keep it quiet.

    Raises UnreadableNow where the system is in trouble, which says nothing of the picture. Where
    Pillow does not know the format, `source` is looked at to say why.
    """
    _keep_quiet()
    try:
        yield
    except Image.DecompressionBombError:
        reason = f"too large: more than {Image.MAX_IMAGE_PIXELS:,} pixels"
    except UnidentifiedImageError:
        try:
            reason = _unidentified(source)
        except OSError as problem:  # gone between two looks at it
            reason = _failed(problem)
    except OSError as problem:
        if problem.errno in TROUBLE:
            raise UnreadableNow(os.strerror(problem.errno).lower()) from problem
        reason = _failed(problem)
    except DAMAGE as problem:
        reason = f"damaged: {one_line(problem)[:80]}"
    else:
        return
    raise UnreadableImage(reason) from None


def _keep_quiet() -> None:
    """Ignore Pillow's warnings of pictures, in the whole process and from now on.

    Warning filters belong to the process. If they were set for each picture and taken back after
    it, threads that decode would have to take turns. Set once, they cost a comparison.
    """
    if tuple(warnings.filters[:2]) != QUIET:
        with _quieting:
            for _, _, category, module, _ in reversed(QUIET):
                warnings.filterwarnings("ignore", category=category, module=module.pattern)


def _unidentified(source: Path | bytes | None) -> str:
    """Return why Pillow does not know the format of a picture."""
    start = _start(source)
    if not start:
        return "empty file"
    if _brand(start) in AVIF and not features.check("avif"):
        return "AVIF: this Pillow cannot read it; pip install --upgrade pillow"
    if any(accept and accept(start) is True for _, accept in map(Image.OPEN.__getitem__, FORMATS)):
        return "damaged: its header cannot be read"
    return f"not an image: none of {FORMAT_NAMES}"


def _start(source: Path | bytes | None) -> bytes:
    """Return the first 16 bytes of a picture."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.read(16)
    return (source or b"")[:16]


def _brand(start: bytes) -> bytes:
    """Return what the first bytes of a file in boxes, as MP4 has them, say of its kind."""
    return start[8:12] if start[4:8] == b"ftyp" else b""


def _failed(problem: OSError) -> str:
    """Return why the system, or Pillow with an error of the system's class, gave up on a file."""
    if isinstance(problem, FileNotFoundError):
        return "vanished"
    if problem.errno is not None:
        return os.strerror(problem.errno).lower()
    text = one_line(problem)[:80]
    return "truncated" if "truncated" in text else f"damaged: {text}"
