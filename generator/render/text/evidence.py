"""Compares what texts say of filters with what the atlas knows of them.

A filter that a text names needs a claim from stimuli in the same text, claims from photographs need
a passage on photographs, and every claim must be true. Claims from photographs are checked only
where the atlas was built from the image set that the text names, claims on drawings against the
answers that a study measured. Claims on studies are checked where a passage with them is shown.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from generator.errors import ContentError
from generator.render.facts import FilterFacts, FilterMeasures, Gallery, LayerFacts
from generator.render.text.claims import LABELS, Claim, Fact, Interval
from generator.render.text.content import Content, Text
from generator.render.text.drawings import Answers, DrawingClaim, unknown_drawings
from generator.render.text.front_matter import suggestion
from generator.render.text.passages import PHOTOGRAPHS
from generator.render.text.study_claims import Numbers, contradiction

Value = float | str | None  # of a fact; None where a filter gives no ground for it


def check_claims(
    content: Content,
    gallery: Gallery,
    answers: Answers = MappingProxyType({}),
    numbers: Mapping[str, Numbers] = MappingProxyType({}),
) -> None:
    """Check the claims of all texts in use; ContentError names each that fails.

    `answers` are those of the network to drawings, `numbers` those of each study that there is.
    """
    faults: list[str] = []
    notes = [(text, f"{layer}/{number}") for (layer, number), text in content.notes.items()]
    for text, about in (*((text, "") for text in content.without_notes), *notes):
        wrong = (
            *_untrue(text, gallery),
            *_untrue_of_drawings(text, gallery, answers),
            *_untrue_of_studies(text, gallery, numbers),
        )
        found = sorted({*_unclaimed(text, about, gallery), *wrong})
        faults += [f"{text.source.file}:{line}: {said}" for line, said in found]
    if faults:
        raise ContentError("\n".join(faults))


def _unclaimed(text: Text, about: str, gallery: Gallery) -> Iterator[tuple[int, str]]:
    """Yield line and message for each filter that is named, or described, without a claim."""
    claimed = {claim.filter for claim in text.claims if not claim.fact.photographs}
    if about and about not in claimed:
        yield 1, f"{about} is described without a claim; add one"
    for line, mention, filter_ in text.source.filters_named():
        try:
            gallery.filter(filter_)
        except LookupError as error:
            yield line, f"{mention} does not exist: {error.args[0]}"
            continue
        if filter_ not in claimed:
            yield line, f"{filter_} is shown without a claim; add one from stimuli"


def _untrue(text: Text, gallery: Gallery) -> Iterator[tuple[int, str]]:
    """Yield line and message for each claim that the atlas does not confirm."""
    for claim in text.claims:
        try:
            said = _contradiction(claim, text, gallery)
        except LookupError as error:  # no such filter or layer
            said = error.args[0]
        if said:
            yield claim.line, f"{said}; mend the text or the claim"


def _untrue_of_drawings(
    text: Text, gallery: Gallery, answers: Answers
) -> Iterator[tuple[int, str]]:
    """Yield line and message for each claim on a drawing that is not so."""
    for claim in text.drawing_claims:
        said = next(unknown_drawings(claim, answers), "") or _fewer(claim, gallery, answers)
        if said:
            yield claim.line, f"{said}; mend the text or the claim"


def _untrue_of_studies(
    text: Text, gallery: Gallery, numbers: Mapping[str, Numbers]
) -> Iterator[tuple[int, str]]:
    """Yield line and message for each claim on a study that is shown and not so."""
    true = text.true_of(gallery.manifest, numbers)
    for claim in text.study_claims:
        if claim.study not in numbers:
            continue
        found, needs = numbers[claim.study], text.needs_of(claim)
        if found.photographs:
            needs = [each for each in needs if PHOTOGRAPHS in each]
        if not needs:
            yield (
                claim.line,
                f"{claim.subject} rests on photographs; write {PHOTOGRAPHS} in the mark",
            )
        elif any(each <= true for each in needs) and (said := contradiction(claim, found)):
            yield claim.line, f"{said}; mend the text or the claim"


def _fewer(claim: DrawingClaim, gallery: Gallery, answers: Answers) -> str:
    """Say how many filters are as a claim on a drawing says, if too few; else ""."""
    ten = answers[claim.drawing][claim.layer]
    if claim.fact:
        filters = [gallery.layer(claim.layer).filters[number] for number in ten]
        values = [value_of(claim.fact, facts, gallery) for facts in filters]
        so = sum(_agrees(value, claim.says) for value in values)
        what = f"have {claim.fact.name} {claim.says}"
    else:
        others = set(answers[claim.other][claim.layer])
        so = sum((number in others) == claim.alike for number in ten)
        what = f"are {'' if claim.alike else 'not '}among those of {claim.other}"
    if so >= claim.of_ten:
        return ""
    subject = f"of the filters of {claim.layer} that answer most to {claim.drawing}"
    return f"{subject}, {so} {what}, the claim says at least {claim.of_ten}"


def _agrees(value: Value, says: Interval | str) -> bool:
    """Say whether the value of a fact is as a claim says."""
    if isinstance(says, Interval):
        return isinstance(value, int | float) and _rounded(value) in says
    return value == says


def _contradiction(claim: Claim, text: Text, gallery: Gallery) -> str:
    """Say what the atlas says instead of a claim, or why it says nothing; "" if all is well."""
    fact, layer = claim.fact, gallery.layer(claim.layer)
    filters = [gallery.filter(claim.filter)] if claim.filter else layer.filters
    if fact.photographs and not text.on_photographs:
        return (
            f"{fact.name} rests on photographs, but the text has no passage between "
            ":::photographs and :::"
        )
    if fact.photographs and text.images != gallery.manifest.images.fingerprint:
        return ""
    if not fact.photographs and layer.record.stimuli is None:
        return f"{fact.name} rests on stimuli, and {claim.layer} was shown none"
    values = [value_of(fact, each, gallery) for each in filters]
    if claim.untrained:
        values = [getattr(measures, fact.name) for measures in layer.untrained]
    reason = _why(fact, filters[0].measures)
    return _unknown_name(claim, layer) or _difference(claim, values, reason)


def _difference(claim: Claim, values: Sequence[Value], reason: str) -> str:
    """Say what the `values` of a fact are instead, or the `reason` why none is known."""
    fact = claim.fact
    subject = claim.filter or (f"{claim.layer}, untrained:" if claim.untrained else claim.layer)
    if all(value is None for value in values):
        none = f"has no {fact.name}: {reason}" if claim.filter else f"no filter has {fact.name}"
        return f"{subject} {none}"
    value, says = values[0] if claim.filter else _statistic(values, claim.share_of), claim.says
    if _agrees(value, says):
        return ""
    found = _rounded(value) if isinstance(value, int | float) else value
    what = fact.name if claim.filter else f"median {fact.name}"
    if claim.share_of is not None:
        at_least = "" if isinstance(claim.share_of, str) else "at least "
        what = f"share of filters with {fact.name} {at_least}{_shown(claim.share_of)}"
    return f"{subject} {what} is {_shown(found)}, the claim says {claim.says}"


def _unknown_name(claim: Claim, layer: LayerFacts) -> str:
    """Say that no filter of this layer could have the name of a claim; "" if one could."""
    fact, record = claim.fact, layer.record.stimuli
    labels = layer.manifest.images.labels
    name = claim.says if claim.filter else claim.share_of
    if fact.name.startswith(LABELS):
        name, known, kind = fact.name.removeprefix(LABELS), labels, "label"
    elif fact.is_name and isinstance(name, str):
        known, kind = (record.names if record else {}).get(fact.name, labels), fact.name
    else:
        return ""
    return "" if name in known else f"there is no {kind} {name}{suggestion(name, known)}"


def value_of(fact: Fact, facts: FilterFacts, gallery: Gallery) -> Value:
    """Return the value of a fact for one filter."""
    if fact.name.startswith(LABELS):
        return dict(facts.labels).get(fact.name.removeprefix(LABELS), 0)
    if fact.name == "active_share":
        return facts.active / gallery.manifest.images.count
    value: Value = getattr(facts if fact.photographs else facts.measures, fact.name)
    return value


def _statistic(values: Sequence[Value], share_of: float | str | None) -> float:
    """Return the median of what is known, or the share of all filters with this or more."""
    if isinstance(share_of, str):
        return values.count(share_of) / len(values)
    numbers = [value for value in values if isinstance(value, int | float)]
    if share_of is None:
        return statistics.median(numbers)
    return sum(_rounded(value) >= share_of for value in numbers) / len(values)


def _rounded(value: float) -> float:
    """Return a number as messages show it: 0.4 is stored in 32 bits as 0.4000000059."""
    return float(f"{value:.6g}")


def _shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)


def _why(fact: Fact, measures: FilterMeasures | None) -> str:
    """Return why a filter gives no ground for a fact; `measures` is None only without stimuli."""
    if fact.photographs or measures is None:
        return "no image with a label activates it"
    if fact.name == "orientation" and measures.orientation_selectivity is not None:
        return "it responds to all orientations alike"
    if fact.name == "hue" and measures.hue_selectivity is not None:
        return "it responds to all hues alike"
    kind, _, _ = fact.name.partition("_")
    if kind in {"orientation", "frequency", "axis"}:
        return "it responds to no grating"
    if kind in {"hue", "colour"}:
        return "it responds to no colour"
    return "it responds to all stimuli alike" if kind == "twin" else "it responds to no form"
