"""Names and bytes of an archive's members."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.images.archives import clean_name, slice_of


@pytest.mark.parametrize("offset", [0, 3, 9, 10, 99])
@pytest.mark.parametrize("size", [0, 4, 99])
def test_bytes_from_inside_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offset: int, size: int
) -> None:
    """Fewer where the file ends before; without `os.pread`, which Windows lacks."""
    monkeypatch.delattr(os, "pread", raising=False)
    content = b"0123456789"
    (tmp_path / "a").write_bytes(content)
    assert slice_of(tmp_path / "a", offset, size) == content[offset : offset + size]


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        (b"a/b.png", b"a/b.png"),
        (b"/a//./b.png", b"a/b.png"),
        (b"../../b.png", b"b.png"),
        (b"a/.b/c.png", b""),
        (b"a\0.png", b"a.png"),
    ],
)
def test_names_are_cleaned(name: bytes, cleaned: bytes) -> None:
    """Nothing leads out of the archive, and hidden members have no name."""
    assert clean_name(name) == cleaned
