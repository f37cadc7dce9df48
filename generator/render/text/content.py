"""The human words of a site: `content/`, read whole and checked before anything is built.

    site.toml                     title and description of the site
    layers/<layer>.md             the text of a layer; layers/default.md for a layer without one
    pages/<name>.md               a page of its own; pages/home.md is the first page
    notes/<layer>/<filter>.md     a note on one filter

A text starts with TOML between two lines of "+++". A text that speaks of filters by number carries
`weights`, the sha256 of the weights that it describes, and its claims (`claims`); one that speaks
of the pictures beside the patches as one rule makes them carries `rule`. For an atlas that a text
does not fit, `<name>.default.md` beside it or, for a layer, `layers/default.md` stands in, with a
warning. A text with passages on photographs (`passages`) carries `images`, the fingerprint of the
image set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from generator.atlas.schema import Manifest
from generator.errors import ContentError
from generator.render.text.claims import Claim, FilterClaim, read_claims
from generator.render.text.front_matter import Keys, Words, read_file, read_front_matter, read_toml
from generator.render.text.passages import PHOTOGRAPHS, Passage, find_passages
from generator.render.text.prose import REFERENCE, Source
from generator.rule import Rule

STAND_IN = ".default"
_Sha256 = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="a sha256, 64 hexadecimal digits")
]
_Title = Annotated[Words, Field(min_length=1)]
Warn = Callable[[str], None]


@dataclass(frozen=True)
class Subject:
    """What is told of: as much of an atlas as decides which texts fit it."""

    filters: dict[str, int]  # of each layer
    weights: str  # sha256
    rule: Rule = "deconvnet"
    without_stimuli: frozenset[str] = frozenset()  # layers
    first_only: bool = False  # whether the layers have more filters, which are not shown

    @classmethod
    def of(cls, manifest: Manifest) -> Subject:
        """Return what an atlas's manifest says."""
        filters = {layer.name: layer.filters for layer in manifest.layers}
        return cls(
            filters=filters,
            weights=manifest.network.weights_sha256,
            rule=manifest.rule,
            without_stimuli=frozenset(
                each.name for each in manifest.layers if each.stimuli is None
            ),
            first_only=manifest.settings.get("filters") in filters.values(),
        )


class SiteText(Keys):
    """`site.toml`."""

    title: _Title
    description: _Title
    language: Words = "en"


class _NoteKeys(Keys):
    title: Words = ""
    summary: Words = ""
    nav: Words = ""
    order: int = Field(100, description="a whole number")
    weights: _Sha256 = ""
    images: _Sha256 = ""
    rule: Rule | Literal[""] = Field("", description=f"one of {', '.join(get_args(Rule))}")
    claims: list[Any] = Field([])  # read apart


class _TextKeys(_NoteKeys):
    title: _Title


@dataclass(frozen=True)
class Text:
    """One Markdown file."""

    name: str
    title: str
    summary: str  # one sentence, plain
    nav: str  # words in the site's navigation; "" for a page that is not there
    order: int  # place in the navigation
    source: Source
    images: str = ""  # fingerprint of the image set that passages on photographs rest on
    rule: str = ""  # that made the pictures of which it speaks; "" for any
    passages: tuple[Passage, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def on_photographs(self) -> bool:
        """Say whether a passage rests on photographs."""
        return any(PHOTOGRAPHS in passage.needs for passage in self.passages)


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

    @property
    def without_notes(self) -> tuple[Text, ...]:
        """Return every text in use but the notes, each once."""
        texts = (self.home, self.finder, *self.layers.values(), *self.pages)
        return tuple({text.source.key: text for text in texts}.values())


def read_content(folder: Path, subject: Subject, warn: Warn) -> Content:
    """Read all texts that tell of an atlas.

    Raises ContentError naming the file, and the line where one is to blame.
    """
    if not folder.is_dir():
        raise ContentError(f"{folder}: no such folder; name the texts with --content DIR")
    reader = _Reader(folder, subject, warn)
    pages = reader.pages()
    for name in ("home", "finder", "credits"):
        if name not in pages:
            raise ContentError(f"{folder / 'pages' / name}.md: missing; this page needs its text")
    return Content(
        site=reader.site(),
        home=pages.pop("home"),
        finder=pages.pop("finder"),
        layers={name: reader.layer(name) for name in subject.filters},
        pages=tuple(sorted(pages.values(), key=lambda page: (page.order, page.name))),
        notes=reader.notes(),
    )


@dataclass(frozen=True)
class _Reader:
    folder: Path
    subject: Subject
    warn: Warn

    def site(self) -> SiteText:
        path = self.folder / "site.toml"
        return read_toml(path, read_file(path)).read(SiteText)

    def pages(self) -> dict[str, Text]:
        names = _names((self.folder / "pages").glob("*.md"))
        return {name: self._fitting(f"pages/{name}.md", None) for name in names}

    def layer(self, name: str) -> Text:
        fallback = "layers/default.md"
        if not (self.folder / "layers" / f"{name}.md").is_file():
            self.warn(f"content/layers/{name}.md is missing; {name} gets the text of {fallback}")
            return self._text(fallback)[0]
        return self._fitting(f"layers/{name}.md", fallback)

    def notes(self) -> dict[tuple[str, int], Text]:
        filters = self.subject.filters
        found: dict[tuple[str, int], Text] = {}
        for path in sorted((self.folder / "notes").glob("*/*.md")):
            key = path.relative_to(self.folder).as_posix()
            text, pinned = self._text(key, _NoteKeys)
            if not pinned:
                raise ContentError(f"{text.source.file}: a note must carry `weights`")
            if other := self._misfit(text, pinned):
                self.warn(f"content/{key} describes {other} and is left out")
                continue
            layer, number = path.parent.name, path.stem
            if not re.fullmatch(r"0|[1-9]\d*", number) or int(number) >= filters.get(layer, 0):
                raise ContentError(f"{text.source.file}: there is no filter {layer}/{number}")
            found[layer, int(number)] = text
        return found

    def _fitting(self, key: str, fallback: str | None) -> Text:
        """Return the text if it describes these weights, else the one that stands in for it."""
        text, pinned = self._text(key)
        about = self._misfit(text, pinned)
        if not about:
            return text
        beside = key.removesuffix(".md") + STAND_IN + ".md"
        for loaded in (beside, fallback):
            if loaded and (self.folder / loaded).is_file():
                self.warn(f"content/{key} describes {about}; {loaded} stands in for it")
                other, other_pin = self._text(loaded)
                if other_pin or other.rule:
                    pin = "weights" if other_pin else "rule"
                    raise ContentError(f"{other.source.file}: a stand-in cannot carry `{pin}`")
                return other
        raise ContentError(
            f"{text.source.file}: describes {about}; write {beside} for such an atlas"
        )

    def _misfit(self, text: Text, pinned: str) -> str:
        """Say what a text describes that this atlas is not or does not hold; "" if it fits."""
        subject = self.subject
        if pinned and pinned != subject.weights:
            return f"other weights ({pinned[:12]}…, the atlas has {subject.weights[:12]}…)"
        if absent := self._absent(text):
            return f"{', '.join(absent)}, which this atlas lacks"
        if text.rule and text.rule != subject.rule:
            return f"pictures made by the rule {text.rule}, and the atlas has {subject.rule}"
        measures = {layer for claim in text.claims if (layer := _measured_layer(claim))}
        if bare := sorted(measures & subject.without_stimuli):
            return f"answers to stimuli, and this atlas has none of {', '.join(bare)}"
        if measures and subject.first_only:
            return "all filters of a layer, and this atlas has the first only"
        return ""

    def _absent(self, text: Text) -> list[str]:
        """Return the layers that a text speaks of, that have a text, and that the atlas lacks."""
        named = {found[2] for found in re.finditer(REFERENCE, text.source.without_code())}
        named |= {
            claim.filter if isinstance(claim, FilterClaim) else claim.layer for claim in text.claims
        }
        layers = {name.strip().partition("/")[0] for name in named}
        return sorted(
            name
            for name in layers - self.subject.filters.keys()
            if (self.folder / "layers" / f"{name}.md").is_file()
        )

    def _text(self, key: str, kind: type[_NoteKeys] = _TextKeys) -> tuple[Text, str]:
        """Return a text and the weights that it is pinned to ("" for any)."""
        path = self.folder / key
        front = read_front_matter(path)
        claims = read_claims(front.table)
        keys = front.table.read(kind)
        source = Source(str(path), key, front.body, front.first_line)
        passages = find_passages(source)
        resting = [passage for passage in passages if PHOTOGRAPHS in passage.needs]
        if resting and not keys.images:
            raise source.error_on(
                resting[0].lines.start,
                "a passage rests on photographs, so the text must carry `images`, the fingerprint "
                "of the set",
            )
        if not keys.weights:
            _refuse_what_needs_weights(source, claims)
        text = Text(
            name=path.stem.removesuffix(STAND_IN),
            source=source,
            passages=passages,
            claims=claims,
            **keys.model_dump(exclude={"weights", "claims"}),
        )
        return text, keys.weights


def _measured_layer(claim: Claim) -> str:
    """Return the layer whose stimuli a claim rests on; "" where it rests on photographs."""
    if claim.fact.photographs:
        return ""
    return claim.filter.partition("/")[0] if isinstance(claim, FilterClaim) else claim.layer


def _refuse_what_needs_weights(source: Source, claims: tuple[Claim, ...]) -> None:
    """A text that speaks of filters by number says nothing true of another network's filters."""
    if claims:
        raise source.error_on(
            claims[0].line, "a claim is about one network, so the text must carry `weights`"
        )
    for named in source.filters_named():
        raise source.error_on(
            named.line, f"{named.text} names a filter by number, so the text must carry `weights`"
        )


def _names(paths: Iterable[Path]) -> list[str]:
    return sorted(path.stem for path in paths if not path.stem.endswith(STAND_IN))
