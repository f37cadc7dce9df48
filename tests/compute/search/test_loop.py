"""The search over batches: labels as keys, and how often its state is recorded."""

from __future__ import annotations

from pathlib import Path

from generator.compute.search import loop
from generator.compute.search.loop import label_keys
from generator.images.sets.sources import open_images
from generator.images.stream import stream
from generator.names import Size
from tests.support.tiny_network import draw_pictures


def test_no_label_is_a_content(tmp_path: Path) -> None:
    """Pictures of one label share a key, those without one have that of their pixels."""
    folder = draw_pictures(tmp_path / "pictures", 5)
    for number, path in enumerate(sorted((folder / "left").iterdir())[:2]):
        (folder / f"alone_{number}.png").write_bytes(path.read_bytes())
    images = open_images(str(folder))
    (batch,) = stream(images, Size.square(24), 8, 0, [0])
    keys = label_keys(images)(batch).tolist()
    labels = [images.label(row) for row in range(len(images))]
    assert labels == ["", "", "left", "left", "left", "right", "right"]
    assert len(set(keys[2:5])) == len(set(keys[5:7])) == 1
    assert len(set(keys[:7])) == 4
    assert all(key % 2 == 0 for key in keys[2:7])
    assert all(key % 2 == 1 for key in keys[:2])


def test_records_are_made_as_often_as_promised() -> None:
    """README and error messages speak of half a minute."""
    assert loop.SAVE_EVERY == 30
