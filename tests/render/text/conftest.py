"""Folders of texts to write into."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import ROOT
from tests.support.written_texts import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the fewest texts that a site can have."""
    folder = tmp_path / "content"
    for name in ("home", "finder", "credits", "method", "network", "glossary"):
        write(folder, f"pages/{name}.md", f'title = "{name}"\nsummary = "S."')
    write(folder, "layers/default.md", 'title = "A layer"\nsummary = "S."')
    (folder / "site.toml").write_text('title = "T"\ndescription = "D"\n')
    return folder


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Return a copy of the shipped texts to change."""
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
