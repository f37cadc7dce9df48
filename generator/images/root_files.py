"""The files at the root of an image set: `CREDITS.toml` and `captions.json`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from pydantic import ValidationError

from generator.atlas.schema import Credit
from generator.errors import ImagesError

CREDITS = "CREDITS.toml"  # who made the set, and on what terms
CAPTIONS = "captions.json"  # relative path → text


def read_credits(root: Path) -> Credit | None:
    """Return the credit of a folder; None where it has none. Raises ImagesError."""
    return parse_credits(_content(root / CREDITS), str(root / CREDITS))


def read_captions(root: Path) -> dict[str, str]:
    """Return a folder's own captions by path; empty where it has none. Raises ImagesError."""
    return parse_captions(_content(root / CAPTIONS), str(root / CAPTIONS))


def parse_credits(data: bytes | None, place: str) -> Credit | None:
    """Return the credit that the bytes of a `CREDITS.toml` hold; None where there is no such file.

    Raises ImagesError naming `place`, and the key that is unknown, missing or no text.
    """
    if data is None:
        return None
    try:
        return Credit.model_validate(tomllib.loads(data.decode("utf-8")))
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        fault = {"missing": "is missing", "extra_forbidden": "is unknown"}.get(
            first["type"], "must be a text"
        )
        keys = ", ".join(Credit.model_fields)
        raise ImagesError(f"{place}: the key {key} {fault}; the keys are {keys}") from None
    except ValueError as problem:  # broken TOML or UTF-8
        raise ImagesError(f"{place} is not TOML: {problem}") from None


def parse_captions(data: bytes | None, place: str) -> dict[str, str]:
    """Return captions by path from the bytes of a captions file; empty where there is no such file.

    Raises ImagesError, naming `place`, for anything but a JSON object of texts.
    """
    captions = {} if data is None else parse_json(data, place)
    if not isinstance(captions, dict):
        raise ImagesError(f"{place} must map the path of each image to its caption")
    for name, text in captions.items():
        if not isinstance(text, str):
            raise ImagesError(f"{place}: the caption of {name!r} is not a text")
    return captions


def parse_json(data: bytes, place: str) -> object:
    """Return the value that JSON stands for. Raises ImagesError naming `place`."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ImagesError(f"{place} is not JSON: {problem}") from None


def write_credits(folder: Path, credit: Credit) -> None:
    """Write `CREDITS.toml` into a folder. TOML quotes texts as JSON does, but for one character."""
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
        for key, value in credit.model_dump().items()
    ]
    (folder / CREDITS).write_text("".join(lines), "utf-8", newline="\n")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ImagesError(f"{path} cannot be read: {problem.strerror}") from None
