"""TOML as an author wrote it: values, and the line of the file on which each of them stands.

A text starts with TOML between two lines of "+++"; `site.toml` is nothing else. Python's TOML
reader gives no line numbers, so headers and keys are looked for at the start of lines.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator.errors import ContentError

FENCE = "+++"
_HEADER = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]\]?")
_ITEM = re.compile(r"\s*\{")
_KEY = re.compile(r"\s*([\"']?)([\w-]+)\1\s*=")


class Keys(BaseModel):
    """The keys that a table may have. The `description` of a key ends "key must be …"."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Words = Annotated[str, Field(description="words in quotes")]
KeysT = TypeVar("KeysT", bound=Keys)


@dataclass(frozen=True)
class Table:
    """One table of values, with the lines of the file that they stand on."""

    file: str
    line: int  # where the table starts
    values: dict[str, Any]
    lines: dict[str, int]  # key → line
    listed: dict[str, tuple[Table, ...]]  # the tables under [[name]]

    def error(self, message: str, key: str = "") -> ContentError:
        """Return an error that names the file and the line of `key`, else of the table."""
        return ContentError(f"{self.file}:{self.lines.get(key, self.line)}: {message}")

    def read(self, keys: type[KeysT], hint: str = "") -> KeysT:
        """Return the values; ContentError for an unknown key, a missing one or a wrong value.

        `hint` ends the message on an unknown key.
        """
        try:
            return keys.model_validate(self.values)
        except ValidationError as problem:
            unknown_first = sorted(problem.errors(), key=lambda e: e["type"] != "extra_forbidden")
        name, kind = str(unknown_first[0]["loc"][0]), unknown_first[0]["type"]
        known = {field.alias or name: field for name, field in keys.model_fields.items()}
        if name not in known:
            raise self.error(f"unknown key {name}{suggestion(name, known)}{hint}", name)
        missing = " is missing; it" if kind in {"missing", "string_too_short"} else ""
        raise self.error(f"{name}{missing} must be {known[name].description}", name)

    def tables(self, name: str) -> tuple[Table, ...]:
        """Return the tables under lines [[name]], or in a list `name` with one on each line.

        ContentError where they are written otherwise.
        """
        found = self.listed.get(name, ())
        if name in self.values and not found:
            raise self.error(
                f"{name}: each stands under a line [[{name}]], or on a line of its own between "
                f"{name} = [ and ]",
                name,
            )
        return found


def read_front_matter(path: Path) -> tuple[Table, str, int]:
    """Return a text's front matter, its body, and the line of the file on which the body starts.

    ContentError with file and line where the front matter cannot be read.
    """
    lines = read_file(path).split("\n")
    fences = [number for number, line in enumerate(lines) if line.strip() == FENCE]
    if fences[:1] != [0] or len(fences) < 2:
        raise ContentError(f"{path}:1: a text starts with TOML between two lines of {FENCE}")
    end = fences[1]
    table = read_toml(path, "\n".join(lines[1:end]), first_line=2)
    return table, "\n".join(lines[end + 1 :]), end + 2


def read_file(path: Path) -> str:
    """Return the text of a file; ContentError where it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def read_toml(path: Path, text: str, *, first_line: int = 1) -> Table:
    """Read TOML that starts on this line of the file; ContentError where it cannot be read."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = re.search(r"line (\d+)", str(error))
        at = int(said[1]) if said else text.count("\n") + 1  # else "at end of document"
        line = first_line - 1 + at
        raise ContentError(f"{path}:{line}: not TOML: {error}") from error
    return _placed(str(path), text, values, first_line)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the end of a message on an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    if near := difflib.get_close_matches(name, names, n=1):
        return f" (did you mean {near[0]}?)"
    return f" (known are {', '.join(names)})" if names else " (none is known)"


def _placed(file: str, text: str, values: dict[str, Any], first_line: int) -> Table:
    """Return the values as a table, with the lines of its keys and of the tables in it."""
    lines: dict[str, int] = {}
    headers: dict[str, list[tuple[int, dict[str, int]]]] = {}
    current = lines
    array = ""  # the list whose tables follow, one on each line
    for number, line in enumerate(text.split("\n"), first_line):
        if array and _ITEM.match(line):
            headers.setdefault(array, []).append((number, {}))
        elif header := _HEADER.match(line):
            lines.setdefault(header[1], number)
            current = {}
            headers.setdefault(header[1], []).append((number, current))
        elif key := _KEY.match(line):
            current.setdefault(key[2], number)
            array = key[2] if line.rstrip().endswith("[") else ""
    listed = {
        name: tuple(
            Table(file, line, table, keys, listed={})
            for (line, keys), table in zip(places, _dicts(values.get(name)), strict=True)
        )
        for name, places in headers.items()
        if len(places) == len(_dicts(values.get(name)))
    }
    return Table(file, max(first_line - 1, 1), values, lines, listed)


def _dicts(value: object) -> list[dict[str, Any]]:
    """Return the tables of a list of tables; none where it is anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
