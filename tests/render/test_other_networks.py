"""Sites of networks other than the embedded one: they say what was made, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from generator.atlas.schema import PLACES, Manifest
from generator.atlas.store import Atlas
from generator.errors import ContentError
from generator.render.facts import LayerFacts, read_gallery
from generator.render.site.check import check_site
from generator.render.text.content import Subject, read_content
from generator.render.text.passages import CONDITIONS, conditions
from generator.render.views.filter.facts_json import facts_json
from generator.render.views.filter.page import filter_view
from generator.render.views.layer.page import layer_view
from generator.render.views.texts import text_view
from generator.render.words.rules import PROJECTIONS
from tests import ROOT
from tests.render.site.test_build import make
from tests.support.tiny_atlas import DEAD, INPUT_SIZE, NETWORK, PARTLY, make_atlas
from tests.support.variants import EIGHT, VARIANTS
from tests.support.views import rooms

# What is true of the embedded network alone, or of the images that it was shown.
OF_THE_EMBEDDED = ("Layer 1", "layers 1 to 5", "Caltech", "the network that comes with")


@pytest.fixture(scope="module", params=VARIANTS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site of one of the variants."""
    return _site(request.param, tmp_path_factory.mktemp("variant"))


def _site(name: str, folder: Path) -> Path:
    make(VARIANTS[name](folder / "atlas"), folder / "site")
    return folder / "site"


def _words(page: Path) -> str:
    """Return what a page says: its text without tags, and the texts of its pictures."""
    html = page.read_text()
    said = re.findall(r'(?:alt|aria-label|content)="([^"]*)"', html)
    return re.sub(r"<[^>]*>", " ", html) + " ".join(said)


def _layer(folder: Path, variant: str, name: str) -> LayerFacts:
    return read_gallery(Atlas.open(VARIANTS[variant](folder))).layer(name)


def test_every_variant_becomes_a_site_without_a_fault(site: Path) -> None:
    """No broken link, no missing text, and no budget is broken."""
    assert [str(problem) for problem in check_site(site).problems] == []


def test_no_page_speaks_of_the_embedded_network(tmp_path: Path) -> None:
    """Names, numbers and claims of the embedded weights stay with them."""
    site = _site("random", tmp_path)
    for page in site.rglob("*.html"):
        said = _words(page)
        assert not [words for words in OF_THE_EMBEDDED if words in said], page.name


def test_no_mark_of_a_passage_is_printed(site: Path) -> None:
    """Every passage is either shown or left out, and its marks with it."""
    assert not [page for page in site.rglob("*.html") if ":::" in page.read_text()]


# --- Without stimuli -----------------------------------------------------------------------------


def test_without_stimuli_nothing_is_said_of_them(tmp_path: Path) -> None:
    """No chart, no summary, no twin, no order and no word rests on stimuli never shown."""
    site = _site("without stimuli", tmp_path)
    for page in site.rglob("*.html"):
        said = _words(page).replace("The stimuli drawn for filters", "")  # of any filters
        assert not re.search(r"(?i)probe|stimul|untrained|selectivity|orientation", said), page
    html = (site / "layer3/0.html").read_text()
    assert html.count("<figure") == 1  # the histogram
    script = next((site / "assets").glob("cards-2*.js")).read_text()
    tables = json.loads(script[script.index("{") : script.rindex("}") + 1])
    assert set(tables["orders"]) == {"strength", "purity"}
    assert set(tables["words"]) == {""}


def test_without_stimuli_captions_come_from_labels(tmp_path: Path) -> None:
    """A figure says how often each label stands; the facts hold no measure."""
    atlas = VARIANTS["without stimuli"](tmp_path / "atlas")
    frames, texts = rooms(atlas)
    layer = frames.gallery.layer("layer3")
    view = layer_view(frames, texts, layer)
    assert view.summary is None
    strongest = view.strongest[0]
    facts = layer.filters[int(strongest.title.rpartition(" ")[2])]
    assert all(label in strongest.words for label, times in facts.labels if times > 1)
    assert strongest.reconstructions.alt == "Reconstructions"
    data = json.loads(facts_json(layer))
    assert "measured" not in data
    assert data["filters"][DEAD]["caption"] == "no image activates it"


def test_a_dead_filter_without_stimuli_has_no_empty_section(tmp_path: Path) -> None:
    """Nothing was measured, so no heading says that something was."""
    site = _site("without stimuli", tmp_path)
    assert "What was measured" not in (site / f"layer1/{DEAD}.html").read_text()
    assert "What was measured" in (site / f"layer1/{PARTLY}.html").read_text()


def _embedded_weights() -> str:
    found = re.search(r'weights = "(\w+)"', (ROOT / "content/layers/layer1.md").read_text())
    assert found
    return found[1]


def test_texts_on_stimuli_have_a_stand_in(tmp_path: Path) -> None:
    """The lesson rests on stimuli; of the same weights without them another text is shown."""
    atlas = make_atlas(tmp_path / "atlas", weights=_embedded_weights(), stimuli=False)
    warnings: list[str] = []
    make(atlas, tmp_path / "site", warnings=warnings)
    warned = [warning for warning in warnings if "this atlas has none of layer1" in warning]
    assert {warning.split()[0] for warning in warned} >= {"content/layers/layer1.md"}


def test_a_claim_on_stimuli_that_were_never_shown_is_named(tmp_path: Path) -> None:
    """A text without a stand-in fails with its file, the layer and what to write."""
    subject = Subject({"layer1": 4}, "a" * 64, without_stimuli=frozenset({"layer1"}))
    page = tmp_path / "pages/extra.md"
    page.parent.mkdir()
    claim = '{ filter = "layer1/0", fact = "best", within = [0, 1] }'
    page.write_text(f'+++\ntitle = "E"\nweights = "{"a" * 64}"\nclaims = [\n{claim},\n]\n+++\n')
    with pytest.raises(ContentError, match=r"extra\.md: .*none of layer1; write .*extra\.default"):
        read_content(tmp_path, subject, lambda _: None)


def test_claims_on_all_filters_are_not_held_against_the_first() -> None:
    """An atlas of the first filters of each layer gets texts that do not count them."""
    subject = Subject({f"layer{n}": 9 for n in range(1, 6)}, _embedded_weights(), first_only=True)
    content = read_content(ROOT / "content", subject, lambda _: None)
    assert {text.source.key for text in content.layers.values()} == {"layers/default.md"}


# --- Rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["guided", "gradient"])
def test_pictures_are_called_what_they_are(tmp_path: Path, variant: str) -> None:
    """No page of a layer or filter calls a gradient a reconstruction; each says what one is."""
    site = _site(variant, tmp_path)
    projection = PROJECTIONS["guided" if variant == "guided" else "gradient"]
    for page in [*site.glob("*/*.html"), site / "index.html"]:
        assert not re.search(r"(?i)reconstruction", _words(page)), page
    for name, said in (("index", f"{projection.title} left"), ("0", "1 of 9")):
        words = _words(site / f"conv1/{name}.html")
        assert projection.honest in words
        assert said in words
    assert f"{projection.one} 1 of 9" in _words(site / "conv1/0.html").lower()
    for name in ("method", "reading", "glossary", "index"):
        assert projection.one in _words(site / f"{name}.html").lower()


@pytest.mark.parametrize("rule", PROJECTIONS)
def test_each_rule_has_a_passage_in_every_text_that_explains_one(rule: str) -> None:
    """A page that explains the pictures explains them for whatever rule made them."""
    for name in ("pages/home.default", "pages/method", "pages/reading", "layers/default"):
        assert f"\n:::{rule}\n" in (ROOT / f"content/{name}.md").read_text(), name


def test_texts_on_reconstructions_have_a_stand_in() -> None:
    """The lesson describes what the deconvnet made; the facts of the network stay true."""
    subject = Subject({f"layer{n}": 9 for n in range(1, 6)}, _embedded_weights(), rule="guided")
    content = read_content(ROOT / "content", subject, lambda _: None)
    used = {text.source.key for text in content.without_notes}
    assert "layers/layer1.md" not in used
    assert "pages/home.default.md" in used
    assert "pages/network.md" in used


def test_an_unknown_rule_is_named(tmp_path: Path) -> None:
    """The error has the line of the key."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/extra.md").write_text('+++\ntitle = "E"\nrule = "lrp"\n+++\n')
    with pytest.raises(ContentError, match=r"extra\.md:3: rule must be one of deconvnet, guided"):
        read_content(tmp_path, Subject({}, "a" * 64), lambda _: None)


# --- Fields as large as the image -----------------------------------------------------------------


def test_a_field_larger_than_the_image_is_said_and_drawn_nowhere(tmp_path: Path) -> None:
    """Every patch is the whole image: no outline, no clipped mark, no second copy of the image."""
    atlas = VARIANTS["gradient"](tmp_path / "atlas")
    frames, texts = rooms(atlas)
    layer = frames.gallery.layer("stage4")
    said = "its receptive field of 483 pixels is larger than the input of 224"
    view = filter_view(frames, texts, layer, 0)
    assert said in view.reading
    assert len(view.places) == PLACES
    assert {(place.whole, place.where, place.clipped) for place in view.places} == {(None, "", "")}
    assert len(view.sheets) == 2
    site = tmp_path / "site"
    make(atlas, site)
    assert (site / "stage3/0.images.webp").is_file()
    assert not (site / "stage4/0.images.webp").exists()
    assert view.measured is not None
    assert not any("Clipped" in fact.name for fact in view.measured.facts)
    about = layer_view(frames, texts, layer)
    assert said in about.about
    assert "the whole image" in {fact.value for fact in about.facts}
    assert not any("border" in trouble.name for trouble in about.health)
    data = json.loads(facts_json(layer))
    assert data["filters"][0]["clipped"] is None
    assert {tuple(place["box"]) for place in data["filters"][0]["places"]} == {(0, 0, 224, 224)}


def test_a_field_that_nearly_covers_the_image_is_said(tmp_path: Path) -> None:
    """Hardly a unit sees the image alone, so that borders say nothing of a filter."""
    frames, texts = rooms(VARIANTS["gradient"](tmp_path / "atlas"))
    nearly = layer_view(frames, texts, frames.gallery.layer("stage3"))
    assert "211 pixels" in nearly.about
    assert not any("border" in trouble.name for trouble in nearly.health)
    part = layer_view(frames, texts, frames.gallery.layer("stage2"))
    assert "reaches past" not in part.about
    assert any("border" in trouble.name for trouble in part.health)


def _inside(layer: LayerFacts) -> float:
    """Return the share of units whose field lies inside the image, unit by unit."""
    record = layer.record
    inside = 0
    for row in range(record.grid[0]):
        for column in range(record.grid[1]):
            starts = [record.offset + at * record.stride for at in (row, column)]
            ends = [start + record.receptive_field for start in starts]
            inside += min(starts) >= 0 and max(ends) <= INPUT_SIZE
    return inside / (record.grid[0] * record.grid[1])


@pytest.mark.parametrize("name", [name for name, *_ in EIGHT])
def test_how_much_units_see_is_counted_unit_by_unit(tmp_path: Path, name: str) -> None:
    """Nearly all is seen where fewer than a tenth of the units lie inside."""
    layer = _layer(tmp_path / "atlas", "random", name)
    larger = layer.record.receptive_field > INPUT_SIZE
    assert layer.sees_all == larger
    assert layer.sees_nearly_all == (not larger and _inside(layer) < 0.1)


def test_the_first_page_learns_reading_on_a_part_of_an_image(tmp_path: Path) -> None:
    """Where some layer sees only a part, the example outlines it; with one that sees all, none."""
    site = _site("gradient", tmp_path / "some")
    assert "the whole image with the patch outlined" in (site / "index.html").read_text()
    alone = _site("one layer", tmp_path / "one")
    html = (alone / "index.html").read_text()
    assert "patch, which is the whole image" in html
    assert "outlined" not in html


# --- Names, random weights, image sets ------------------------------------------------------------


def test_random_weights_are_said_to_have_learned_nothing(tmp_path: Path) -> None:
    """Home, layer and network pages say it; nothing is compared with random weights."""
    site = _site("random", tmp_path)
    assert "has learned nothing" in _words(site / "index.html")
    assert "it has learned nothing" in _words(site / "network.html")
    layer = _words(site / "conv1/index.html")
    assert "Nothing here was learned" in layer
    assert not re.search("(?i)untrained|after training<|while it learned", layer)
    assert "Early layers" not in layer


def test_one_layer_is_no_journey(tmp_path: Path) -> None:
    """Nothing is said to lie between layers where there is one."""
    said = _words(_site("one layer", tmp_path) / "index.html")
    assert "From layer to layer" not in said
    assert "4 in one layer" in said


def test_layers_say_what_module_they_are(tmp_path: Path) -> None:
    """Only where layer n is the ReLU of convolution n, every page says so instead."""
    frames, texts = rooms(VARIANTS["guided"](tmp_path / "other"))
    view = layer_view(frames, texts, frames.gallery.layer("mixed-5b"))
    assert view.about.startswith("mixed-5b is the output of the module body.mixed-5b.")
    assert "one module" in view.frame.meaning
    frames, texts = rooms(make_atlas(tmp_path / "plain"))
    plain = layer_view(frames, texts, frames.gallery.layer("layer3"))
    assert plain.about == ""
    assert "convolution n after its ReLU" in plain.frame.meaning


def test_the_method_says_how_layers_were_chosen_and_what_is_passed_over(tmp_path: Path) -> None:
    """Under the table of layers, and only where it is so."""
    found = (
        "The layers were found by resolution: the last ReLU before each change of the maps’ size."
    )
    passed = "On the way down local response normalisation is passed over, as in the paper."
    plain, chosen = NETWORK, NETWORK.model_copy(update={"choice": found})
    old = chosen.model_copy(update={"skipped": ("local response normalisation",)})
    for number, network in enumerate((plain, chosen, old)):
        atlas = make_atlas(tmp_path / f"atlas{number}", network=network)
        assert Atlas.open(atlas).manifest.network == network
        frames, texts = rooms(atlas)
        method = next(page for page in frames.content.pages if page.name == "method")
        layers, *others = text_view(frames, texts, method).tables
        assert layers.notes == (found, passed)[:number]
        assert not any(table.notes for table in others)
    site = tmp_path / "site"
    make(atlas, site)
    words = _words(site / "method.html")
    assert words.index("The layers of this gallery") < words.index(found) < words.index(passed)
    assert found not in _words(site / "network.html")


def test_duplicates_are_counted_where_the_images_are(tmp_path: Path) -> None:
    """Home and credits say how many took no place, and that the nine labels differ."""
    site = _site("one per label", tmp_path)
    for page in ("index", "credits"):
        said = _words(site / f"{page}.html")
        assert re.search(r"Exact duplicates\s+12, which took no place", said)
        assert "all different, by a rule of the search" in said
    assert "nine different labels" in _words(site / "method.html")
    plain = _site("without stimuli", tmp_path / "plain")
    assert "uplicate" not in _words(plain / "index.html")


def _manifest(folder: Path, variant: str) -> Manifest:
    return Atlas.open(VARIANTS[variant](folder)).manifest


def test_conditions_are_those_of_the_gallery(tmp_path: Path) -> None:
    """Each passage's condition follows from the manifest."""
    held = {name: conditions(_manifest(tmp_path / name, name)) for name in VARIANTS}
    assert held["without stimuli"] == {"deconvnet", "trained"}
    assert held["guided"] == {"guided", "trained", "stimuli"}
    assert held["random"] == {"deconvnet", "random", "stimuli"}
    assert "one-per-label" in held["one per label"]
    assert all(each <= set(CONDITIONS) for each in held.values())


def test_long_names_of_many_layers_are_counted(tmp_path: Path) -> None:
    """Eight names have no room under a chart on a phone; few and short ones stand there."""
    frames, texts = rooms(VARIANTS["random"](tmp_path / "many"))
    trends = layer_view(frames, texts, frames.gallery.layer("conv1")).trends
    assert trends is not None
    assert trends.layers == "1 2 3 4 5 6 7 8"
    assert "counted from 1" in trends.key
    frames, texts = rooms(VARIANTS["guided"](tmp_path / "few"))
    few = layer_view(frames, texts, frames.gallery.layer("conv1")).trends
    assert few is not None
    assert few.layers == "conv1 mixed-3a mixed-5b"


@pytest.mark.parametrize("active", [0, 1])
def test_a_gallery_of_one_image_has_its_own_sentence(tmp_path: Path, active: int) -> None:
    """One image is no share."""
    atlas = make_atlas(tmp_path / "atlas", stimuli=False, labels=("",))
    frames, texts = rooms(atlas)
    layer = frames.gallery.layer("layer1")
    images = layer.manifest.images.model_copy(update={"count": 1})
    one = replace(layer, manifest=layer.manifest.model_copy(update={"images": images}))
    lead = filter_view(frames, texts, one, PARTLY if active else DEAD).frame.description
    does = "activates" if active else "does not activate"
    assert lead == f"The only image {does} this filter."
