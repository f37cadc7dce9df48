"""Names with braces."""

from __future__ import annotations

import pytest

from generator.errors import ImagesError
from generator.images.sets.braces import MOST, expand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.tar", ["a.tar"]),
        ("{0..2}", ["0", "1", "2"]),
        ("s/{008..011}.tar", [f"s/{number}.tar" for number in ("008", "009", "010", "011")]),
        ("{8..11}", ["8", "9", "10", "11"]),
        ("{02..0}", ["02", "01", "00"]),
        ("{3..3}", ["3"]),
        ("{train,val}-{0..1}", ["train-0", "train-1", "val-0", "val-1"]),
        ("{a,}b", ["ab", "b"]),
        ("{a}{..}{1..}", ["{a}{..}{1..}"]),
    ],
)
def test_braces(text: str, names: list[str]) -> None:
    """Ranges keep their zeros and may fall, lists may be empty, the last braces change fastest."""
    assert expand(text) == names


def test_braces_beyond_measure_are_told() -> None:
    """A slip of the finger does not fill the memory."""
    assert len(expand(f"{{1..{MOST}}}")) == MOST
    with pytest.raises(ImagesError, match="stands for more than 1,000,000 names; check its braces"):
        expand("{1..1000}{1..1000}{0..1}")
    with pytest.raises(ImagesError, match="more than"):
        expand("{0..99999999999999999999}")
