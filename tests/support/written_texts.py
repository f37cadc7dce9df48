"""Texts and claims that tests write, and what is said against them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from generator.errors import ContentError
from generator.render.facts import Gallery
from generator.render.text.content import Content, Subject, read_content
from generator.render.text.evidence import check_claims
from tests.support.tiny_atlas import WEIGHTS

IMAGES = "f" * 64  # fingerprint of the tiny atlas's set
OTHERS = "b" * 64
PINNED = f'title = "T"\nsummary = "S."\nweights = "{WEIGHTS}"'  # lines 2 to 4
KEY = "layers/layer1.md"


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


def read(
    folder: Path, weights: str = WEIGHTS, without_stimuli: AbstractSet[str] = frozenset()
) -> tuple[Content, list[str]]:
    """Read texts for the tiny network; return them and the warnings."""
    warnings: list[str] = []
    filters = {"layer1": 4, "layer2": 5, "layer3": 6, "layer4": 5, "layer5": 4}
    subject = Subject(filters, weights, without_stimuli=frozenset(without_stimuli))
    return read_content(folder, subject, warnings.append), warnings


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


def photographs(images: str, *claims: str) -> str:
    """Return the front matter of a text on this image set, with a claim from stimuli."""
    stimuli = claim(filter="layer1/0", fact="best", within=[0, 99])
    return f'{PINNED}\nimages = "{images}"{stimuli}' + "".join(claims)
