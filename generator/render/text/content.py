"""The human words of a site: `content/`, read whole and checked before anything is built.

    site.toml                     title and description of the site
    layers/<layer>.md             the text of a layer; layers/default.md for a layer without one
    pages/<name>.md               a page of its own; pages/home.md is the first page
    studies/<study>.md            the text of a study's page
    notes/<layer>/<filter>.md     a note on one filter

A text starts with TOML between two lines of "+++". A text that names filters by number carries
`weights`, the sha256 of the weights that it describes, and its claims (`claims`). One that speaks
of the pictures beside the patches as one rule makes them carries `rule`. For an atlas that a text
does not fit, `<name>.default.md` beside it or, for a layer, `layers/default.md` stands in, with a
warning. A text with passages on photographs (`passages`) carries `images`, the fingerprint of the
image set; a text for any network with passages on one carries `network`, the sha256 of its weights.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from generator.atlas.schema import Manifest
from generator.errors import ContentError
from generator.names import Rule
from generator.render.text.claims import Claim, read_claims
from generator.render.text.drawings import DrawingClaim, read_drawing_claims
from generator.render.text.front_matter import Keys, Words, read_file, read_front_matter, read_toml
from generator.render.text.passages import (
    NETWORK,
    PHOTOGRAPHS,
    Passage,
    conditions,
    find_passages,
)
from generator.render.text.prose import REFERENCE, Source
from generator.render.text.study_claims import StudyClaim, read_study_claims

STAND_IN = ".default"
_Sha256 = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="a sha256, 64 hexadecimal digits")
]
_Title = Annotated[Words, Field(min_length=1)]
Warn = Callable[[str], None]


@dataclass(frozen=True)
class Subject:
    """As much of an atlas as decides which texts fit it."""

    filters: dict[str, int]  # of each layer
    weights: str  # sha256
    rule: Rule = "deconvnet"
    without_stimuli: frozenset[str] = frozenset()  # layers
    first_only: bool = False  # whether the layers have more filters, which are not shown
    studies: tuple[str, ...] = ()  # that have a page

    @classmethod
    def of(cls, manifest: Manifest, studies: tuple[str, ...] = ()) -> Subject:
        """Return what an atlas's manifest says; `studies` are those with a page."""
        filters = {layer.name: layer.filters for layer in manifest.layers}
        bare = frozenset(layer.name for layer in manifest.layers if layer.stimuli is None)
        first_only = manifest.settings.get("filters") in filters.values()
        weights = manifest.network.weights_sha256
        return cls(filters, weights, manifest.rule, bare, first_only, studies)


class SiteText(Keys):
    """`site.toml`."""

    title: _Title
    description: _Title
    language: Words = "en"


class _NoteKeys(Keys):
    title: Words = ""
    summary: Words = ""  # one sentence, plain
    nav: Words = ""  # words in the site's navigation; "" for a page that is not there
    order: int = Field(100, description="a whole number")  # in the navigation
    weights: _Sha256 = ""  # that the text is about; "" for any
    images: _Sha256 = ""  # fingerprint of the set that passages on photographs rest on
    network: _Sha256 = ""  # weights that passages on a network rest on, in a text for any
    # The rule that made the pictures of which the text speaks; "" for any.
    rule: Rule | Literal[""] = Field("", description=f"one of {', '.join(get_args(Rule))}")
    claims: tuple[Any, ...] | list[Any] = ()  # `read_claims` reads them


class _TextKeys(_NoteKeys):
    title: _Title


class Text(_NoteKeys):
    """One Markdown file."""

    name: str
    source: Source
    passages: tuple[Passage, ...]
    claims: tuple[Claim, ...]
    drawing_claims: tuple[DrawingClaim, ...]
    study_claims: tuple[StudyClaim, ...]

    def true_of(self, manifest: Manifest, studies: Collection[str]) -> frozenset[str]:
        """Return what passages of this text may need in a gallery with these studies."""
        true = {*conditions(manifest), *studies}
        if self.images == manifest.images.fingerprint:
            true.add(PHOTOGRAPHS)
        subject = Subject.of(manifest)
        claimed = {claim.layer for claim in self.study_claims} - {""}
        whole = not subject.first_only and claimed <= subject.filters.keys()
        if whole and self.network == subject.weights:
            true.add(NETWORK)
        return frozenset(true)

    def needs_of(self, claim: StudyClaim) -> list[set[str]]:
        """Return what each passage needs that may say what a claim says.

        In a text for any network they are those on the one network that it names. On the study's
        own page all that rests on the same may say it.
        """
        needs = {claim.study} if self.weights else {claim.study, NETWORK}
        if self.source.key == f"studies/{claim.study}.md":
            needs -= {claim.study}
        found = [set(passage.needs) for passage in self.passages if needs <= set(passage.needs)]
        return found if needs else [*found, set()]

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
    studies: dict[str, Text]
    notes: dict[tuple[str, int], Text]

    @property
    def without_notes(self) -> tuple[Text, ...]:
        """Return every text in use but the notes, each once."""
        texts = (self.home, self.finder, *self.layers.values(), *self.pages)
        texts += tuple(self.studies.values())
        return tuple({text.source.key: text for text in texts}.values())


def read_content(folder: Path, subject: Subject, warn: Warn) -> Content:
    """Read all texts that fit an atlas, or that stand in for those that do not.

    Raises ContentError naming the file, and the line where one is to blame.
    """
    if not folder.is_dir():
        raise ContentError(f"{folder}: no such folder; name the texts with --content DIR")
    reader = _Reader(folder, subject, warn)
    site = folder / "site.toml"
    pages = reader.pages()
    for name in ("home", "finder", "credits"):
        if name not in pages:
            raise ContentError(f"{folder / 'pages' / name}.md: missing; this page needs its text")
    return Content(
        site=read_toml(site, read_file(site)).read(SiteText),
        home=pages.pop("home"),
        finder=pages.pop("finder"),
        layers={name: reader.layer(name) for name in subject.filters},
        pages=tuple(sorted(pages.values(), key=lambda page: (page.order, page.name))),
        studies={name: reader.study(name) for name in subject.studies},
        notes=reader.notes(),
    )


@dataclass(frozen=True)
class _Reader:
    folder: Path
    subject: Subject
    warn: Warn

    def pages(self) -> dict[str, Text]:
        names = sorted(path.stem for path in (self.folder / "pages").glob("*.md"))
        return {
            name: self._fitting(f"pages/{name}.md") for name in names if not name.endswith(STAND_IN)
        }

    def layer(self, name: str) -> Text:
        fallback = "layers/default.md"
        if not (self.folder / "layers" / f"{name}.md").is_file():
            self.warn(f"content/layers/{name}.md is missing; {name} gets the text of {fallback}")
            return self._text(fallback)
        return self._fitting(f"layers/{name}.md", fallback)

    def study(self, name: str) -> Text:
        key = f"studies/{name}.md"
        if not (self.folder / key).is_file():
            raise ContentError(f"{self.folder / key}: missing; this page needs its text")
        return self._fitting(key)

    def notes(self) -> dict[tuple[str, int], Text]:
        found: dict[tuple[str, int], Text] = {}
        for path in sorted((self.folder / "notes").glob("*/*.md")):
            key = path.relative_to(self.folder).as_posix()
            text = self._text(key, _NoteKeys)
            if not text.weights:
                raise ContentError(f"{path}: a note must carry `weights`")
            if other := self._misfit(text):
                self.warn(f"content/{key} describes {other} and is left out")
                continue
            layer, number = path.parent.name, path.stem
            filters = self.subject.filters.get(layer, 0)
            if not re.fullmatch(r"0|[1-9]\d*", number) or int(number) >= filters:
                raise ContentError(f"{path}: there is no filter {layer}/{number}")
            found[layer, int(number)] = text
        return found

    def _fitting(self, key: str, fallback: str = "") -> Text:
        """Return the text if it describes these weights, else the one that stands in for it."""
        text = self._text(key)
        about = self._misfit(text)
        if not about:
            return text
        beside = key.removesuffix(".md") + STAND_IN + ".md"
        for other in filter(None, (beside, fallback)):
            if (self.folder / other).is_file():
                self.warn(f"content/{key} describes {about}; {other} stands in for it")
                stand_in = self._text(other)
                for pin in ("weights", "rule"):
                    if getattr(stand_in, pin):
                        raise ContentError(
                            f"{stand_in.source.file}: a stand-in cannot carry `{pin}`"
                        )
                return stand_in
        raise ContentError(
            f"{text.source.file}: describes {about}; write {beside} for such an atlas"
        )

    def _misfit(self, text: Text) -> str:
        """Say what a text describes that this atlas is not or does not have; "" if it fits."""
        subject = self.subject
        if text.weights and text.weights != subject.weights:
            return f"other weights ({text.weights[:12]}…, the atlas has {subject.weights[:12]}…)"
        if absent := self._absent(text):
            return f"{', '.join(absent)}, which this atlas lacks"
        if text.rule and text.rule != subject.rule:
            return f"pictures made by the rule {text.rule}, and the atlas has {subject.rule}"
        measured = {claim.layer for claim in text.claims if not claim.fact.photographs}
        measured |= {claim.layer for claim in text.drawing_claims if claim.fact}
        if bare := sorted(measured & subject.without_stimuli):
            return f"responses to stimuli, and this atlas has none of {', '.join(bare)}"
        if measured and subject.first_only:
            return "all filters of a layer, and this atlas has the first only"
        return ""

    def _absent(self, text: Text) -> list[str]:
        """Return the layers that a text speaks of, that have a text, and that the atlas lacks."""
        named = {found[2] for found in re.finditer(REFERENCE, text.source.without_code())}
        layers = {name.strip().partition("/")[0] for name in named}
        layers |= {claim.layer for claim in text.claims}
        layers |= {claim.layer for claim in text.drawing_claims}
        if text.weights:  # else passages are left out
            layers |= {claim.layer for claim in text.study_claims}
        return sorted(
            name
            for name in layers - self.subject.filters.keys()
            if (self.folder / "layers" / f"{name}.md").is_file()
        )

    def _text(self, key: str, kind: type[_NoteKeys] = _TextKeys) -> Text:
        path = self.folder / key
        table, body, first_line = read_front_matter(path)
        claims, drawing_claims = read_claims(table), read_drawing_claims(table)
        keys = table.read(kind)
        source = Source(str(path), key, body, first_line)
        text = Text(
            **keys.model_dump(exclude={"claims"}, exclude_unset=True),
            name=path.stem.removesuffix(STAND_IN),
            source=source,
            passages=find_passages(source),
            claims=claims,
            drawing_claims=drawing_claims,
            study_claims=read_study_claims(table),
        )
        _require_named(text, PHOTOGRAPHS, text.images, "`images`, the fingerprint of the set")
        _require_named(text, NETWORK, text.network, "`network`, the sha256 of its weights")
        if not text.weights:
            _require_no_filters(text)
        _require_passages(text)
        return text


def _require_named(text: Text, condition: str, named: str, what: str) -> None:
    """Raise ContentError where a passage rests on what the text does not name."""
    for passage in text.passages:
        if condition in passage.needs and not named:
            on = "photographs" if condition == PHOTOGRAPHS else "one network"
            message = f"a passage rests on {on}, so the text must carry {what}"
            raise text.source.error_on(passage.first, message)


def _require_passages(text: Text) -> None:
    """Raise ContentError where a claim on a study stands for nothing that is shown with it."""
    for claim in text.study_claims:
        if not text.needs_of(claim):
            mark = claim.study if text.weights else f"{claim.study} {NETWORK}"
            message = f"nothing is said with it: put that between :::{mark} and :::"
            raise text.source.error_on(claim.line, message)


def _require_no_filters(text: Text) -> None:
    """Raise ContentError where a text for any network says something of filters by number."""
    lines = [claim.line for claim in text.claims]
    lines += [claim.line for claim in text.drawing_claims]
    named = [(line, "a claim is about one network") for line in lines]
    for line, mention, _ in text.source.filters_named():
        named.append((line, f"{mention} names a filter by number"))
    if named:
        line, what = named[0]
        raise text.source.error_on(line, f"{what}, so the text must carry `weights`")
