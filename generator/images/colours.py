"""The colours of a picture as eight bits, and in sRGB where that is asked for."""

from __future__ import annotations

import io
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, features

from generator.images.remarks import DEPTHS, Remark

SIXTEEN = 16  # bits
ALIKE = 2  # levels of 255 within which a profile means sRGB; makers of profiles round differently
MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}  # a profile's kind → that of its pictures
BITS_PER_SAMPLE, MAX_SAMPLE_VALUE = 258, 281  # tags of a TIFF


def bits_of(image: Image.Image) -> int:
    """Return of how many bits the values of a picture are, as its header says; call before `load`.

    8 stands for 8 and fewer, and for values that Pillow itself brings to all of their range.
    """
    tiles: list[Any] = getattr(image, "tile", [])
    if image.format == "PPM" and any(tile[0] != "raw" for tile in tiles):
        return 8
    if not image.mode.startswith("I"):
        return SIXTEEN if any(";16" in str(tile[3]) for tile in tiles) else 8
    tags: Any = getattr(image, "tag_v2", None)
    if tags:
        bits, said = int(np.ravel(tags.get(BITS_PER_SAMPLE, 8))[0]), _largest(tags)
        return said.bit_length() if 255 < said < 1 << bits and not said & (said + 1) else bits
    if image.format == "PNG":
        return _significant_bits(image) or SIXTEEN
    return SIXTEEN


def _largest(tags: Any) -> int:
    """Return the largest value that a TIFF's tags tell, 0 where they tell none."""
    return int(np.ravel(tags.get(MAX_SAMPLE_VALUE, 0))[0])


def _significant_bits(image: Image.Image) -> int:
    """Return what a PNG's chunk sBIT says of its first channel, 0 where there is none."""
    file: Any = getattr(image, "fp", None)
    if file is None:
        return 0
    place, bits = file.tell(), 0
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] not in (b"IDAT", b"sBIT"):
        file.seek(int.from_bytes(head[:4]) + 4, io.SEEK_CUR)
    if head[4:] == b"sBIT":
        bits = file.read(1)[0]
    file.seek(place)
    return bits


def eight_bit(
    image: Image.Image, bits: int, remarks: list[Remark], *, icc: bool = False
) -> Image.Image:
    """Return a loaded picture as L, RGB or RGBA, and add what is to be remarked on it.

    `bits` are those of `bits_of`. With `icc` colours are brought to sRGB from the profile that the
    picture carries; without it, or where the profile cannot be used, they stay.
    """
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        if image.format == "PNG" and bits < SIXTEEN and _is_scaled(values, bits):
            bits = 8
        eight = Image.fromarray(_grey_levels(values, bits, remarks))
    else:
        if bits == SIXTEEN:  # of which Pillow has kept the upper eight
            bands = zip(image.getbands(), _extrema(image), strict=True)
            highest = max((high for band, (_, high) in bands if band != "A"), default=0)
            _remark_on_depth(256 * highest, remarks)
        if image.mode in ("L", "RGB") and "transparency" not in image.info:
            eight = image
        elif image.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
            eight = image.convert("RGBA")
        else:
            eight = image.convert("RGB")
    profile = image.info.get("icc_profile")
    return _from_profile(image, eight, profile, remarks, icc=icc) if profile else eight


def _extrema(image: Image.Image) -> list[tuple[int, int]]:
    found: Any = image.getextrema()
    return [found] if len(image.getbands()) == 1 else list(found)


def _grey_levels(
    values: npt.NDArray[np.generic], bits: int, remarks: list[Remark]
) -> npt.NDArray[np.uint8]:
    """Bring grey values [h, w] of more than eight bits to 0…255.

    Integers in 0…65535 are taken as 16 bits, or as those `bits` that the header tells; real numbers
    in 0…1 as shares of white. Anything else has no agreed white, and is stretched from its least to
    its greatest value.
    """
    grey = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    black, white = 0.0, 1.0 if values.dtype.kind == "f" else 65535.0
    low, high = float(grey.min()), float(grey.max())
    if low < black or high > white:
        black, white = low, max(high, low + 1e-12)
    elif 8 < bits < SIXTEEN and high < 1 << bits:
        white = 2.0**bits - 1
    elif bits == SIXTEEN:
        _remark_on_depth(int(high), remarks)
    levels: npt.NDArray[np.uint8] = np.rint((grey - black) / (white - black) * 255).astype(np.uint8)
    return levels


def _is_scaled(values: npt.NDArray[Any], bits: int) -> bool:
    """Say whether values [h, w] of so many bits are spread over 16, as the PNG standard asks.

    Where they are and the picture is dark, the lower bits of all its values are zero.
    """
    return bool(values.max() >= 1 << bits or not (values & ((1 << SIXTEEN - bits) - 1)).any())


def _remark_on_depth(highest: int, remarks: list[Remark]) -> None:
    """Remark on the largest value of a picture of 16 bits where it looks like one of fewer."""
    if highest:  # a black picture is black in any number of bits
        remarks += [kind for kind, bits in DEPTHS.items() if highest < 1 << bits][:1]


def _from_profile(
    image: Image.Image, eight: Image.Image, profile: bytes, remarks: list[Remark], *, icc: bool
) -> Image.Image:
    """Bring colours of eight bits from a profile to sRGB, where `icc` asks for it."""
    if not features.check("littlecms2"):
        return eight
    mode, way = _way_to_srgb(profile)
    grey = image.mode.startswith(("1", "L", "I", "F"))
    if mode is None or (mode == "CMYK") != (image.mode == "CMYK") or (mode == "L" and not grey):
        remarks.append(Remark.UNUSABLE_PROFILE)
        return eight
    if way is None:
        return eight
    remarks.append(Remark.OTHER_PROFILE)
    if not icc:
        return eight
    colours = image if mode == "CMYK" else eight.convert(mode)
    converted: Image.Image | None = ImageCms.applyTransform(colours, way)
    assert converted is not None
    if eight.mode == "RGBA":
        converted.putalpha(eight.getchannel("A"))
    return converted


@lru_cache(maxsize=64)
def _way_to_srgb(profile: bytes) -> tuple[str | None, ImageCms.ImageCmsTransform | None]:
    """Return the mode of a profile's pictures, and how they come to sRGB as RGB.

    No mode stands for a profile that cannot be used, no way for one that means sRGB.
    """
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = MODES.get(opened.profile.xcolor_space.strip())
        if mode is None:
            return None, None
        way = ImageCms.buildTransform(opened, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None, None
    levels = np.arange(0, 256, 17).astype(np.uint8)
    chart = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), -1).reshape(64, 64, 3))
    before = chart.convert(mode)
    after = ImageCms.applyTransform(before, way)
    change = np.asarray(after, np.int64) - np.asarray(before.convert("RGB"), np.int64)
    return mode, way if np.abs(change).max() > ALIKE else None


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
