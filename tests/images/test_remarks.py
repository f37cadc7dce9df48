"""What was counted of pictures, as lines."""

from __future__ import annotations

from generator.images.remarks import Remark, counts_of, listed, sentences


def test_nothing_is_told_of_nothing() -> None:
    """No remarks, no lines."""
    assert sentences(counts_of(), icc=False) == sentences(counts_of(), icc=True) == ()


def test_each_kind_is_counted() -> None:
    """Counts stand at the kinds' places, and add up."""
    counts = counts_of([Remark.TEN_BITS, Remark.OTHER_PROFILE, Remark.TEN_BITS])
    assert counts.tolist() == [1, 0, 2, 0, 0]
    assert (counts + counts_of([Remark.UNUSABLE_PROFILE])).tolist() == [1, 1, 2, 0, 0]


def test_dark_pictures_are_of_one_depth() -> None:
    """Some pictures of a camera of 12 bits end below 1,024; the brightest says which camera."""
    counts = counts_of([Remark.TEN_BITS, Remark.TWELVE_BITS, Remark.TEN_BITS])
    (line,) = sentences(counts, icc=False)
    assert line == (
        "dark: 3 images with the look of 12-bit values in 16-bit files; stretch them to 16 bits, "
        "or save them as PGM with 4095 as largest value"
    )


def test_endings_are_sorted() -> None:
    """The same files give the same line."""
    assert listed({".psd": 4, ".cr2": 8}) == ".cr2 (8), .psd (4)"
