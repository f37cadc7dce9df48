"""What a run tells of the pictures that it has read: counted by kind, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Remark(IntEnum):
    """Kinds of remarks on a picture that is read all the same."""

    OTHER_PROFILE = 0  # an ICC profile that means other colours than sRGB
    UNUSABLE_PROFILE = 1  # one that is damaged, or of another kind of picture
    TEN_BITS = 2  # values in a file of 16 bits that end below 1,024
    TWELVE_BITS = 3  # below 4,096
    FOURTEEN_BITS = 4  # below 16,384


DEPTHS = {Remark.TEN_BITS: 10, Remark.TWELVE_BITS: 12, Remark.FOURTEEN_BITS: 14}


def counts_of(remarks: Iterable[Remark] = ()) -> npt.NDArray[np.int64]:
    """Return how many remarks [kinds] there are of each kind."""
    return np.bincount(np.fromiter(remarks, np.int64), minlength=len(Remark)).astype(np.int64)


def sentences(counts: npt.NDArray[np.int64], *, icc: bool) -> tuple[str, ...]:
    """Say what was counted [kinds], a line for each kind; `icc` is the setting of that name."""
    other, unusable = int(counts[Remark.OTHER_PROFILE]), int(counts[Remark.UNUSABLE_PROFILE])
    dark = {bits: int(counts[kind]) for kind, bits in DEPTHS.items() if counts[kind]}
    lines = []
    if other:
        images = several(other, "image")
        lines.append(
            f"converted to sRGB: {images} with another ICC profile"
            if icc
            else f"colours: {images} with an ICC profile other than sRGB, read as they are; --icc "
            "converts them"
        )
    if unusable:
        images = several(unusable, "image")
        lines.append(f"colours: {images} with an unusable ICC profile, read as they are")
    if dark:
        bits, images = max(dark), several(sum(dark.values()), "image")
        lines.append(
            f"dark: {images} with the look of {bits}-bit values in 16-bit files; stretch them to "
            f"16 bits, or save them as PGM with {2**bits - 1} as largest value"
        )
    return tuple(lines)


def several(number: int, what: str) -> str:
    """Return a number of things: "1 image", "3 images"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def listed(endings: Mapping[str, int]) -> str:
    """Name endings of files, each with its count: ".cr2 (8), .psd (4)"."""
    return ", ".join(f"{ending} ({count})" for ending, count in sorted(endings.items()))
