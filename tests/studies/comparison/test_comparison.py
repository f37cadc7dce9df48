"""Two atlases of the same stimuli: nearest filters both ways, mutual pairs, and who is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.studies.comparison.comparison import compare
from tests.support.tiny_atlas import make_atlas


def nearest_by_hand(a: Atlas, b: Atlas, layer: str, number: int) -> tuple[int, int, float] | None:
    """Return layer, filter and correlation of the nearest, one pair after the other."""
    mine = a.responses(layer, "measures")[:, number].astype(float)
    best = None
    for at, record in enumerate(b.manifest.layers):
        for other in range(record.filters):
            theirs = b.responses(record.name, "measures")[:, other].astype(float)
            if mine.std() == 0 or theirs.std() == 0:
                continue
            found = float(np.corrcoef(mine, theirs)[0, 1])
            if best is None or found > best[2]:
                best = at, other, found
    return best


def test_every_filter_finds_its_nearest_in_any_layer(tmp_path: Path) -> None:
    """Both ways, against pairs taken one by one; mutual where each names the other."""
    a = Atlas.open(make_atlas(tmp_path / "a"))
    b = Atlas.open(make_atlas(tmp_path / "b", seed=7))
    found = compare(a, b)
    for side, one, other, back in ((found.a, a, b, found.b), (found.b, b, a, found.a)):
        assert [each.name for each in side] == [layer.name for layer in one.manifest.layers]
        for at, layer in enumerate(side):
            for number in range(0, len(layer.filter), 3):
                expected = nearest_by_hand(one, other, layer.name, number)
                where = int(layer.layer[number]), int(layer.filter[number])
                if expected is None:
                    assert where == (-1, -1)
                    assert np.isnan(layer.correlation[number])
                    assert not layer.mutual[number]
                    continue
                assert where == expected[:2]
                assert layer.correlation[number] == pytest.approx(expected[2], abs=1e-6)
                theirs = back[where[0]]
                named = int(theirs.layer[where[1]]), int(theirs.filter[where[1]])
                assert layer.mutual[number] == (named == (at, number))
    assert any(each.mutual.any() for each in found.a)
    assert found.cka.shape == (len(found.a), len(found.b))
    assert ((found.cka > 0) & (found.cka < 1)).all()


def other_stimuli(manifest: dict[str, object]) -> None:
    """Say that the second layer was shown fewer directions."""
    manifest["layers"][1]["stimuli"]["hues"] = [0.0, 120.0]  # type: ignore[index]


def no_stimuli(manifest: dict[str, object]) -> None:
    """Say that the second layer was shown nothing."""
    manifest["layers"][1]["stimuli"] = None  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_stimuli, "b: its filters were shown other stimuli than those of"),
        (no_stimuli, "b: layer2 was shown no stimuli"),
        (lambda _: None, "b: is the same atlas as"),
    ],
)
def test_what_cannot_be_compared_is_named(
    tmp_path: Path, change: Callable[[dict[str, object]], None], message: str
) -> None:
    """One line says which atlas, and what to do."""
    a = Atlas.open(make_atlas(tmp_path / "a"))
    make_atlas(tmp_path / "b")
    path = tmp_path / "b" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    if change in (other_stimuli, no_stimuli):
        path.write_text(json.dumps(manifest))
    with pytest.raises(AtlasError, match=message):
        compare(a, Atlas.open(tmp_path / "b"))
