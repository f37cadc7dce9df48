"""Who made an image set, and on what terms: `CREDITS.toml` in its folder."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from generator.atlas.schema import Credit
from generator.errors import ImagesError

CREDITS = "CREDITS.toml"


def read_credits(root: Path) -> Credit | None:
    """Return the credit of an image set; None where its folder has no `CREDITS.toml`.

    Raises ImagesError naming the file, and the key that is unknown, missing or no text.
    """
    path = root / CREDITS
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ImagesError(f"{path} cannot be read: {problem.strerror}") from None
    return parse_credits(data, str(path))


def parse_credits(data: bytes, place: str) -> Credit:
    """Return the credit that the bytes of a `CREDITS.toml` hold.

    Raises ImagesError naming `place`, and the key that is unknown, missing or no text.
    """
    try:
        record = tomllib.loads(data.decode("utf-8"))
    except ValueError as problem:  # broken TOML or UTF-8
        raise ImagesError(f"{place} is not TOML: {problem}") from None
    try:
        return Credit.model_validate(record)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        fault = {"missing": "is missing", "extra_forbidden": "is unknown"}.get(
            first["type"], "must be a text"
        )
        keys = ", ".join(Credit.model_fields)
        raise ImagesError(f"{place}: the key {key} {fault}; the keys are {keys}") from None


def write_credits(folder: Path, credit: Credit) -> None:
    """Write `CREDITS.toml` into a folder, whole or not at all."""
    lines = [f"{key} = {_quoted(value)}\n" for key, value in credit.model_dump().items()]
    temporary = folder / f".{CREDITS}"
    temporary.write_text("".join(lines), "utf-8", newline="\n")
    temporary.replace(folder / CREDITS)


def _quoted(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda hit: f"\\u{ord(hit[0]):04x}", escaped) + '"'
