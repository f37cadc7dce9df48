"""Words for a picture: its label from its folder, its caption from its name or the set's own."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from generator.errors import ImagesError

CAPTIONS = "captions.json"  # relative path → text, at the root of an image set
LONGEST = 120  # characters of a label or caption

# Words that cameras and data sets put before a number; they say nothing of the picture.
EMPTY_WORD = re.compile(
    r"images?|img|photos?|pictures?|pics?|p|pxl|dsc[nf]?|file|scan|screenshot|untitled",
    re.ASCII | re.IGNORECASE,
)
WORDNET_ID = re.compile(r"n\d{8}", re.ASCII)
NUMBER = re.compile(r"\d+", re.ASCII)
NUMBERED = re.compile(r"([a-z]+)(\d+)", re.ASCII | re.IGNORECASE)  # "DSC01234"
JOINERS = "\u200c\u200d"  # invisible, but part of the spelling in several scripts


def read_captions(root: Path) -> dict[str, str]:
    """Return a folder's own captions by relative path; empty where it has none.

    Raises ImagesError for a captions file that is not a JSON object of texts.
    """
    path = root / CAPTIONS
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise ImagesError(f"{path} cannot be read: {problem.strerror}") from None
    return parse_captions(data, str(path))


def parse_captions(data: bytes, place: str) -> dict[str, str]:
    """Return captions by relative path from the bytes of a captions file.

    Raises ImagesError, naming `place`, for what is not a JSON object of texts.
    """
    try:
        captions = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ImagesError(f"{place} is not JSON: {problem}") from None
    if not isinstance(captions, dict):
        raise ImagesError(f"{place} must map the path of each image to its caption")
    for name, text in captions.items():
        if not isinstance(text, str):
            raise ImagesError(f"{place}: the caption of {name!r} is not a text")
    return captions


def display_path(path: str) -> str:
    """Return a path for people: bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def label_of(path: str) -> str:
    """Return the name of the parent folder as words; "" for a file at the root."""
    *folders, _ = path.split("/")
    return readable(folders[-1]) if folders else ""


def caption_of(path: str, texts: Mapping[str, str], label: str | None = None) -> str:
    """Return the set's own text for a picture, or one made from its file name and label.

    The label is that of the folder where none is given. One line of at most 120 characters
    without control characters, never empty.
    """
    own = clean(texts.get(path, ""))
    return own or clean(_from_names(path, label_of(path) if label is None else label))


def readable(name: str) -> str:
    """Turn a file or folder name into words: "sea_horse" → "sea horse"."""
    return clean(name.replace("_", " ").replace("-", " "))


def clean(text: str) -> str:
    """Bring a text to one line of at most 120 characters, without control characters.

    Undecodable bytes become U+FFFD; marks that reverse the direction of writing go.
    """
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category == "Cs":
            kept.append("\ufffd")
        elif category != "Cf" or character in JOINERS:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def _from_names(path: str, label: str) -> str:
    """Name a picture by the words of its file name, else by its label and number."""
    file = path.rpartition("/")[2]
    stem = file.rpartition(".")[0]
    words = [part for word in readable(stem).split() for part in _parts(word)]
    telling = [word for word in words if not _says_nothing(word)]
    numbers = [word.lstrip("0") or "0" for word in words if NUMBER.fullmatch(word)]
    if telling and not _repeats(telling, label):
        return " ".join(word for word in words if not WORDNET_ID.fullmatch(word))
    picture = " ".join(["image", *numbers])
    return f"{label}, {picture}" if label else picture


def _parts(word: str) -> tuple[str, ...]:
    """Part a camera's prefix from its number; leave any other word whole."""
    match = NUMBERED.fullmatch(word)
    return match.groups() if match and EMPTY_WORD.fullmatch(match[1]) else (word,)


def _says_nothing(word: str) -> bool:
    return (
        EMPTY_WORD.fullmatch(word) is not None
        or NUMBER.fullmatch(word) is not None
        or WORDNET_ID.fullmatch(word) is not None
        or not any(character.isalnum() for character in word)
    )


def _repeats(words: list[str], label: str) -> bool:
    """Say whether a file's words are those of its folder, give or take a plural."""
    return " ".join(words).casefold().rstrip("s") == label.casefold().rstrip("s")
