"""The sentences of the live page, in Node: one filter or many, silence, what fooling did."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from generator.resources import bundled
from tests.studies.live.engine import node

PAGE = bundled("site_templates") / "static" / "live" / "page"

# What the files reach for at once.
BARE = "var window = {}, document = { getElementById: () => null }, modes = {};"


def run(files: tuple[str, ...], body: str) -> Any:
    """Return what the body of a function gives in the scope of some of the page's files."""
    texts = [(PAGE / name).read_text(encoding="utf-8") for name in files]
    script = "\n".join((BARE, *texts, f"console.log(JSON.stringify((() => {{ {body} }})()));"))
    done = subprocess.run([node(), "-"], input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("maxima", "shares", "words"),
    [
        ([0, 0, 0], [0, 0, 0], "Layer 1: all 3 filters stay silent."),
        ([0], [0], "Layer 1: its one filter stays silent."),
        (
            [2],
            [0.5],
            "Layer 1: its one filter answers more strongly than on 50 % of the gallery’s images.",
        ),
        (
            [1, 3, 0],
            [0.1, 0.995, 0],
            (
                "Layer 1: 1 of 3 filters stays silent, 1 answers more strongly than on 99 % of the "
                "gallery’s images. Most unusual: filter 1, more strongly than on 99.5 % of the "
                "gallery’s images."
            ),
        ),
        (
            [1, 2],
            [0, 0],
            (
                "Layer 1: all 2 filters answer, none answers more strongly than on 99 % of the "
                "gallery’s images."
            ),
        ),
    ],
)
def test_a_layers_answers_read_as_a_sentence(
    maxima: list[float], shares: list[float], words: str
) -> None:
    """However many filters there are, and however many of them answer."""
    ranks = sorted(enumerate(shares), key=lambda pair: -pair[1])
    layer = {"title": "Layer 1", "filters": len(maxima)}
    given = ", ".join(map(json.dumps, (layer, maxima, ranks)))
    found = run(("12-words.js", "32-sentences.js"), f"return lookWords({given});")
    assert found.replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("layers", "here", "output", "head", "words"),
    [
        (3, 0, 9, False, "The network is on its way."),
        (3, 1, 9, False, "Layer 1 is ready; the rest is on its way."),
        (4, 3, 9, False, "Layer 1, Layer 2 and Layer 3 are ready; the rest is on its way."),
        (1, 1, 9, False, "Layer 1 is ready; the rest is on its way."),
        (1, 1, 9, True, ""),
        (2, 2, None, False, ""),
    ],
)
def test_what_is_on_its_way_is_said(
    layers: int, here: int, output: int | None, head: bool, words: str
) -> None:
    """A layer may need several files of weights, and the classes some of their own."""
    names = [{"name": f"l{n}", "title": f"Layer {n}"} for n in range(1, layers + 1)]
    body = (
        f"network = {json.dumps({'layers': names, 'output': output})};"
        f"{json.dumps([each['name'] for each in names[:here]])}.forEach(name => ready.add(name));"
        f"hasOutput = {json.dumps(head)}; return arrivalWords();"
    )
    assert run(("10-parts.js",), body) == words


SURE, LESS = [[0, 0.9], [1, 0.1]], [[0, 0.6], [1, 0.4]]
OTHER, SIZE = [[1, 0.7], [0, 0.3]], "No value of a pixel changed by more than 2 of 255."


@pytest.mark.parametrize(
    ("target", "after", "noise", "shown", "words"),
    [
        (None, LESS, SURE, LESS, f"Still “a”, 60.0 % after 90.0 %. {SIZE} Try a larger change."),
        (
            None,
            OTHER,
            SURE,
            LESS,
            (
                f"“a”, 90.0 %, became “b”, 70.0 %. {SIZE} Random noise of the same size does not "
                "turn it. Rounded to whole levels, as it is drawn and saved here, it is “a”."
            ),
        ),
        (
            2,
            OTHER,
            OTHER,
            OTHER,
            (
                f"“a”, 90.0 %, became “b”, 70.0 %. {SIZE} It is not yet “c”: try more steps, or a "
                "larger change. Random noise of the same size turns it as well."
            ),
        ),
    ],
    ids=["still", "turned, not when rounded", "not the target"],
)
def test_what_fooling_did_is_said_and_no_more(
    target: int | None, after: object, noise: object, shown: object, words: str
) -> None:
    """Whether the answer turned, to what was asked, and whether what is drawn does it."""
    answer = {"before": SURE, "after": after, "noise": noise, "shown": shown, "budget": 2}
    body = (
        "network = { classes: ['a', 'b', 'c'] };"
        f"return foolWords({json.dumps(answer)}, {json.dumps(target)});"
    )
    found = run(("10-parts.js", "12-words.js", "45-mode-fool.js"), body)
    assert found.replace("\u00a0", " ") == words
