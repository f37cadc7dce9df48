"""`build --filters N`: a quick look at the first filters of each layer of the embedded network."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.atlas.store import Atlas
from generator.cli import main
from generator.render.text.content import Subject
from tests.support.tiny_network import draw_pictures


@pytest.mark.parametrize(
    ("stimuli", "reason"),
    [
        ("--stimuli", "all filters of a layer, and this atlas has the first only"),
        ("--no-stimuli", "responses to stimuli, and this atlas has none of layer1"),
    ],
)
def test_the_first_filters_alone_make_a_site(tmp_path: Path, stimuli: str, reason: str) -> None:
    """Texts whose claims count all filters, or name one that is not there, have a stand-in."""
    pictures, atlas, site = (tmp_path / name for name in ("pictures", "atlas", "site"))
    draw_pictures(pictures, 2)
    paths = ["--images", str(pictures), "--atlas", str(atlas), "--site", str(site)]
    small = ["--layers", "layer1,layer2", "--input-size", "64", "--workers", "0"]
    done = CliRunner().invoke(main, ["build", *paths, *small, "--filters", "3", stimuli])
    assert done.exit_code == 0, done.output
    assert f"content/layers/layer1.md describes {reason}; layers/default.md" in done.stderr
    assert {page.stem for page in (site / "layer2").glob("*.html")} == {
        *("index", "0", "1", "2"),
        *("0.embed", "1.embed", "2.embed"),
    }
    manifest = Atlas.open(atlas).manifest
    assert manifest.settings["filters"] == 3
    assert Subject.of(manifest).first_only
