"""The plane and the grid: neighbours stay neighbours, and no other way is shorter."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from generator.studies.map.layout import cells, grid_of, perplexity_of, plane
from generator.studies.map.neighbours import nearest


def groups(images: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return codes [n, 8] in four groups that lie far apart, and the group of each."""
    rng = np.random.default_rng(seed)
    group = np.arange(images) % 4
    return 20 * np.eye(8)[group] + rng.normal(size=(images, 8)), group


def test_groups_stay_together_on_the_plane_and_on_the_grid() -> None:
    """Nearly all nearest neighbours are of an image's own group."""
    codes, group = groups(80)
    places = plane(codes)
    near = nearest(places, 5)
    assert (group[near] == group[:, None]).mean() > 0.95
    found = cells(places)
    assert len(set(found.tolist())) == 80
    on_grid = np.stack(np.divmod(found, grid_of(80)[1]), 1).astype(float)
    assert (group[nearest(on_grid, 2)] == group[:, None]).mean() > 0.7


def test_the_same_codes_have_the_same_places() -> None:
    """To the last bit; other codes have others."""
    codes, _ = groups(30)
    first = plane(codes)
    np.testing.assert_array_equal(first, plane(codes.copy()))
    assert not np.array_equal(first, plane(groups(30, seed=1)[0]))


@pytest.mark.parametrize("images", [12, 20])
def test_few_images_and_images_alike_have_places(images: int) -> None:
    """Also where most codes are the same; none is without a number."""
    codes, _ = groups(images)
    assert np.isfinite(plane(codes)).all()
    alike = np.concatenate([codes, np.repeat(codes[:1], 200, axis=0)])
    places = plane(alike)
    assert np.isfinite(places).all()
    assert len(set(cells(places).tolist())) == images + 200


def test_no_other_way_onto_the_grid_is_shorter() -> None:
    """Against all ways of six images onto two rows of three."""
    for seed in range(3):
        places = np.random.default_rng(seed).normal(size=(6, 2)) * [3, 1] + 5
        at = (places - places.min(0)) / (places.max(0) - places.min(0))
        middles = np.array([((c + 0.5) / 3, (r + 0.5) / 2) for r in range(2) for c in range(3)])

        def way(order: tuple[int, ...]) -> float:
            return float(((at - middles[list(order)]) ** 2).sum())  # noqa: B023

        best = min(permutations(range(6)), key=way)
        assert way(tuple(cells(places).tolist())) == pytest.approx(way(best))


def test_a_line_of_places_is_a_map_too() -> None:
    """Where one direction has no width."""
    found = cells(np.stack([np.arange(7.0), np.zeros(7)], 1))
    assert len(set(found.tolist())) == 7


def test_sizes() -> None:
    """The grid has room, and no row too many; perplexity leaves three neighbours for each."""
    for images in (1, 2, 12, 13, 20, 1_999, 2_000, 2_025):
        rows, columns = grid_of(images)
        assert (rows - 1) * columns < images <= rows * columns
        assert 0 <= columns - rows <= 1
    assert perplexity_of(20) == pytest.approx(19 / 3)
    assert perplexity_of(2_000) == 30
