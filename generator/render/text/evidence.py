"""Holds what texts say of filters against what the atlas knows of them.

A filter that a text names needs a claim from stimuli in the same text, claims from photographs need
a passage on photographs, and every claim must hold. Claims from photographs are checked only where
the atlas was built from the image set that the text names.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.errors import ContentError
from generator.render.facts import FilterFacts, FilterMeasures, Gallery, LayerFacts
from generator.render.text.claims import LABELS, Claim, Fact, FilterClaim, Interval, LayerClaim
from generator.render.text.content import Content, Text
from generator.render.text.front_matter import suggestion

Key = tuple[str, int]  # layer and number of a filter
Told = float | str | None  # a fact's value; None where a filter gives no ground for it


class _Unfounded(Exception):  # its text says what the atlas says instead
    pass


def check_claims(content: Content, gallery: Gallery) -> None:
    """Check the claims of all texts in use; ContentError names each that fails."""
    faults: list[str] = []
    notes = [(text, key) for key, text in content.notes.items()]
    for text, about in (*((text, None) for text in content.without_notes), *notes):
        check = _Check(text, gallery)
        found = sorted({*check.unclaimed(about), *check.broken()})
        faults += [f"{text.source.file}:{line}: {said}" for line, said in found]
    if faults:
        raise ContentError("\n".join(faults))


@dataclass(frozen=True)
class _Check:
    text: Text
    gallery: Gallery

    @property
    def on_photographs(self) -> bool:
        return self.text.images == self.gallery.manifest.images.fingerprint

    def unclaimed(self, about: Key | None) -> Iterator[tuple[int, str]]:
        """Yield line and message for each filter that is named, or described, without a claim."""
        claimed = {
            claim.filter
            for claim in self.text.claims
            if isinstance(claim, FilterClaim) and not claim.fact.photographs
        }
        if about and f"{about[0]}/{about[1]}" not in claimed:
            yield 1, f"{about[0]}/{about[1]} is described without a claim; add one"
        for named in self.text.source.filters_named():
            try:
                self.gallery.filter(named.filter)
            except LookupError as error:
                yield named.line, f"{named.text} does not exist: {error.args[0]}"
                continue
            if named.filter not in claimed:
                yield named.line, f"{named.filter} is shown without a claim; add one from stimuli"

    def broken(self) -> Iterator[tuple[int, str]]:
        """Yield line and message for each claim that does not hold."""
        for claim in self.text.claims:
            try:
                self._hold(claim)
            except (_Unfounded, LookupError) as error:
                yield claim.line, f"{error.args[0]}; mend the text or the claim"

    def _hold(self, claim: Claim) -> None:
        if claim.fact.photographs and not self.text.on_photographs:
            raise _Unfounded(
                f"{claim.fact.name} rests on photographs, but the text has no passage between "
                ":::photographs and :::"
            )
        if isinstance(claim, FilterClaim):
            facts = self.gallery.filter(claim.filter)
            if self._knows(claim.fact, self.gallery.layer(facts.layer)):
                self._compare_filter(claim, facts)
        else:
            layer = self.gallery.layer(claim.layer)
            if self._knows(claim.fact, layer):
                self._compare_layer(claim, layer)

    def _knows(self, fact: Fact, layer: LayerFacts) -> bool:
        """Say whether the atlas can tell a fact; one of photographs only with the same images."""
        if fact.photographs:
            return self.on_photographs
        if layer.record.stimuli is None:
            name = layer.record.name
            raise _Unfounded(f"{fact.name} rests on stimuli, and {name} was shown none")
        return True

    def _compare_filter(self, claim: FilterClaim, facts: FilterFacts) -> None:
        self._known_name(claim.fact, claim.says, self.gallery.layer(facts.layer))
        told = _rounded(_told(claim.fact, facts, self.gallery.manifest.images.count))
        if told is None:
            raise _Unfounded(
                f"{claim.filter} has no {claim.fact.name}: {_why(claim.fact, facts.measures)}"
            )
        if not _holds(claim.says, told):
            raise _Unfounded(
                f"{claim.filter} {claim.fact.name} is {_shown(told)}, the claim says {claim.says}"
            )

    def _compare_layer(self, claim: LayerClaim, layer: LayerFacts) -> None:
        self._known_name(claim.fact, claim.share_of, layer)
        subject = f"{claim.layer}, untrained:" if claim.untrained else claim.layer
        images = self.gallery.manifest.images.count
        values: list[Told] = [_told(claim.fact, facts, images) for facts in layer.filters]
        if claim.untrained:
            values = [getattr(measures, claim.fact.name) for measures in layer.untrained]
        if all(value is None for value in values):
            raise _Unfounded(f"{subject} no filter has {claim.fact.name}")
        found = _six_digits(_statistic(values, claim.share_of))
        if not _holds(claim.says, found):
            what = f"median {claim.fact.name}"
            if claim.share_of is not None:
                kind = "" if isinstance(claim.share_of, str) else "at least "
                what = f"share of filters with {claim.fact.name} {kind}{_shown(claim.share_of)}"
            raise _Unfounded(f"{subject} {what} is {_shown(found)}, the claim says {claim.says}")

    def _known_name(self, fact: Fact, says: Interval | Told, layer: LayerFacts) -> None:
        """Refuse a name that no filter of this layer could have."""
        record, labels = layer.record.stimuli, self.gallery.manifest.images.labels
        if fact.name.startswith(LABELS):
            name, known, kind = fact.name.removeprefix(LABELS), labels, "label"
        elif fact.named and isinstance(says, str):
            named = record.names if record else {}
            name, known, kind = says, named.get(fact.name, labels), fact.name
        else:
            return
        if name not in known:
            raise _Unfounded(f"there is no {kind} {name}{suggestion(name, known)}")


def _told(fact: Fact, facts: FilterFacts, images: int) -> Told:
    """Return the value of a fact for one filter of a gallery of so many images."""
    if fact.name.startswith(LABELS):
        return dict(facts.labels).get(fact.name.removeprefix(LABELS), 0)
    if fact.name == "active_share":
        return facts.active / images
    told: Told = getattr(facts if fact.photographs else facts.measures, fact.name)
    return told


def _rounded(value: Told) -> Told:
    return value if value is None or isinstance(value, str) else _six_digits(value)


def _six_digits(value: float) -> float:
    """Return a number as messages show it: 0.4 is stored in 32 bits as 0.4000000059."""
    return float(f"{value:.6g}")


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _holds(says: Interval | str, told: Told) -> bool:
    if isinstance(says, str):
        return told == says
    return isinstance(told, int | float) and says.holds(told)


def _statistic(values: Sequence[Told], share_of: float | str | None) -> float:
    """Return the median of what is known, or the share of all filters with this or more."""
    numbers = [value for value in values if isinstance(value, int | float)]
    if share_of is None:
        return statistics.median(numbers)
    if isinstance(share_of, str):
        return values.count(share_of) / len(values)
    return sum(_six_digits(value) >= share_of for value in numbers) / len(values)


def _why(fact: Fact, measures: FilterMeasures | None) -> str:
    """Return why a filter gives no ground for a fact; `measures` is None only without stimuli."""
    if fact.photographs or measures is None:
        return "no image with a label activates it"
    if fact.name == "orientation" and measures.orientation_selectivity is not None:
        return "it answers to all orientations alike"
    if fact.name == "hue" and measures.hue_selectivity is not None:
        return "it answers to all hues alike"
    kind, _, _ = fact.name.partition("_")
    if kind in {"orientation", "frequency", "axis"}:
        return "it answers to no grating"
    if kind in {"hue", "colour"}:
        return "it answers to no colour"
    return "it answers to all stimuli alike" if kind == "twin" else "it answers to no form"
