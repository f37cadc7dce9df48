"""Claims on studies: checked where their passage is shown, and skipped where it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from generator.errors import ContentError
from generator.names import StudyName
from generator.render.facts import Gallery
from generator.render.site.studies import VIEWS
from generator.render.text.content import Subject, read_content
from generator.render.text.evidence import check_claims
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.studies import STUDIES
from tests.support.tiny_atlas import WEIGHTS
from tests.support.written_texts import IMAGES, KEY, OTHERS, PINNED, claim, read, write

PAGE = "pages/method.md"  # a text for any network
VALUES = {("median correlation", "layer2"): 0.4000000059, ("layers above half", ""): 2.0}
NUMBERS = {"control": Numbers(VALUES), "live": Numbers()}
ON_PHOTOGRAPHS = {"control": Numbers(VALUES, photographs=True)}
NAMED = f'title = "T"\nnetwork = "{WEIGHTS}"\nimages = "{IMAGES}"'  # lines 2 to 4
OTHER_NETWORK = NAMED.replace(WEIGHTS, "a" * 64)


def said_of(**values: Any) -> str:
    """Return a claim on layer 2's median; at the end of `NAMED` or `PINNED` it stands on line 5."""
    median = {"study": "control", "fact": "median correlation", "layer": "layer2"}
    return claim(**{**median, "within": [0.4, 0.5], **values})


WRONG = said_of(within=[0.6, 0.7])


def passage(needs: str) -> str:
    """Return a body with one passage."""
    return f":::{needs}\nAt layer 2 it is so.\n:::"


def refused(folder: Path, gallery: Gallery, numbers: Mapping[str, Numbers] = NUMBERS) -> str:
    """Return what is said against the texts, without the way to their folder."""
    try:
        check_claims(read(folder)[0], gallery, {}, numbers)
    except ContentError as error:
        return str(error).replace(f"{folder}/", "")
    return ""


def shown(folder: Path, gallery: Gallery, studies: tuple[str, ...] = ("control",)) -> bool:
    """Say whether the page shows its passage."""
    content, _ = read(folder)
    (page,) = (text for text in content.pages if text.name == "method")
    html = Texts(gallery, content, lambda _: "", studies).html(page, "method.html")
    return "it is so" in html


def test_every_study_can_be_claimed() -> None:
    """The names that texts may use are those of the rooms, and each has a view."""
    assert set(get_args(StudyName)) == set(STUDIES)
    assert set(VIEWS) == set(STUDIES)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ""),
        ({"within": [0.4, 0.4]}, ""),
        ({"within": [0.41, 0.5]}, "control: median correlation of layer2 is 0.4, the claim says"),
        (
            {"layer": "layer3"},
            "control: median correlation of layer3: not known (none is known); mend",
        ),
        (
            {"fact": "median corelation"},
            "control: median corelation of layer2: not known (did you mean median correlation?)",
        ),
        ({"fact": "layers above half", "layer": "", "within": [2, 2]}, ""),
        ({"fact": "layers above half", "layer": ""}, "control: layers above half is 2, the claim"),
    ],
)
def test_a_number_of_a_study(
    folder: Path, gallery: Gallery, values: dict[str, Any], said: str
) -> None:
    """It lies in the interval as messages show it; else the message names it and the line."""
    write(folder, PAGE, NAMED + said_of(**values), passage("control network"))
    found = refused(folder, gallery)
    assert found.startswith(f"pages/method.md:5: {said}" if said else "")
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("front", "needs", "present", "is_shown"),
    [
        (NAMED, "control network", True, True),
        (NAMED, "control network", False, False),
        (NAMED, "control network live", True, True),
        (OTHER_NETWORK, "control network", True, False),
        (NAMED, "control network guided", True, False),
        (NAMED, "control network photographs", True, True),
        (NAMED.replace(IMAGES, OTHERS), "control network photographs", True, False),
    ],
)
def test_a_claim_goes_with_its_passage(
    folder: Path, gallery: Gallery, front: str, needs: str, present: bool, is_shown: bool
) -> None:
    """Where the passage is left out, nothing claimed of it is checked."""
    write(folder, PAGE, front + WRONG, passage(needs))
    studies = NUMBERS if present else {}
    assert shown(folder, gallery, tuple(studies)) == is_shown
    assert bool(refused(folder, gallery, studies)) == is_shown


@pytest.mark.parametrize("change", ["another layer", "first filters"])
def test_a_part_of_a_network_is_not_the_network(
    folder: Path, gallery: Gallery, change: str
) -> None:
    """Without a claimed layer, or with the first filters of one, the passage is left out."""
    layer = "layer9" if change == "another layer" else "layer2"
    write(folder, PAGE, NAMED + WRONG + said_of(layer=layer), passage("control network"))
    if change == "first filters":
        manifest = gallery.manifest.model_copy(update={"settings": {"filters": 5}})
        gallery = replace(gallery, manifest=manifest)
    assert not shown(folder, gallery)
    assert refused(folder, gallery) == ""


def test_numbers_from_photographs_need_a_passage_on_photographs(
    folder: Path, gallery: Gallery
) -> None:
    """The message says what the mark lacks; numbers of the network alone need none."""
    write(folder, PAGE, NAMED + said_of(), passage("control network"))
    assert refused(folder, gallery) == ""
    assert refused(folder, gallery, ON_PHOTOGRAPHS) == (
        "pages/method.md:5: control: median correlation of layer2 rests on photographs; write "
        "photographs in the mark"
    )
    write(folder, PAGE, NAMED + said_of(), passage("control network photographs"))
    assert refused(folder, gallery, ON_PHOTOGRAPHS) == ""


def test_a_text_on_one_network_names_it_once(folder: Path, gallery: Gallery) -> None:
    """Its passages name the study alone; for a layer that the atlas lacks another text stands."""
    write(folder, KEY, PINNED + WRONG, passage("control"))
    assert refused(folder, gallery).startswith("layers/layer1.md:5: control: median correlation")
    assert refused(folder, gallery, {}) == ""


def test_a_studys_own_page_says_it_anywhere(folder: Path, gallery: Gallery) -> None:
    """It is there only with the study, and needs no passage but for what rests on photographs."""
    filters = {layer.record.name: len(layer.filters) for layer in gallery.layers}
    subject = Subject(filters, WEIGHTS, studies=("control",))
    photographs = f'{PINNED}\nimages = "{IMAGES}"'
    for front, body, said in (
        (PINNED + said_of(), "It is so.", ""),
        (PINNED + WRONG, "It is so.", "studies/control.md:5: .* is 0.4, the claim says 0.6"),
        (photographs + said_of(), passage("photographs"), ""),
        (photographs + WRONG, passage("photographs"), "studies/control.md:6: .* is 0.4, the claim"),
    ):
        write(folder, "studies/control.md", front, body)
        content = read_content(folder, subject, lambda _: None)
        numbers = ON_PHOTOGRAPHS if front.startswith(photographs) else NUMBERS
        with pytest.raises(ContentError, match=said) if said else nullcontext():
            check_claims(content, gallery, {}, numbers)


@pytest.mark.parametrize(
    ("front", "body", "said"),
    [
        (NAMED + said_of(), "It is so.", r":5: nothing is said with it: put that between :::contr"),
        (NAMED + said_of(), passage("control"), r":5: nothing is said .* :::control network and"),
        (NAMED + said_of(study="controll"), "", r":6: unknown study controll .did you mean contr"),
        (NAMED + said_of(within=[0.5, 0.4]), "", r":9: within goes from 0\.5 down to 0\.4"),
        (NAMED + said_of(within=0.5), "", r":9: within must be two numbers"),
        (NAMED + said_of(is_="x"), "", r":10: unknown key is"),
        ('title = "T"', passage("network"), r":4: a passage rests on one network, so .*`network`"),
        ('title = "T"\nnetwork = "1"', "", r":3: network must be a sha256"),
    ],
)
def test_what_is_not_well_formed(folder: Path, front: str, body: str, said: str) -> None:
    """Refused when read, whether the gallery has the study or not, with the line."""
    write(folder, PAGE, front, body)
    with pytest.raises(ContentError, match=r"method\.md" + said):
        read(folder)
