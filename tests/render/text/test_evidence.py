"""Claims held against the atlas: what is untrue, and what is shown without a claim."""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import Any

import pytest

from generator.errors import ContentError
from generator.render.facts import Gallery
from tests.render.site.test_build import digest, make
from tests.support.tiny_atlas import DEAD, PARTLY, WEIGHTS
from tests.support.tiny_measures import measures_of
from tests.support.written_texts import (
    IMAGES,
    KEY,
    OTHERS,
    PINNED,
    claim,
    number,
    photographs,
    refused,
    write,
)


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


MEDIAN = {"layer": "layer1", "fact": "polarity", "statistic": "median"}


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


PASSAGE = "Before.\n\n:::photographs\nLike [[layer1/0]].\n\n* One.\n:::\nAfter."
PURE = claim(filter="layer1/0", fact="label_purity", within=[0.5, 0.5])
IMPURE = claim(filter="layer1/0", fact="label_purity", within=[0.9, 1])


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


def test_a_wrong_number_keeps_the_new_site_out(
    folder: Path, made: Path, gallery: Gallery, tmp_path: Path
) -> None:
    """One changed number in a claim fails the render, and the site before stays whole."""
    best = number(gallery, "layer1/0", "best")
    site = tmp_path / "site"
    true = claim(filter="layer1/0", fact="best", within=[best - 1, best + 1])
    write(folder, KEY, PINNED + true, "![[layer1/0]]")
    make(made, site, content=folder)
    before = digest(site)
    false = claim(filter="layer1/0", fact="best", within=[best + 0.5, best + 1])
    write(folder, KEY, PINNED + false, "![[layer1/0]]")
    with pytest.raises(ContentError, match=r"layer1\.md:5: layer1/0 best is "):
        make(made, site, content=folder)
    assert digest(site) == before
    write(folder, KEY, PINNED + true, "![[layer1/0]]")
    assert make(made, site, content=folder).unchanged


def test_claims_of_a_text_that_is_not_used_are_not_checked(
    folder: Path, made: Path, gallery: Gallery, tmp_path: Path
) -> None:
    """With other weights the stand-in is shown, and nothing of the text is held against it."""
    front = PINNED.replace(WEIGHTS, OTHERS) + claim(filter="layer1/0", fact="best", within=[-2, -1])
    write(folder, KEY, front, "Lesson. [[layer1/3]]")
    assert refused(folder, gallery) == []
    make(made, tmp_path / "site", content=folder)
    assert "Lesson." not in (tmp_path / "site/layer1/index.html").read_text()
    write(folder, KEY, front.replace(OTHERS, WEIGHTS), "Lesson. [[layer1/3]]")
    assert [line.split(":")[1] for line in refused(folder, gallery)] == ["5", "10"]
