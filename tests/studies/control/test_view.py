"""The control in the site: on pages of filters and layers, gone without the study, and claimed."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import numpy as np
import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError, ContentError
from generator.render import urls
from generator.render.facts import read_gallery
from generator.render.site.check import check_site
from generator.render.site.markup import read_markup
from generator.render.site.studies import read_studies
from generator.studies.control import record
from tests.render.site.test_build import make
from tests.support.tiny_atlas import DEAD, LAYERS, PARTLY, make_atlas
from tests.support.tiny_control import ALIKE, SAME
from tests.support.written_texts import IMAGES, claim, write

REASON = "the network's own weights are random numbers"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    return make_atlas(tmp_path_factory.mktemp("control") / "atlas", control="")


@pytest.fixture(scope="module")
def site(atlas: Path) -> Path:
    """Return its site."""
    make(atlas, atlas.parent / "site")
    return atlas.parent / "site"


def words(site: Path, page: str) -> str:
    """Return the text of a page in one line."""
    html = re.sub(r"<[^>]*>", " ", (site / page).read_text(encoding="utf-8"))
    return " ".join(html.split())


def medians(atlas: Path, layer: str) -> list[float]:
    """Compute by hand the medians of a layer's filters that have one."""
    found = record.read_some(atlas / "studies/control", layer)
    rows = [sorted(x for x in row if x == x) for row in found.correlation.tolist()]  # noqa: PLR0124
    return [statistics.median(row) for row in rows if row]


def shown(value: float) -> str:
    """Return a number as pages have it."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def test_the_site_has_no_fault_and_all_pictures(atlas: Path, site: Path) -> None:
    """One sheet for each filter with a place; the sizes hold."""
    report = check_site(site)
    assert report.problems == ()
    filters = {name: number for name, number, *_ in LAYERS}
    for name, number in filters.items():
        found = {int(path.stem) for path in (site / "studies/control" / name).iterdir()}
        assert found == set(range(number)) - {DEAD}
        for each in found:
            one = site / urls.study_picture("control", name, str(each))
            assert (
                one.read_bytes()
                == record.picture(atlas / "studies/control", name, each).read_bytes()
            )


def test_a_filter_says_how_far_both_agree(atlas: Path, site: Path) -> None:
    """Median, lowest and highest of its places, and the layer's median, as the arrays have them."""
    for number, places in ((0, "nine"), (PARTLY, "four")):
        row = record.read_some(atlas / "studies/control", "layer2").correlation[number]
        known = row[np.isfinite(row)].tolist()
        said = (
            f"is {shown(statistics.median(known))} in the median of its {places} places, from "
            f"{shown(min(known))} to {shown(max(known))}. The median of the layer’s filters is "
            f"{shown(statistics.median(medians(atlas, 'layer2')))};"
        )
        assert said in words(site, f"layer2/{number}.html")


def own_medians(atlas: Path, layer: str) -> list[float]:
    """Compute by hand the medians with random weights in the layer itself alone."""
    found = record.read_some(atlas / "studies/control", layer)
    rows = [sorted(x for x in row if x == x) for row in found.own_random.tolist()]  # noqa: PLR0124
    return [statistics.median(row) for row in rows if row]


def test_random_weights_in_the_layer_itself_alone(atlas: Path, site: Path) -> None:
    """The page of a filter has its median and that of a layer the layer's; not the first layer."""
    first = shown(own_medians(atlas, "layer2")[0])
    alone = f"With trained weights up to Layer 1, and random ones only from there on, it is {first}"
    assert alone in words(site, "layer2/0.html")
    middle = shown(statistics.median(own_medians(atlas, "layer2")))
    alone = f"weights up to Layer 1, and random ones only from there on, it is {middle} for"
    assert alone in words(site, "layer2/index.html")
    for page in ("layer1/0.html", "layer1/index.html"):
        assert "With trained weights up to" not in words(site, page)
    numbers = read_studies(Atlas.open(atlas), read_gallery(Atlas.open(atlas))).numbers["control"]
    found = numbers.values["median correlation, trained below", "layer2"]
    assert found == pytest.approx(statistics.median(own_medians(atlas, "layer2")))


def test_both_sheets_stand_there_without_scripts(site: Path) -> None:
    """Below the fold, with texts of their own; the switch is hidden until a script shows it."""
    html = (site / "layer4/0.html").read_text(encoding="utf-8")
    section = html[html.index('<section aria-labelledby="control">') :]
    section = section[: section.index("</section>")]
    images = re.findall(r'<img loading="lazy" src="([^"]+)"[^>]* alt="([^"]+)"', section)
    assert images == [
        ("0.reconstructions.webp", "Reconstructions with trained weights"),
        (
            "../studies/control/layer4/0.webp",
            "Reconstructions of the same places with random weights",
        ),
    ]
    assert html.index('id="weights"') < html.index('class="places') < html.index('id="control"')
    sheet = "../studies/control/layer4/0.webp"
    assert f'<form class="controls" id="weights" data-sheet="{sheet}" hidden>' in html
    assert len(set(read_markup(html).loads)) + 1 <= 12


def test_a_dead_filter_has_nothing_to_compare(site: Path) -> None:
    """No section, no switch and no picture."""
    html = (site / f"layer4/{DEAD}.html").read_text(encoding="utf-8")
    assert "control" not in re.sub('class="controls"', "", html)
    assert 'id="weights"' not in html


def test_where_the_control_shows_as_much(site: Path) -> None:
    """The caption of the nine says so, with the number, and nobody else's does."""
    as_much = "The control shows as much: with random weights the reconstructions"
    said = {
        f"{name}/{number}"
        for name, filters, *_ in LAYERS
        for number in range(filters)
        if as_much in words(site, f"{name}/{number}.html")
    }
    assert said == {"/".join(map(str, ALIKE))}
    page = words(site, f"{ALIKE[0]}/{ALIKE[1]}.html")
    assert "much the same (correlation 0.62)" in page
    assert "pixel by pixel, is 0.62. The median" in page  # all nine are alike
    assert page.index("From left to right") < page.index(as_much) < page.index("Field rows")


def test_a_filter_whose_pictures_are_grey(site: Path) -> None:
    """It says that there is nothing to compare, and shows both."""
    page = words(site, f"{SAME[0]}/{SAME[1]}.html")
    assert "one of both is the same grey everywhere, so that they cannot be compared" in page
    assert "not to be compared" in page


def test_a_layer_says_how_it_goes_from_layer_to_layer(atlas: Path, site: Path) -> None:
    """The medians of all layers in words, and drawn."""
    page = words(site, "layer3/index.html")
    names = [name for name, *_ in LAYERS]
    layers = [
        f"{shown(statistics.median(medians(atlas, name)))} at Layer {number}"
        for number, name in enumerate(names, 1)
    ]
    assert f"the median is {', '.join(layers[:-1])} and {layers[-1]}." in page
    known = medians(atlas, "layer3")
    assert f"in 1 of {len(known)} filters (25.0\N{NO-BREAK SPACE}%) it is above one half" in (
        site / "layer3/index.html"
    ).read_text(encoding="utf-8")
    assert "in none of them it is above one half" in words(site, "layer5/index.html")
    html = (site / "layer3/index.html").read_text(encoding="utf-8")
    drawn = html[html.index('id="control"') :]
    path = re.search(r'class="median" d="([^"]+)"', drawn)
    assert path
    heights = [float(y) for _, y in re.findall(r"[ML](\S+) (\S+?)(?=[ML]|$)", path[1])]
    truth = [90 - 80 * statistics.median(medians(atlas, name)) for name in names]
    assert heights == pytest.approx(truth, abs=0.51)


def test_nothing_is_said_without_the_study(tmp_path: Path) -> None:
    """Why it is not there stands on the network's page; nowhere where it never ran."""
    for control in (REASON, None):
        folder = tmp_path / str(control is None)
        make(make_atlas(folder / "atlas", control=control), folder / "site")
        for path in (folder / "site").rglob("*.html"):
            html = path.read_text(encoding="utf-8")
            assert 'id="control"' not in html
            assert 'id="weights"' not in html
            assert ("not on this site: the network" in html) == (
                control is not None and path.name == "network.html"
            )
        assert not (folder / "site/studies").exists()
        assert "The control" not in words(folder / "site", "method.html")


def test_the_method_says_what_is_done(site: Path) -> None:
    """Without numbers where network or images are others than those of the text."""
    page = words(site, "method.html")
    assert "by giving the network random weights" in page
    assert "about a tenth of the variance" not in page


def test_what_can_be_claimed(atlas: Path) -> None:
    """Medians and shares of each layer, of the images alone."""
    opened = Atlas.open(atlas)
    numbers = read_studies(opened, read_gallery(opened)).numbers["control"]
    assert numbers.photographs
    for name, *_ in LAYERS:
        known = medians(atlas, name)
        assert numbers.values["median correlation", name] == pytest.approx(statistics.median(known))
        share = sum(value > 0.5 for value in known) / len(known)
        assert numbers.values["share above one half", name] == pytest.approx(share)


def test_a_wrong_claim_stops_the_site(atlas: Path, tmp_path: Path, folder: Path) -> None:
    """The whole way, from the study's arrays to the message."""
    network = "0123456789abcdef" * 4
    wrong = {"study": "control", "fact": "median correlation", "layer": "layer2"}
    for within, fails in (([0, 0.1], False), ([0.5, 0.6], True)):
        front = f'title = "T"\nnetwork = "{network}"\nimages = "{IMAGES}"'
        front += claim(**{**wrong, "within": within})
        write(folder, "pages/method.md", front, ":::control network photographs\nSo it is.\n:::")
        if fails:
            with pytest.raises(ContentError, match=r"method\.md:5: control: median correlation of"):
                make(atlas, tmp_path / "site", content=folder)
        else:
            make(atlas, tmp_path / "site", content=folder)
            assert "So it is." in words(tmp_path / "site", "method.html")


def test_a_study_of_another_size_is_refused(tmp_path: Path) -> None:
    """As one that was made of other layers would be."""
    atlas = make_atlas(tmp_path / "atlas", control="")
    nothing = record.Compared.nothing()
    record.write(atlas / "studies/control", "layer5", nothing)
    with pytest.raises(AtlasError, match=r"layer5\.safetensors: its hash differs"):
        make(atlas, tmp_path / "site")
