"""Words for a picture: its label from its folder, its caption from its name or the set's own."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping

LONGEST = 120  # characters of a label or caption

# Words that cameras and data sets put before a number; they say nothing of the picture.
EMPTY_WORD = "images?|img|photos?|pictures?|pics?|p|pxl|dsc[nf]?|file|scan|screenshot|untitled"
NUMBERED = re.compile(rf"({EMPTY_WORD})([0-9]+)", re.ASCII | re.IGNORECASE)  # "DSC01234"
WORDNET_ID = re.compile("n[0-9]{8}")
NOTHING = re.compile(rf"{EMPTY_WORD}|[0-9]+|(?-i:{WORDNET_ID.pattern})", re.ASCII | re.IGNORECASE)
JOINERS = "\u200c\u200d"  # invisible, but part of the spelling in several scripts


def display_path(path: str) -> str:
    """Return a path for people: bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def label_of(path: str, alike: int = 0) -> str:
    """Return the name of the innermost folder as words; "" for a file outside of folders.

    The innermost folders that are `alike` for all pictures of a set are passed over.
    """
    *folders, _ = path.split("/")
    return readable(folders[-1 - alike]) if len(folders) > alike else ""


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
    stem = path.rpartition("/")[2].rpartition(".")[0]
    words = list[str]()
    for word in readable(stem).split():
        match = NUMBERED.fullmatch(word)  # a camera's prefix and number are two words
        words += match.groups() if match else [word]
    telling = [
        word
        for word in words
        if not NOTHING.fullmatch(word) and any(character.isalnum() for character in word)
    ]
    if telling and _singular(" ".join(telling)) != _singular(label):
        return " ".join(word for word in words if not WORDNET_ID.fullmatch(word))
    numbers = [word.lstrip("0") or "0" for word in words if re.fullmatch("[0-9]+", word)]
    picture = " ".join(["image", *numbers])
    return f"{label}, {picture}" if label else picture


def _singular(words: str) -> str:
    """Return words for comparison: in small letters, without a plural's ending."""
    return words.casefold().rstrip("s")
