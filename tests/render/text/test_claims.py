"""Claims of texts: held against the atlas, refused with file and line, and marked photographs."""

from __future__ import annotations

import re
import statistics
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.store import Atlas
from generator.errors import ContentError
from generator.render.facts import Gallery, read_gallery
from generator.render.text.claims import Interval
from generator.render.text.content import Content, Subject, read_content
from generator.render.text.evidence import check_claims
from generator.render.text.passages import SAYING
from generator.render.text.texts import Texts
from tests.render.site.test_build import digest, make
from tests.support.tiny_atlas import DEAD, PARTLY, WEIGHTS, make_atlas
from tests.support.tiny_measures import measures_of

IMAGES = "f" * 64  # fingerprint of the tiny atlas's set
OTHERS = "b" * 64
PINNED = f'title = "T"\nsummary = "S."\nweights = "{WEIGHTS}"'  # lines 2 to 4
KEY = "layers/layer1.md"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas that no test changes."""
    return make_atlas(tmp_path_factory.mktemp("claims") / "atlas")


@pytest.fixture(scope="module")
def gallery(atlas: Path) -> Gallery:
    """Return the facts of the tiny atlas."""
    return read_gallery(Atlas.open(atlas))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the fewest texts that a site can have."""
    folder = tmp_path / "content"
    for name in ("home", "finder", "credits", "method", "network", "glossary"):
        write(folder, f"pages/{name}.md", f'title = "{name}"\nsummary = "S."')
    write(folder, "layers/default.md", 'title = "A layer"\nsummary = "S."')
    (folder / "site.toml").write_text('title = "T"\ndescription = "D"\n')
    return folder


def write(folder: Path, key: str, front: str, body: str = "Words.") -> None:
    """Write a text; with `PINNED` alone, its body starts on line 6."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"+++\n{front}\n+++\n{body}\n")


def claim(**values: Any) -> str:
    """Return a table [[claims]]; `is_` and `filter_` stand for the words that Python keeps."""
    lines = (f"{name.rstrip('_')} = {toml(value)}" for name, value in values.items())
    return "\n".join(["", "[[claims]]", *lines])


def toml(value: object) -> str:
    """Return a string or a number or a list of numbers as TOML."""
    return f'"{value}"' if isinstance(value, str) else str(value)


def read(folder: Path, weights: str = WEIGHTS) -> tuple[Content, list[str]]:
    """Read the texts for the tiny network; return them and the warnings."""
    warnings: list[str] = []
    filters = {"layer1": 4, "layer2": 5, "layer3": 6, "layer4": 5, "layer5": 4}
    return read_content(folder, Subject(filters, weights), warnings.append), warnings


def refused(folder: Path, gallery: Gallery) -> list[str]:
    """Return what is said against the texts, line by line, without the way to the folder."""
    try:
        check_claims(read(folder)[0], gallery)
    except ContentError as error:
        return str(error).replace(f"{folder}/", "").splitlines()
    return []


def number(gallery: Gallery, filter_: str, fact: str) -> float:
    """Return a number that stimuli showed of a filter."""
    value = getattr(gallery.filter(filter_).measures, fact)
    assert isinstance(value, float)
    return value


# --- Intervals ------------------------------------------------------------------------------------

degrees = st.integers(0, 360)


@given(low=degrees, high=degrees, value=degrees)
def test_an_interval_around_the_circle(low: int, high: int, value: int) -> None:
    """A hue lies in it if a walk by single degrees from low to high, over 360, steps on it."""
    steps = [low]
    while steps[-1] != high:
        steps.append(1 if steps[-1] == 360 else steps[-1] + 1)
        if steps[-1] == 360 and high == 0:
            break
    assert (value in Interval(low, high, 360)) == (value % 360 in {step % 360 for step in steps})


@given(
    ends=st.tuples(st.fractions(-9, 9), st.fractions(-9, 9)).map(sorted),
    value=st.fractions(-9, 9),
)
def test_an_interval_of_the_line(ends: list[Fraction], value: Fraction) -> None:
    """Without a period, an interval is what lies between its ends, both included."""
    low, high = ends
    inside = abs(value - low) + abs(high - value) == high - low
    assert (value in Interval(low, high)) == inside  # type: ignore[arg-type, operator]


@given(low=degrees, high=degrees, value=degrees, turn=degrees)
def test_an_interval_that_turns_with_the_value(low: int, high: int, value: int, turn: int) -> None:
    """Turning the ends and the value by one angle changes nothing."""
    ends = [Fraction(end % 360) for end in (low, high)]
    turned = [(end + turn) % 360 for end in ends]
    before = value % 360 in Interval(float(ends[0]), float(ends[1]), 360)
    after = (value + turn) % 360 in Interval(float(turned[0]), float(turned[1]), 360)
    assert before == after


@pytest.mark.parametrize(("value", "inside"), [(175, True), (5, True), (170, True), (90, False)])
def test_wrapping_over_the_period(value: float, inside: bool) -> None:
    """[170, 10] degrees of orientation are the twenty around the horizontal."""
    assert (value in Interval(170, 10, 180)) == inside


# --- Claims that hold, and that do not ------------------------------------------------------------


def test_claims_that_hold(folder: Path, gallery: Gallery) -> None:
    """Numbers, names and statistics that are the atlas's own pass without a word."""
    facts = measures_of(gallery.filter("layer1/0"))
    layer = gallery.layer("layer1")
    known = [p.polarity for p in layer.measures if p.polarity is not None]
    untrained = [p.polarity for p in layer.untrained if p.polarity is not None]
    middle, lowest = statistics.median(known), min(untrained)
    front = PINNED + "".join(
        [
            claim(filter="layer1/0", fact="best", within=[facts.best - 0.1, facts.best + 0.1]),
            claim(filter="layer1/0", fact="family", is_=facts.family),
            claim(filter="layer1/0", fact="axis", is_=facts.axis),
            claim(
                layer="layer1",
                fact="polarity",
                statistic="median",
                within=[middle - 0.01, middle + 0.01],
            ),
            claim(
                layer="layer1",
                fact="polarity",
                statistic="share",
                at_least=lowest - 0.001,
                within=[0.75, 0.75],  # all but the dead one
                subject="untrained",
            ),
            claim(
                layer="layer1",
                fact="family",
                statistic="share",
                is_=facts.family,
                within=[0.25, 0.75],
            ),
        ]
    )
    write(folder, KEY, front, "![[layer1/0]]\n\nAs in [[layer1/0|the first]].")
    assert refused(folder, gallery) == []


def test_a_number_at_the_end_of_its_interval(folder: Path, gallery: Gallery) -> None:
    """The interval is closed: a claim of the number as the message shows it holds."""
    shown = float(f"{number(gallery, 'layer1/0', 'frequency'):.6g}")
    write(folder, KEY, PINNED + claim(filter="layer1/0", fact="frequency", within=[shown, shown]))
    assert refused(folder, gallery) == []


def test_a_failed_claim_says_what_the_atlas_says(folder: Path, gallery: Gallery) -> None:
    """The message names the file, the line of the claim, its fact and both numbers."""
    truth = number(gallery, "layer1/0", "orientation")
    low, high = (round(truth) + 60) % 180, (round(truth) + 70) % 180
    front = PINNED + claim(filter="layer1/0", fact="orientation", within=[low, high])
    write(folder, KEY, front, "[[layer1/0]]")
    assert refused(folder, gallery) == [
        (
            f"layers/layer1.md:5: layer1/0 orientation is {truth:.6g}, the claim says {low} to "
            f"{high}; mend the text or the claim"
        )
    ]


def test_every_failed_claim_is_told_at_once(folder: Path, gallery: Gallery) -> None:
    """Three texts with four wrong claims are four lines, each with its own place."""
    wrong = claim(filter="layer1/0", fact="best", within=[-2, -1])
    write(folder, KEY, PINNED + wrong + wrong)
    write(folder, "pages/home.md", PINNED + wrong)
    write(folder, "notes/layer1/0.md", f'weights = "{WEIGHTS}"' + wrong)
    places = [":".join(line.split(":")[:2]) for line in refused(folder, gallery)]
    assert places == [
        "pages/home.md:5",
        "layers/layer1.md:5",
        "layers/layer1.md:9",
        "notes/layer1/0.md:3",
    ]


@pytest.mark.parametrize(
    ("fact", "says", "reason"),
    [
        ("orientation", {"within": [0, 180]}, "it responds to no grating"),
        ("axis", {"is_": "luminance"}, "it responds to no grating"),
        ("hue", {"within": [0, 360]}, "it responds to no colour"),
        ("family", {"is_": "blob"}, "it responds to no form"),
        ("shift_invariance", {"within": [0, 1]}, "it responds to no form"),
        ("twin", {"within": [0, 3]}, "it responds to all stimuli alike"),
    ],
)
def test_a_filter_without_the_fact(
    folder: Path, gallery: Gallery, fact: str, says: dict[str, Any], reason: str
) -> None:
    """A claim on what a filter does not have fails, however wide it is, and says why."""
    silent = f"layer1/{DEAD}"
    write(folder, KEY, PINNED + claim(filter=silent, fact=fact, **says), f"[[{silent}]]")
    assert refused(folder, gallery) == [
        f"layers/layer1.md:5: {silent} has no {fact}: {reason}; mend the text or the claim"
    ]


@pytest.mark.parametrize("subject", ["trained", "untrained"])
def test_a_statistic_that_does_not_hold(folder: Path, gallery: Gallery, subject: str) -> None:
    """Medians are of the network that the claim names: trained, or with random weights."""
    layer = gallery.layer("layer2")
    measures = {"trained": layer.measures, "untrained": layer.untrained}
    values = sorted(p.polarity for p in measures[subject] if p.polarity is not None)
    median = (values[1] + values[2]) / 2  # four of five filters answer
    values_claimed: dict[str, Any] = {"layer": "layer2", "fact": "polarity"}
    values_claimed |= {"statistic": "median", "within": [2, 3]}
    if subject == "untrained":
        values_claimed["subject"] = subject
    write(folder, KEY, PINNED + claim(**values_claimed))
    [said] = refused(folder, gallery)
    who = "layer2" if subject == "trained" else "layer2, untrained:"
    assert said.startswith(f"layers/layer1.md:5: {who} median polarity is {median:.6g}, the claim")


def test_a_share_counts_every_filter_of_the_layer(folder: Path, gallery: Gallery) -> None:
    """Filters without the fact are among those that do not have it."""
    values = [measures.polarity for measures in gallery.layer("layer3").measures]
    bound = max(value for value in values if value is not None)
    front = PINNED + claim(
        layer="layer3", fact="polarity", statistic="share", at_least=bound - 1e-6, within=[0.5, 1]
    )
    write(folder, KEY, front)
    [said] = refused(folder, gallery)
    assert f"is {1 / 6:.6g}, the claim says 0.5 to 1" in said
    assert "share of filters with polarity at least" in said


# --- Claims that are not well formed --------------------------------------------------------------

ORIENTED = {"filter": "layer1/0", "fact": "orientation"}
MEDIAN = {"layer": "layer1", "fact": "polarity", "statistic": "median"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"fact": "best", "within": [0, 1]}, r":5: a claim names either a filter or a layer"),
        ({**ORIENTED, "layer": "layer1"}, r":5: a claim names either a filter or a layer"),
        ({"filter": "layer1/0", "within": [0, 1]}, r":5: fact is missing"),
        (
            {"filter": "layer1/0", "fact": "orientaton", "within": [0, 1]},
            r":7: unknown fact orientaton \(did you mean orientation\?\)",
        ),
        (
            {"filter": "layer1/0", "fact": "orientation_curve", "within": [0, 1]},
            r":7: unknown fact orientation_curve",
        ),
        (ORIENTED, r":5: within is missing"),
        ({**ORIENTED, "within": [1]}, r":8: within must be two numbers"),
        ({**ORIENTED, "within": ["a", "b"]}, r":8: within must be two numbers"),
        ({**ORIENTED, "within": "1 to 2"}, r":8: within must be two numbers"),
        ({**ORIENTED, "within": [0, 200]}, r":8: orientation goes from 0 to 180 degrees"),
        ({**ORIENTED, "within": [0, 1], "is_": "x"}, r":9: orientation is a number; .*within"),
        ({**ORIENTED, "wihin": [0, 1]}, r":8: unknown key wihin \(did you mean within\?\)"),
        ({**ORIENTED, "within": [0, 1], "title": "T"}, r":9: unknown key title.* stand above"),
        (
            {"filter": "layer1/0", "fact": "best", "within": [2, 1]},
            r":8: within goes from 2 down to 1",
        ),
        ({"filter": "layer1/0", "fact": "family"}, r":5: is is missing"),
        (
            {"filter": "layer1/0", "fact": "family", "within": [0, 1]},
            r":8: family is a name; write is instead of within",
        ),
        ({"filter": 12, "fact": "best", "within": [0, 1]}, r":6: filter must be words in quotes"),
        ({**MEDIAN, "within": [0, 1], "at_least": 0.5}, r":10: at_least has no meaning"),
        (
            {**MEDIAN, "statistic": "mean", "within": [0, 1]},
            r':8: statistic must be "median" or "share"',
        ),
        ({**MEDIAN, "statistic": "share", "within": [0, 1]}, r":5: at_least is missing"),
        ({**MEDIAN, "fact": "family", "within": [0, 1]}, r":8: family is a name"),
        ({**MEDIAN, "fact": "hue", "within": [0, 1]}, r":7: hue has no low and high"),
        ({**MEDIAN, "within": [0, 1], "subject": "dogs"}, r':10: subject must be "untrained"'),
        (
            {**MEDIAN, "fact": "label_purity", "within": [0, 1], "subject": "untrained"},
            r":10: label_purity is not known of untrained filters",
        ),
        (
            {"layer": "layer1", "fact": "best", "within": [0, 1]},
            r":5: statistic is missing; it must be",
        ),
    ],
)
def test_a_claim_that_is_not_well_formed(folder: Path, values: dict[str, Any], said: str) -> None:
    """It is refused on reading, with the line of the key that is to blame."""
    write(folder, KEY, PINNED + claim(**values))
    with pytest.raises(ContentError, match=r"layer1\.md" + said):
        read(folder)


def test_claims_in_a_list_name_their_lines(folder: Path, gallery: Gallery) -> None:
    """One table on each line is as good as one under each header."""
    listed = (
        "claims = [",
        '  { filter = "layer1/0", fact = "best", within = [0, 1000] },',
        '  { filter = "layer1/2", fact = "best", within = [-2, -1] },',
        "]",
    )
    write(folder, KEY, "\n".join([PINNED, *listed]))
    [said] = refused(folder, gallery)
    assert re.search(r"layer1\.md:7: layer1/2 best is .* the claim says -2 to -1", said)


@pytest.mark.parametrize("written", ["claims = []", 'claims = [{fact = "best"}]', "[claims]"])
def test_claims_written_in_another_way(folder: Path, written: str) -> None:
    """Only tables under lines [[claims]], or one on each line, have a line to name."""
    write(folder, KEY, f"{PINNED}\n{written}")
    with pytest.raises(ContentError, match=r"layer1\.md:5: claims: each .* a line \[\[claims\]\]"):
        read(folder)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"filter": "layer1/9", "fact": "best", "within": [0, 99]}, "layer1 has filters 0 to 3"),
        ({"filter": "layer9/0", "fact": "best", "within": [0, 99]}, "there is no layer layer9"),
        ({**MEDIAN, "layer": "layer9", "within": [0, 1]}, "there is no layer layer9"),
        (
            {"filter": "layer1/0", "fact": "family", "is_": "honeycombs"},
            "there is no family honeycombs (did you mean honeycomb?)",
        ),
        (
            {"filter": "layer1/0", "fact": "axis", "is_": "red-green"},
            "there is no axis red-green (did you mean red–green?)",
        ),
        (
            {**MEDIAN, "fact": "family", "statistic": "share", "is_": "lines", "within": [0, 1]},
            "there is no family lines (did you mean line?)",
        ),
    ],
)
def test_a_claim_on_what_does_not_exist(
    folder: Path, gallery: Gallery, values: dict[str, Any], said: str
) -> None:
    """Unknown filters, layers and names are told with what there is instead."""
    write(folder, KEY, PINNED + claim(**values))
    [line] = refused(folder, gallery)
    assert line.startswith(f"layers/layer1.md:5: {said}")


def test_claims_need_weights(folder: Path) -> None:
    """A claim without `weights` would be about no network; its line is named."""
    front = 'title = "T"' + claim(filter="layer1/0", fact="best", within=[0, 99])
    write(folder, "pages/extra.md", front)
    with pytest.raises(ContentError, match=r"extra\.md:3: .* must carry `weights`"):
        read(folder)


# --- Filters without a claim ----------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["![[layer1/2]]", "See [[layer1/2]].", "[[layer1/2|this]]"])
def test_a_filter_without_a_claim(folder: Path, gallery: Gallery, reference: str) -> None:
    """A filter that is shown or linked needs a claim in the same text; code shows none."""
    front = PINNED + claim(filter="layer1/0", fact="best", within=[0, 99])  # lines 5 to 8
    write(folder, KEY, front, f"`[[layer1/2]]`\n\n[[layer1/0]]\n\n{reference}")
    write(folder, "pages/home.md", PINNED + claim(filter="layer1/2", fact="best", within=[0, 99]))
    assert refused(folder, gallery) == [
        "layers/layer1.md:14: layer1/2 is shown without a claim; add one from stimuli"
    ]


def test_a_filter_that_does_not_exist_needs_no_claim(folder: Path, gallery: Gallery) -> None:
    """A wrong number is told as such."""
    write(folder, KEY, PINNED, "[[layer1/4]]")
    assert refused(folder, gallery) == [
        "layers/layer1.md:6: [[layer1/4]] does not exist: layer1 has filters 0 to 3"
    ]


def test_a_note_describes_its_filter(folder: Path, gallery: Gallery) -> None:
    """A note needs a claim on the filter that it stands with, whatever else it names."""
    pinned = f'weights = "{WEIGHTS}"'
    write(folder, "notes/layer2/3.md", pinned)
    assert refused(folder, gallery) == [
        "notes/layer2/3.md:1: layer2/3 is described without a claim; add one"
    ]
    write(
        folder,
        "notes/layer2/3.md",
        pinned + claim(filter="layer2/3", fact="best", within=[0, 99]),
    )
    assert refused(folder, gallery) == []


def test_a_claim_from_photographs_alone_is_not_enough(folder: Path, gallery: Gallery) -> None:
    """A filter needs a claim that any image set leaves as it is."""
    front = f'{PINNED}\nimages = "{IMAGES}"' + claim(
        filter="layer1/0", fact="active_share", within=[0, 1]
    )
    write(folder, KEY, front, ":::photographs\n[[layer1/0]]\n:::")
    assert [line.split(":")[1] for line in refused(folder, gallery)] == ["12"]


# --- Passages on photographs ----------------------------------------------------------------------


def photographs(images: str, *claims: str) -> str:
    """Return the front matter of a text on this image set, with a claim from stimuli."""
    stimuli = claim(filter="layer1/0", fact="best", within=[0, 99])
    return f'{PINNED}\nimages = "{images}"{stimuli}' + "".join(claims)


PASSAGE = "Before.\n\n:::photographs\nLike [[layer1/0]].\n\n* One.\n:::\nAfter."
PURE = claim(filter="layer1/0", fact="label_purity", within=[0.5, 0.5])
IMPURE = claim(filter="layer1/0", fact="label_purity", within=[0.9, 1])


def shown(folder: Path, gallery: Gallery) -> str:
    """Return the HTML of layer 1's text as a page shows it."""
    content, _ = read(folder)
    texts = Texts(gallery, content, lambda _pair: "<figure></figure>")
    return texts.html(content.layers["layer1"], "layer1/index.html")


def test_a_passage_is_shown_with_its_images(folder: Path, gallery: Gallery) -> None:
    """It is ordinary prose after a line that says what it rests on; the marks are gone."""
    write(folder, KEY, photographs(IMAGES, PURE), PASSAGE)
    assert refused(folder, gallery) == []
    html = shown(folder, gallery)
    order = [html.index(part) for part in ("Before.", SAYING, "Like <a", "<li>One.", "After.")]
    assert order == sorted(order)
    assert "<p>After.</p>" in html
    assert ":::" not in html


def test_a_heading_comes_before_what_a_passage_rests_on(folder: Path, gallery: Gallery) -> None:
    """A passage that opens with a heading does not end the section before it."""
    write(folder, KEY, photographs(IMAGES, PURE), PASSAGE.replace("Like ", "## Alike\n\nLike ", 1))
    html = shown(folder, gallery)
    assert html.index("Before.") < html.index("Alike</h2>") < html.index(SAYING)
    assert html.index(SAYING) < html.index("Like <a")


def test_a_passage_is_left_out_with_other_images(folder: Path, gallery: Gallery) -> None:
    """Nothing of it is shown, and its claims are not checked: they fit another gallery."""
    other = photographs(OTHERS, IMPURE)
    write(folder, KEY, other, PASSAGE + "\n\n" + PASSAGE)
    content, _ = read(folder)
    check_claims(content, gallery)
    html = shown(folder, gallery)
    assert html.count("<p>Before.</p>") == html.count("<p>After.</p>") == 2
    assert "Like" not in html
    assert "One." not in html
    assert SAYING not in html


def test_claims_from_photographs_are_checked_with_their_images(
    folder: Path, gallery: Gallery
) -> None:
    """The same false claim fails where the atlas has these images."""
    write(folder, KEY, photographs(IMAGES, IMPURE), PASSAGE)
    assert refused(folder, gallery) == [
        (
            "layers/layer1.md:10: layer1/0 label_purity is 0.5, the claim says 0.9 to 1; "
            "mend the text or the claim"
        )
    ]


def test_claims_from_probes_are_checked_with_any_images(folder: Path, gallery: Gallery) -> None:
    """Stimuli do not depend on the image set."""
    wrong = claim(filter="layer1/0", fact="best", within=[-2, -1])
    write(folder, KEY, photographs(OTHERS, wrong), PASSAGE)
    [said] = refused(folder, gallery)
    assert said.startswith("layers/layer1.md:10: layer1/0 best is ")


def test_labels_are_counted(folder: Path, gallery: Gallery) -> None:
    """`labels.stop sign` is the number of places of that label, 0 where there is none."""
    for filter_ in ("layer1/0", f"layer1/{PARTLY}"):
        places = gallery.filter(filter_).places
        for label in ("lotus", "stop sign"):
            truth = sum(place.image.label == label for place in places)
            fact = f"labels.{label}"
            right = claim(filter=filter_, fact=fact, within=[truth, truth])
            wrong = claim(filter=filter_, fact=fact, within=[truth + 1, 9])
            best = claim(filter=filter_, fact="best", within=[0, 99])
            write(
                folder,
                KEY,
                photographs(IMAGES, best, right, wrong),
                f":::photographs\n[[{filter_}]]\n:::",
            )
            [said] = refused(folder, gallery)
            assert said.startswith(f"layers/layer1.md:18: {filter_} {fact} is {truth}, the claim")


def test_a_label_that_no_image_has(folder: Path, gallery: Gallery) -> None:
    """It is named with the nearest label of the set."""
    front = photographs(IMAGES, claim(filter="layer1/0", fact="labels.lotos", within=[0, 9]))
    write(folder, KEY, front, PASSAGE)
    [said] = refused(folder, gallery)
    assert said.startswith("layers/layer1.md:10: there is no label lotos (did you mean lotus?)")


@pytest.mark.parametrize("images", [IMAGES, OTHERS])
def test_claims_from_photographs_need_a_passage(
    folder: Path, gallery: Gallery, images: str
) -> None:
    """A text without a passage would show what it says of photographs with any photographs."""
    whole = claim(layer="layer1", fact="active_share", statistic="median", within=[0, 1])
    write(folder, KEY, photographs(images, PURE, whole), "[[layer1/0]]")
    assert [line.split(", but")[0] for line in refused(folder, gallery)] == [
        "layers/layer1.md:10: label_purity rests on photographs",
        "layers/layer1.md:14: active_share rests on photographs",
    ]
    write(folder, KEY, photographs(images, PURE, whole), f"[[layer1/0]]\n\n{PASSAGE}")
    assert refused(folder, gallery) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("One.\n\n:::photographs\nTwo.", r":9: :::photographs is not closed"),
        ("One.\n:::", r":8: ::: stands here, but no passage is open"),
        (":::photographs\n\n:::photographs\n:::", r":9: .*the passage of line 7 is still open"),
        ("One.\n::: photographs\n:::", r":8: unknown mark ::: photographs .known are"),
    ],
)
def test_marks_that_do_not_fit(folder: Path, body: str, said: str) -> None:
    """Each mark has its partner, and the error names the line of the one that has not."""
    write(folder, KEY, f'{PINNED}\nimages = "{IMAGES}"', body)
    with pytest.raises(ContentError, match=r"layer1\.md" + said):
        read(folder)


def test_marks_in_code_are_none(folder: Path, gallery: Gallery) -> None:
    """A text may show how a passage is written."""
    write(folder, KEY, 'title = "T"', "```\n:::photographs\n:::\n```")
    assert ":::photographs" in shown(folder, gallery)


def test_a_passage_needs_images(folder: Path) -> None:
    """A passage that names no set is refused with the line of its first mark."""
    write(folder, KEY, PINNED, "One.\n\n:::photographs\nTwo.\n:::")
    with pytest.raises(ContentError, match=r"layer1\.md:8: .* must carry `images`"):
        read(folder)
    write(folder, KEY, f'{PINNED}\nimages = "abc"', "One.")
    with pytest.raises(ContentError, match=r"layer1\.md:5: images must be a sha256"):
        read(folder)


@pytest.mark.parametrize("images", [IMAGES, OTHERS])
def test_lines_keep_their_numbers(folder: Path, gallery: Gallery, images: str) -> None:
    """An error after a passage names its own line, whether the passage is shown or not."""
    body = ":::photographs\nOne.\n\nTwo.\n:::\n\nSee [this](nothing.md)."
    write(folder, KEY, f'{PINNED}\nimages = "{images}"', body)
    with pytest.raises(ContentError, match=r"layer1\.md:13: link to nothing\.md"):
        shown(folder, gallery)


# --- A whole site ---------------------------------------------------------------------------------


def test_a_wrong_number_keeps_the_new_site_out(
    folder: Path, atlas: Path, gallery: Gallery, tmp_path: Path
) -> None:
    """One changed number in a claim fails the render, and the site before stays whole."""
    best = number(gallery, "layer1/0", "best")
    site = tmp_path / "site"
    true = claim(filter="layer1/0", fact="best", within=[best - 1, best + 1])
    write(folder, KEY, PINNED + true, "![[layer1/0]]")
    make(atlas, site, content=folder)
    before = digest(site)
    false = claim(filter="layer1/0", fact="best", within=[best + 0.5, best + 1])
    write(folder, KEY, PINNED + false, "![[layer1/0]]")
    with pytest.raises(ContentError, match=r"layer1\.md:5: layer1/0 best is "):
        make(atlas, site, content=folder)
    assert digest(site) == before
    write(folder, KEY, PINNED + true, "![[layer1/0]]")
    assert make(atlas, site, content=folder).unchanged


def test_claims_of_a_text_that_is_not_used_are_not_checked(
    folder: Path, atlas: Path, gallery: Gallery, tmp_path: Path
) -> None:
    """With other weights the stand-in is shown, and nothing of the text is held against it."""
    front = PINNED.replace(WEIGHTS, OTHERS) + claim(filter="layer1/0", fact="best", within=[-2, -1])
    write(folder, KEY, front, "Lesson. [[layer1/3]]")
    assert refused(folder, gallery) == []
    make(atlas, tmp_path / "site", content=folder)
    assert "Lesson." not in (tmp_path / "site/layer1/index.html").read_text()
    write(folder, KEY, front.replace(OTHERS, WEIGHTS), "Lesson. [[layer1/3]]")
    assert [line.split(":")[1] for line in refused(folder, gallery)] == ["5", "10"]


def test_a_passage_on_the_page_of_its_layer(folder: Path, atlas: Path, tmp_path: Path) -> None:
    """The finished page shows the passage with its images, and without them says nothing of it."""
    for images, times in ((IMAGES, 1), (OTHERS, 0)):
        write(folder, KEY, photographs(images), PASSAGE)
        make(atlas, tmp_path / images, content=folder)
        page = (tmp_path / images / "layer1/index.html").read_text()
        assert page.count(SAYING) == times
