"""The live page in the site: there with its study, gone without it, and its numbers right."""

from __future__ import annotations

import base64
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.atlas.bins import BINS, LOWEST, PER_OCTAVE
from generator.atlas.store import Atlas
from generator.errors import AtlasError, ContentError
from generator.render import urls
from generator.render.facts import Gallery, read_gallery
from generator.render.site import check
from generator.render.site.build import inputs_digest
from generator.render.site.check import check_files, check_site, gzipped
from generator.render.site.markup import read_markup
from generator.studies.live.gallery_tables import ALL, gallery_tables, shares_below
from generator.studies.live.record import PICTURE_LIST, NetworkRecord
from generator.studies.live.view import LivePage, megabytes, percent
from tests import ROOT
from tests.render.site.test_build import make
from tests.support.tiny_atlas import DEAD, LAYERS, make_atlas
from tests.support.tiny_live import write_live
from tests.support.written_texts import write

REASON = "module 'a.b' (Roll) is no op, so no page can compute the layers"
PAGE = "live.html"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with a live study."""
    return make_atlas(tmp_path_factory.mktemp("live") / "atlas", live="")


@pytest.fixture(scope="module")
def site(atlas: Path) -> Path:
    """Return its site."""
    make(atlas, atlas.parent / "site")
    return atlas.parent / "site"


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site of an atlas whose study could not be made."""
    folder = tmp_path_factory.mktemp("without")
    make(make_atlas(folder / "atlas", live=REASON), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def gallery(atlas: Path) -> Gallery:
    """Return the facts."""
    return read_gallery(Atlas.open(atlas))


def pages(site: Path) -> dict[str, str]:
    """Return the HTML of every page."""
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in site.rglob("*.html")
    }


def policy(html: str) -> str:
    """Return a page's security policy."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert found
    return found[1]


def heard(site: Path, part: str) -> list[Any]:
    """Return what a script of the page gives to it."""
    (script,) = site.glob(f"assets/live-{part}.*.js")
    found = re.fullmatch(r"liveParts\.\w+\((.*)\);\n", script.read_text("ascii"))
    assert found
    return list(json.loads(f"[{found[1]}]"))


def test_the_tiny_study_has_the_forms(atlas: Path) -> None:
    """What the tests write by hand is what the records allow."""
    folder = atlas / "studies" / "live"
    record = NetworkRecord.model_validate_json((folder / "network.json").read_bytes())
    assert [layer.filters for layer in record.layers] == [plan[1] for plan in LAYERS]
    assert [record.values[layer.value][1] for layer in record.layers] == [p[2] for p in LAYERS]
    assert PICTURE_LIST.validate_json((folder / "pictures.json").read_bytes())


def test_the_policy_of_one_page(site: Path, without: Path) -> None:
    """Only the live page may run WebAssembly and a worker, and nothing there may connect."""
    for name, html in (*pages(site).items(), *pages(without).items()):
        found = policy(html)
        live = name == PAGE
        assert (
            "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none';" in found
        ) == live
        assert ("wasm" in found or "blob:" in found) == live
        assert ("script-src 'self'" in found) != urls.is_embedded(name)
        assert "default-src 'none'" in found


def test_ways_lead_there(site: Path) -> None:
    """From home, each layer and each filter, and from the navigation of every page."""
    for name, html in pages(site).items():
        if urls.is_embedded(name):  # has no navigation
            continue
        links = read_markup(html).links
        own = urls.link(name, PAGE)
        # 404.html is found by its own rule.
        assert own in links, name
        folder, _, file = name.rpartition("/")
        if file == "index.html" and folder:
            assert f"{own}#look={folder}" in links
        elif folder in {name for name, *_ in LAYERS} and file.removesuffix(".html").isdigit():
            assert f"{own}#{folder}/{file.removesuffix('.html')}" in links
    assert check_site(site).faults == ()


def test_nothing_leads_to_a_page_that_is_not_there(without: Path, tmp_path: Path) -> None:
    """Why it is not there stands on the network's page, and nowhere where it never ran."""
    make(make_atlas(tmp_path / "atlas"), tmp_path / "site")
    for folder, says in ((without, True), (tmp_path / "site", False)):
        assert not list(folder.glob("assets/live-*"))
        for name, html in pages(folder).items():
            assert PAGE not in html
            assert ("Roll" in html) == (says and name == "network.html")


def test_the_same_study_makes_the_same_inputs(atlas: Path, tmp_path: Path) -> None:
    """Another study in the same atlas makes another site."""
    other = Path(shutil.copytree(atlas, tmp_path / "atlas"))

    def digest() -> str:
        parts = (ROOT / "site_templates", ROOT / "content", None)
        return inputs_digest([Atlas.open(other)], *parts)

    first = digest()
    assert first == digest()
    write_live(other, seed=1)
    assert digest() != first
    shutil.rmtree(other / "studies")
    assert digest() != first


def test_a_damaged_study_is_refused(atlas: Path, tmp_path: Path) -> None:
    """A file that is not the one in the study's manifest stops the render, by name."""
    other = Path(shutil.copytree(atlas, tmp_path / "atlas"))
    (other / "studies/live/weights-2.bin").write_bytes(b"other")
    with pytest.raises(AtlasError, match=r"weights-2\.bin"):
        make(other, tmp_path / "site")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"schema"', '"scheme"', "not what this version reads"),
        ('"filters": 6', '"filters": 7', "made for other layers than the atlas has"),
    ],
)
def test_a_study_that_does_not_fit(
    atlas: Path, tmp_path: Path, gallery: Gallery, before: str, after: str, said: str
) -> None:
    """A record of another form, or of other layers, gets a line that says how to mend it."""
    folder = Path(shutil.copytree(atlas / "studies" / "live", tmp_path / "live"))
    text = (folder / "network.json").read_text(encoding="utf-8")
    assert before in text
    (folder / "network.json").write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(AtlasError, match=rf"{said}; run `filter-gallery compute` again"):
        LivePage.read(folder, gallery)


def test_addresses_of_its_files(site: Path) -> None:
    """The page names each file of the site that its script will fetch, with sizes of weights."""
    html = (site / PAGE).read_text(encoding="utf-8")
    data = dict(re.findall(r'data-(engine|network|pictures|weights|bytes)="([^"]*)"', html))
    files = [data["engine"], data["network"], data["pictures"], *data["weights"].split()]
    assert len(data["weights"].split()) == len(data["bytes"].split()) == 6
    assert all((site / file).is_file() for file in files)
    sent = [str(gzipped((site / file).read_bytes())) for file in data["weights"].split()]
    assert sent == data["bytes"].split()
    assert len(re.findall(r"<script", html)) == len(re.findall(r"<script src", html)) == 2


def test_parts_that_travel(site: Path, atlas: Path) -> None:
    """Weights, pictures and network reach the page as the study left them."""
    study = atlas / "studies" / "live"
    for part in range(1, 7):
        number, text = heard(site, f"weights-{part}")
        assert (number, base64.b64decode(text)) == (
            part,
            (study / f"weights-{part}.bin").read_bytes(),
        )
    (network,) = heard(site, "network")
    tables = network.pop("gallery")
    assert network == json.loads((study / "network.json").read_bytes())
    assert list(tables["layers"]) == [plan[0] for plan in LAYERS]
    (pictures,) = heard(site, "pictures")
    assert [picture["name"] for picture in pictures] == ["bar-45", "disc", "photo"]
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in pictures)


def test_shares_below(gallery: Gallery) -> None:
    """Each is counted again image by image, for every filter and bin."""
    layer = gallery.layers[2]
    first, shares = shares_below(layer)
    images = gallery.manifest.images.count
    for facts, row in zip(layer.filters, shares, strict=True):
        strongest = [0] * (images - facts.active)
        for bin_, times in enumerate(facts.histogram):
            strongest += [bin_ + 1] * times
        for column, share in enumerate(row.tolist()):
            below = sum(each <= (first + column if column else 0) for each in strongest)
            assert share == round(below / images * ALL)
    assert shares[DEAD].tolist() == [ALL] * shares.shape[1]
    assert (shares[:, -1] == ALL).all()


def test_only_all_images_are_all(gallery: Gallery) -> None:
    """One image of a million above a bin keeps the page from saying "more than on any"."""
    layer = gallery.layers[2]
    histogram = np.zeros(BINS, int)
    histogram[[3, 9]] = 999_999, 1
    facts = replace(layer.filters[0], histogram=tuple(histogram.tolist()))
    images = layer.manifest.images.model_copy(update={"count": 1_000_000})
    manifest = layer.manifest.model_copy(update={"images": images})
    first, shares = shares_below(replace(layer, filters=(facts,), manifest=manifest))
    assert first == 3
    assert shares[0].tolist() == [0, *[ALL - 1] * 6, ALL]


def test_tables_beside_the_network(gallery: Gallery, site: Path) -> None:
    """Edges, words, and addresses that lead to the files of each filter."""
    tables = gallery_tables(gallery, PAGE)
    assert tables["bins"] == {"lowest": LOWEST, "perOctave": PER_OCTAVE}
    for layer in gallery.layers:
        found = tables["layers"][layer.record.name]
        shares = np.frombuffer(base64.b64decode(found["histograms"]), "<u2")
        assert shares.size == len(layer.filters) * (1 + found["bins"])
        assert found["first"] + found["bins"] <= BINS
        assert len(found["captions"]) == len(layer.filters)
        for facts in layer.filters:
            for kind in ("page", "patches"):
                assert (site / found[kind].replace("*", str(facts.number))).is_file()


def test_words_of_the_page(site: Path) -> None:
    """Sizes, deviations, classes and the gallery's rule, formatted."""
    html = (site / PAGE).read_text(encoding="utf-8")
    assert "8-bit weights change it by 3.1 %" in html
    assert "8-bit weights change it by 0.6 %" in html
    assert "Start (less than 0.1 MB, then less than 0.1 MB)" in html
    assert "its two classes" in html
    assert "fourteen images" in html or "14 images" in html
    assert 'value="deconvnet" selected' in html
    assert "&lt;/script&gt;" not in html  # a credit of the pictures stands in a script alone


def test_without_classes(tmp_path: Path) -> None:
    """Modes that need classes cannot be chosen, and the page says why."""
    atlas = make_atlas(tmp_path / "atlas")
    write_live(atlas, classes=False)
    make(atlas, tmp_path / "site")
    html = (tmp_path / "site" / PAGE).read_text(encoding="utf-8")
    modes = re.findall(r'name="mode" value="(\w+)"( checked)?( disabled)?', html)
    assert [name for name, _, missing in modes if missing] == ["name", "fool"]
    assert "Name and Fool need a network with classes. The network gives maps" in html


def test_invitations(atlas: Path, gallery: Gallery) -> None:
    """Addresses are those that the page's script reads."""
    page = LivePage.read(atlas / "studies" / "live", gallery)
    assert page.invitation()[0] == "live.html"
    assert page.invitation("layer3")[0] == "live.html#look=layer3"
    assert page.invitation("layer3", 0)[0] == "live.html#layer3/0"
    assert set(page.answers) == {"bar-45", "disc"}  # drawings, not the photograph


def test_its_text_is_needed(atlas: Path, tmp_path: Path) -> None:
    """Somebody's own texts may lack that of the study."""
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    for path in (content / "studies").iterdir():
        path.unlink()
    with pytest.raises(ContentError, match=r"studies/live\.md: missing"):
        make(atlas, tmp_path / "site", content=content)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ('drawing = "bar-45", layer = "layer2", of_ten = 1, unlike = "disc"', "are not among"),
        ('drawing = "bar46", layer = "layer2", of_ten = 1, like = "disc"', "no drawing bar46"),
    ],
)
def test_claims_on_drawings_stop_the_build(
    atlas: Path, tmp_path: Path, claim: str, said: str
) -> None:
    """All five filters of the layer answer to both drawings, so none is apart."""
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    front = f'title = "L"\nweights = "{"0123456789abcdef" * 4}"\nclaims = [\n  {{ {claim} }},\n]'
    write(content, "studies/live.md", front)
    with pytest.raises(ContentError, match=rf"live\.md:5: .*{said}"):
        make(atlas, tmp_path / "site", content=content)


def live_problems(site: Path) -> list[str]:
    """Return what the check says of the live page."""
    files = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
    texts = {n: p.read_bytes() for n, p in files.items() if p.suffix in {".html", ".css", ".js"}}
    sizes = {name: path.stat().st_size for name, path in files.items()}
    return [str(p) for p in check_files(texts, sizes).budgets if "live" in str(p)]


@pytest.mark.parametrize("limit", ["LIVE_CODE_GZIPPED", "LIVE_FIRST", "LIVE_WHOLE"])
def test_budgets_of_the_page(site: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """Each limit is kept, and names the part that breaks it."""
    assert live_problems(site) == []
    monkeypatch.setattr(check, limit, 10)
    named = {"LIVE_CODE_GZIPPED": r"live-(page|engine)\.js: "}.get(
        limit, r"most of them live-\w+\.js"
    )
    assert live_problems(site)
    assert all(re.search(named, problem) for problem in live_problems(site))


STARTS = ("filter.", "finder.", "gallery.", "keys.", "map.", "quiz.")


def test_its_code_is_no_script_of_all_pages(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on the scripts that pages share leaves out what only this page fetches."""
    scripts = [p for p in site.glob("assets/*.js") if p.name.startswith(STARTS)]
    shared = sum(gzipped(path.read_bytes()) for path in scripts)
    monkeypatch.setattr(check, "SCRIPTS_GZIPPED", shared)
    assert [str(problem) for problem in check_site(site).budgets] == []


def test_sizes_and_shares_in_words() -> None:
    """Numbers with what precision makes sense."""
    assert (megabytes(900_000), megabytes(10)) == ("0.9 MB", "less than 0.1 MB")
    assert (percent(0.0061), percent(0.0001)) == ("0.6 %", "less than 0.1 %")
