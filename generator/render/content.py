"""The human words of a site: `content/`, read whole and checked before anything is built.

    site.toml                     title and description of the site
    layers/<layer>.md             the text of a layer; layers/default.md for a layer without one
    pages/<name>.md               a page of its own; pages/home.md is the first page
    notes/<layer>/<filter>.md     a note on one filter

A text starts with TOML between two lines of "+++". A text that speaks of filters by number carries
`weights`, the sha256 of the weights that it describes. For other weights, `<name>.default.md`
beside it or, for a layer, `layers/default.md` stands in, with a warning.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import ContentError
from generator.render.prose import REFERENCE, Source

FENCE = "+++"
STAND_IN = ".default"
Warn = Callable[[str], None]


@dataclass(frozen=True)
class SiteText:
    """`site.toml`."""

    title: str
    description: str
    publisher: str = ""
    repository: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Text:
    """One Markdown file."""

    name: str
    title: str
    summary: str  # one sentence, plain
    nav: str  # words in the site's navigation; "" for a page that is not there
    order: int  # place in the navigation
    source: Source


@dataclass(frozen=True)
class Content:
    """Everything that people wrote for this atlas."""

    site: SiteText
    home: Text
    finder: Text
    layers: dict[str, Text]
    pages: tuple[Text, ...]  # in the order of the navigation
    notes: dict[tuple[str, int], Text]

    @property
    def keys(self) -> dict[str, str]:
        """Return, for each text that can be linked to, its key and what it is the text of."""
        found = {"pages/home.md": "home", "pages/finder.md": "page:finder"}
        found.update({f"pages/{page.name}.md": f"page:{page.name}" for page in self.pages})
        found.update({f"layers/{layer}.md": f"layer:{layer}" for layer in self.layers})
        return found


def read_content(folder: Path, filters: dict[str, int], weights: str, warn: Warn) -> Content:
    """Read all texts for a network of these layers (name → number of filters) and weights.

    Raises ContentError naming the file, and the line where one is to blame.
    """
    if not folder.is_dir():
        raise ContentError(f"{folder}: no such folder; name the texts with --content DIR")
    reader = _Reader(folder, weights, warn)
    pages = reader.pages()
    for name in ("home", "finder", "credits"):
        if name not in pages:
            raise ContentError(f"{folder / 'pages' / name}.md: missing; this page needs its text")
    return Content(
        site=reader.site(),
        home=pages.pop("home"),
        finder=pages.pop("finder"),
        layers={name: reader.layer(name) for name in filters},
        pages=tuple(sorted(pages.values(), key=lambda page: (page.order, page.name))),
        notes=reader.notes(filters),
    )


@dataclass(frozen=True)
class _Reader:
    folder: Path
    weights: str
    warn: Warn

    def site(self) -> SiteText:
        path = self.folder / "site.toml"
        known = dict.fromkeys(SiteText.__dataclass_fields__, str)
        values = _checked(path, _toml(path, _read(path), first_line=1), known)
        for name in ("title", "description"):
            if not values.get(name):
                raise ContentError(f"{path}: {name} is missing")
        return SiteText(**values)

    def pages(self) -> dict[str, Text]:
        names = _names((self.folder / "pages").glob("*.md"))
        return {name: self._fitting(f"pages/{name}.md", None) for name in names}

    def layer(self, name: str) -> Text:
        fallback = "layers/default.md"
        if not (self.folder / "layers" / f"{name}.md").is_file():
            self.warn(f"content/layers/{name}.md is missing; {name} gets the text of {fallback}")
            return self._text(fallback)[0]
        return self._fitting(f"layers/{name}.md", fallback)

    def notes(self, filters: dict[str, int]) -> dict[tuple[str, int], Text]:
        found: dict[tuple[str, int], Text] = {}
        for path in sorted((self.folder / "notes").glob("*/*.md")):
            key = path.relative_to(self.folder).as_posix()
            text, pinned = self._text(key, needs_title=False)
            if not pinned:
                raise ContentError(f"{text.source.file}: a note must carry `weights`")
            if pinned != self.weights:
                self.warn(f"content/{key} describes other weights and is left out")
                continue
            layer, number = path.parent.name, path.stem
            if not re.fullmatch(r"0|[1-9]\d*", number) or int(number) >= filters.get(layer, 0):
                raise ContentError(f"{text.source.file}: there is no filter {layer}/{number}")
            found[layer, int(number)] = text
        return found

    def _fitting(self, key: str, fallback: str | None) -> Text:
        """Return the text if it describes these weights, else the one that stands in for it."""
        text, pinned = self._text(key)
        if not pinned or pinned == self.weights:
            return text
        beside = key.removesuffix(".md") + STAND_IN + ".md"
        for candidate in (beside, fallback):
            if candidate and (self.folder / candidate).is_file():
                self.warn(f"content/{key} describes other weights; {candidate} stands in for it")
                other, other_pin = self._text(candidate)
                if other_pin:
                    raise ContentError(f"{other.source.file}: a stand-in cannot carry `weights`")
                return other
        raise ContentError(
            f"{text.source.file}: describes weights {pinned[:12]}…, the atlas has "
            f"{self.weights[:12]}…; write {beside} for other weights"
        )

    def _text(self, key: str, *, needs_title: bool = True) -> tuple[Text, str]:
        """Return a text and the weights that it is pinned to ("" for any)."""
        path = self.folder / key
        lines = _read(path).split("\n")
        if lines[0].strip() != FENCE or FENCE not in (line.strip() for line in lines[1:]):
            raise ContentError(f"{path}:1: a text starts with TOML between two lines of {FENCE}")
        end = next(i for i, line in enumerate(lines) if i and line.strip() == FENCE)
        values = _checked(
            path,
            _toml(path, "\n".join(lines[1:end]), first_line=2),
            {"title": str, "summary": str, "nav": str, "order": int, "weights": str},
        )
        if needs_title and not values.get("title"):
            raise ContentError(f"{path}: title is missing between the lines of {FENCE}")
        pinned = str(values.get("weights", ""))
        if pinned and not re.fullmatch(r"[0-9a-f]{64}", pinned):
            raise ContentError(f"{path}: weights must be a sha256, 64 hexadecimal digits")
        source = Source(str(path), key, "\n".join(lines[end + 1 :]), first_line=end + 2)
        _refuse_unpinned_numbers(source, pinned)
        text = Text(
            name=path.stem.removesuffix(STAND_IN),
            title=values.get("title", ""),
            summary=values.get("summary", ""),
            nav=values.get("nav", ""),
            order=values.get("order", 100),
            source=source,
        )
        return text, pinned


def _refuse_unpinned_numbers(source: Source, pinned: str) -> None:
    """A text that shows a filter by number says nothing true of another network's filters."""
    if pinned:
        return
    plain = re.sub(r"(?ms)^(`{3,}|~{3,}).*?^\1|`[^`\n]*`", "", source.body)
    for reference in re.finditer(REFERENCE, plain):
        if "/" in reference[2]:
            raise source.error(
                reference[0],
                f"{reference[0]} names a filter by number, so the text must carry `weights`",
            )


def _names(paths: Iterable[Path]) -> list[str]:
    return sorted(path.stem for path in paths if not path.stem.endswith(STAND_IN))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def _toml(path: Path, text: str, *, first_line: int) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = re.search(r"line (\d+)", str(error))
        last = text.count("\n") + 1  # "at end of document"
        line = first_line - 1 + (int(said[1]) if said else last)
        raise ContentError(f"{path}:{line}: not TOML: {error}") from error


def _checked(path: Path, values: dict[str, Any], known: Mapping[str, type]) -> dict[str, Any]:
    for name, value in values.items():
        if name not in known:
            raise ContentError(f"{path}: unknown key {name}; known are {', '.join(sorted(known))}")
        if type(value) is not known[name]:
            raise ContentError(f"{path}: {name} must be of type {known[name].__name__}")
    return values
