"""The command `compare`: its site, its bytes, and what it refuses."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from generator.atlas.store import Atlas
from generator.cli import main
from generator.render.site.check import check_site
from generator.studies.comparison.comparison import compare
from tests.support.tiny_atlas import make_atlas

STRANGE = (("edges", 5, 3, 9, 4, 0, 27), ("parts", 7, 2, 20, 8, -2, 40))


@pytest.fixture(scope="module")
def atlases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with atlases a and b, of other layers, names and numbers of filters."""
    folder = tmp_path_factory.mktemp("atlases")
    make_atlas(folder / "a")
    make_atlas(folder / "b", layers=STRANGE, seed=7)
    return folder


@pytest.fixture(scope="module")
def site(atlases: Path) -> Path:
    """Return the site of both."""
    done = run(atlases / "a", atlases / "b", atlases / "site", "--strict")
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert "open: " in done.stdout
    return atlases / "site"


def run(a: Path, b: Path, site: Path, *flags: str) -> Result:
    """Give the command."""
    return CliRunner().invoke(main, ["compare", str(a), str(b), "--site", str(site), *flags])


def test_every_filter_of_both_has_a_page_and_no_link_is_broken(atlases: Path, site: Path) -> None:
    """The site's own check finds nothing; as many pages as filters, below a/ and b/."""
    report = check_site(site)
    assert report.problems == ()
    for letter in "ab":
        for layer in Atlas.open(atlases / letter).manifest.layers:
            for number in range(layer.filters):
                assert (site / letter / layer.name / f"{number}.html").is_file()


def test_a_page_shows_the_filter_and_its_nearest(atlases: Path, site: Path) -> None:
    """The sheets of both, by their own addresses, and the correlation in words."""
    found = compare(atlases / "a", atlases / "b")
    nearest = found.nearest("a", "layer2", 3)
    assert nearest is not None
    layer, number, correlation = nearest
    page = (site / "a" / "layer2" / "3.html").read_text()
    assert 'src="3.patches.webp"' in page
    assert f'src="../../b/{layer}/{number}.patches.webp"' in page
    assert f"correlation {correlation:.2f}".replace("-", "−") in page
    assert f'href="../../b/{layer}/{number}.html"' in page
    back = (site / "b" / layer / f"{number}.html").read_text()
    assert 'href="../../a/layer2/3.html"' in back


def test_a_silent_filter_says_so(atlases: Path, site: Path) -> None:
    """It has no nearest; its page shows it alone."""
    found = compare(atlases / "a", atlases / "b")
    silent = [n for n, other in enumerate(found.a[0].filter.tolist()) if other < 0]
    assert silent
    page = (site / "a" / found.a[0].name / f"{silent[0]}.html").read_text()
    assert "so it has no nearest" in page
    assert page.count("<h2 id=") == 1


@pytest.mark.parametrize(("order", "falling"), [("alike", True), ("alone", False)])
def test_cards_stand_in_order_of_agreement(
    atlases: Path, site: Path, order: str, falling: bool
) -> None:
    """Without scripts, on pages of their own; silent ones last."""
    values = compare(atlases / "a", atlases / "b").a[1].correlation
    page = (site / "a" / "layer2" / f"{order}.html").read_text()
    numbers = [int(n) for n in re.findall(r'<a id="(\d+)"', page)]
    assert sorted(numbers) == list(range(len(values)))
    known = [values[n] for n in numbers if values[n] == values[n]]
    assert known == sorted(known, reverse=falling)
    assert [values[n] == values[n] for n in numbers] == [True] * len(known) + [False] * (
        len(numbers) - len(known)
    )


def test_the_numbers_are_there_for_programs(atlases: Path, site: Path) -> None:
    """All of the comparison as JSON, by the layers' own names."""
    found = compare(atlases / "a", atlases / "b")
    record = json.loads((site / "comparison.json").read_text())
    assert record["cka"] == [[round(v, 4) for v in row] for row in found.cka.tolist()]
    for number in range(5):
        written = record["b"][0]["nearest"][number]
        nearest = found.nearest("b", "edges", number)
        if nearest is None:
            assert written is None
        else:
            assert (written["layer"], written["filter"]) == nearest[:2]


def test_a_table_beside_it_shows_what_no_training_has_made(atlases: Path, site: Path) -> None:
    """Two tables, each cell shaded by its number; the second is that with random weights."""
    page = (site / "index.html").read_text()
    found = compare(atlases / "a", atlases / "b")
    first, second = re.findall(r'<table class="matrix">.*?</table>', page, re.DOTALL)
    for table, values in ((first, found.cka), (second, found.cka_untrained)):
        cells = re.findall(r'<td class="s(\d+)">([^<]*)</td>', table)
        assert [text for _, text in cells] == [f"{v:.2f}" for v in values.ravel()]
        assert [int(shade) for shade, _ in cells] == [round(10 * v) for v in values.ravel()]


def test_the_same_atlases_make_the_same_bytes(atlases: Path, site: Path, tmp_path: Path) -> None:
    """A second run writes nothing; one elsewhere writes the same."""
    again = run(atlases / "a", atlases / "b", site)
    assert "site: unchanged" in again.stdout
    assert run(atlases / "a", atlases / "b", tmp_path / "other").exit_code == 0
    for path in site.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "other" / path.relative_to(site)).read_bytes()


def without_stimuli(folder: Path) -> None:
    """Make an atlas whose filters were shown nothing."""
    make_atlas(folder, stimuli=False)


def of_an_older_schema(folder: Path) -> None:
    """Make one that an earlier version has written."""
    make_atlas(folder)
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"schema_version": 6', '"schema_version": 5'))


def the_same(folder: Path) -> None:
    """Make the first atlas once more."""
    make_atlas(folder)


def nothing(_folder: Path) -> None:
    """Make no atlas."""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (without_stimuli, "was shown no stimuli"),
        (of_an_older_schema, "schema 5, this version reads schema 6; compute the atlas again"),
        (the_same, "is the same atlas as"),
        (nothing, "make it with `filter-gallery compute`"),
    ],
)
def test_what_cannot_be_compared_gets_a_line(
    atlases: Path, site: Path, tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    """The site that was there stays."""
    make(tmp_path / "c")
    shutil.copytree(site, tmp_path / "site")
    done = run(atlases / "a", tmp_path / "c", tmp_path / "site")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path / 'c'}")
    assert said in line
    assert check_site(tmp_path / "site").problems == ()


def test_the_site_of_a_gallery_is_never_replaced(atlases: Path, tmp_path: Path) -> None:
    """As it would be where nobody names another folder than the usual one."""
    words = ["render", "--atlas", str(atlases / "a"), "--site", str(tmp_path / "site")]
    assert CliRunner().invoke(main, words).exit_code == 0
    done = run(atlases / "a", atlases / "b", tmp_path / "site")
    assert done.exit_code == 1
    assert "holds the site of a gallery; name another folder with --site" in done.stderr
    assert (tmp_path / "site" / "layer1" / "index.html").is_file()


def test_a_folder_that_is_not_ours_is_refused(atlases: Path, tmp_path: Path) -> None:
    """Nothing in it is touched."""
    (tmp_path / "mine.txt").write_text("mine")
    done = run(atlases / "a", atlases / "b", tmp_path)
    assert done.exit_code == 1
    assert "not made by Filter Gallery" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
