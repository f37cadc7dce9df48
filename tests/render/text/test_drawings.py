"""Claims on drawings: what the filters that answer most have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.errors import ContentError
from generator.render.facts import Gallery
from generator.render.text.drawings import Answers
from generator.render.text.evidence import check_claims
from tests.support.tiny_atlas import DEAD
from tests.support.written_texts import KEY, PINNED, claim, number, read, write

ANSWERS: Answers = {
    "bar-45": {"layer1": [0, 2, 3], "layer2": [0]},
    "bar45": {"layer1": [3, 0, DEAD]},
    "disc": {"layer2": [0, 1]},
}


def refused(folder: Path, gallery: Gallery, front: str) -> str:
    """Return what is said against a text with this front matter, without the way to its file."""
    write(folder, KEY, front)
    try:
        check_claims(read(folder)[0], gallery, ANSWERS)
    except ContentError as error:
        return str(error).replace(f"{folder}/", "")
    return ""


def drawing(**values: Any) -> str:
    """Return front matter with one claim on the first layer's answers to a bar, on line 5."""
    return PINNED + claim(**{"drawing": "bar-45", "layer": "layer1", **values})


@pytest.mark.parametrize(
    ("of_ten", "said"),
    [(2, ""), (3, "layer1 that answer most to bar-45, 2 are among those of bar45")],
)
def test_filters_of_two_drawings(folder: Path, gallery: Gallery, of_ten: int, said: str) -> None:
    """Filters 0 and 3 answer most to both bars, and only filter 2 to one of them."""
    found = refused(folder, gallery, drawing(like="bar45", of_ten=of_ten))
    assert said in found
    assert bool(said) == bool(found)
    apart = refused(folder, gallery, drawing(unlike="bar45", of_ten=of_ten - 1))
    assert ("1 are not among those of bar45" in apart) == bool(said)


def test_numbers_of_the_filters(folder: Path, gallery: Gallery) -> None:
    """As many as have a fact inside the interval; a filter without it counts for none."""
    values = {at: number(gallery, f"layer1/{at}", "frequency") for at in (0, 2, 3)}
    low, high = sorted(values.values())[:2]
    within = [low - 1e-6, high + 1e-6]
    front = {"fact": "frequency", "within": within}
    assert refused(folder, gallery, drawing(of_ten=2, **front)) == ""
    said = refused(folder, gallery, drawing(of_ten=3, **front))
    assert said.startswith(
        "layers/layer1.md:5: of the filters of layer1 that answer most to bar-45"
    )
    assert "2 have frequency" in said
    assert said.endswith("the claim says at least 3; mend the text or the claim")
    dead = drawing(drawing="bar45", of_ten=3, fact="frequency", within=[0, 9])
    assert "2 have frequency 0 to 9" in refused(folder, gallery, dead)


def test_names_of_the_filters(folder: Path, gallery: Gallery) -> None:
    """Families are compared as they are."""
    families = [gallery.filter(f"layer1/{at}").measures for at in (0, 2, 3)]
    names = [measures.family for measures in families if measures]
    times = names.count(names[0])
    front = {"fact": "family", "is_": names[0]}
    assert refused(folder, gallery, drawing(of_ten=times, **front)) == ""
    said = f"{times} have family {names[0]}, the claim says at least {times + 1}"
    assert said in refused(folder, gallery, drawing(of_ten=times + 1, **front))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"drawing": "bar46"}, "there is no drawing bar46 (did you mean bar45?)"),
        ({"like": "circle"}, "there is no drawing circle"),
        ({"like": "disc"}, "the answers of layer1 to the drawing disc are not known"),
        ({"layer": "layer5"}, "the answers of layer5 to the drawing bar-45 are not known"),
    ],
)
def test_answers_that_are_not_known(
    folder: Path, gallery: Gallery, values: dict[str, str], said: str
) -> None:
    """No study has drawn it, or shown it to the layer."""
    found = refused(folder, gallery, drawing(**{"like": "bar45", "of_ten": 1, **values}))
    assert f"layer1.md:5: {said}" in found


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "one of fact, like and unlike"),
        ({"like": "a", "unlike": "b"}, "one of fact, like and unlike"),
        ({"like": "a", "fact": "family"}, "one of fact, like and unlike"),
        ({"like": "a", "within": [0, 1]}, "unknown key within"),
        ({"like": "a", "of_ten": 11}, "of_ten must be a whole number from 1 to 10"),
        ({"like": "a", "of_ten": 0}, "of_ten must be a whole number from 1 to 10"),
        ({"like": 3}, "like must be words in quotes"),
        ({"fact": "label_purity", "within": [0, 1]}, "label_purity rests on photographs"),
        ({"fact": "orientation", "is_": "level"}, "write within instead of is"),
        ({"fact": "famly", "is_": "rings"}, "unknown fact famly"),
    ],
)
def test_claims_that_are_not_well_formed(
    folder: Path, gallery: Gallery, values: dict[str, Any], said: str
) -> None:
    """The message names the line of the claim."""
    found = refused(folder, gallery, drawing(**{"of_ten": 1, **values}))
    assert said in found
    assert found.startswith("layers/layer1.md:")


def test_a_text_for_any_network_claims_nothing(folder: Path, gallery: Gallery) -> None:
    """What answers most is a matter of the weights."""
    said = refused(
        folder,
        gallery,
        'title = "T"' + claim(drawing="disc", layer="layer2", of_ten=1, like="disc"),
    )
    assert "a claim is about one network, so the text must carry `weights`" in said


def test_without_stimuli_another_text_stands_in(folder: Path) -> None:
    """A fact of the filters is not known where they were shown none."""
    write(folder, KEY, drawing(of_ten=1, fact="family", is_="rings"))
    content, warnings = read(folder, without_stimuli={"layer1"})
    assert content.layers["layer1"].source.key == "layers/default.md"
    assert any("responses to stimuli" in warning for warning in warnings)
