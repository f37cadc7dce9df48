"""What stands above a text, and site.toml: faults are named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import ContentError
from tests.support.tiny_atlas import WEIGHTS
from tests.support.written_texts import read, write


@pytest.mark.parametrize(
    ("key", "front", "said"),
    [
        ("pages/method.md", 'title = "M"\ncolour = "red"', r"method\.md:3: unknown key colour"),
        (
            "pages/method.md",
            'title = "M"\norder = "first"',
            r"method\.md:3: order must be a whole number",
        ),
        ("pages/method.md", 'summary = "no title"', r"method\.md:1: title is missing"),
        ("pages/method.md", 'title = "M"\nsummary = "open', r"method\.md:3: not TOML"),
        ("pages/method.md", 'title = "M"\nweights = "abc"', r"method\.md:3: weights must be"),
        ("notes/layer3/5.md", "", r"5\.md: a note must carry `weights`"),
        (
            "notes/layer3/900.md",
            f'weights = "{WEIGHTS}"',
            r"900\.md: there is no filter layer3/900",
        ),
        ("notes/layer3/x.md", f'weights = "{WEIGHTS}"', r"x\.md: there is no filter layer3/x"),
    ],
)
def test_front_matter_that_does_not_hold(shipped: Path, key: str, front: str, said: str) -> None:
    """The error names the file, and the line where one is to blame."""
    write(shipped, key, front)
    with pytest.raises(ContentError, match=said):
        read(shipped)


def test_a_text_without_front_matter_is_named(shipped: Path) -> None:
    """A text must say its title."""
    (shipped / "pages/method.md").write_text("# Method\n")
    with pytest.raises(ContentError, match=r"method\.md:1: a text starts with TOML"):
        read(shipped)


def test_a_text_that_is_not_utf8_is_named(shipped: Path) -> None:
    """Bytes that are no UTF-8 are an error, never a replacement character."""
    (shipped / "pages/method.md").write_bytes(b"+++\ntitle = '\xff'\n+++\n")
    with pytest.raises(ContentError, match=r"method\.md: not UTF-8 at byte 13"):
        read(shipped)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('title = "T"\ndescription = "D"\ntheme = "dark"\n', "3: unknown key theme"),
        ('title = "T"\ndescription = ""\n', "2: description is missing; it must be words"),
        ('title = "T"\n', "1: description is missing; it must be words in quotes"),
        ("title = true\n", "1: title must be words in quotes"),
    ],
)
def test_a_site_that_does_not_hold(shipped: Path, lines: str, said: str) -> None:
    """site.toml is checked as well, and a fault is named with its line."""
    (shipped / "site.toml").write_text(lines)
    with pytest.raises(ContentError, match=rf"site\.toml:{said}"):
        read(shipped)
