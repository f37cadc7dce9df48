"""The tables `[[claims]]` of a text: what it says of filters, in a form that can be checked.

    filter = "layer1/12"                    layer = "layer1"
    fact = "orientation"                    fact = "orientation_selectivity"
    within = [130, 140]                     statistic = "share"  # or "median"
                                            at_least = 0.5       # of a share
    filter = "layer2/7"                     within = [0.2, 0.4]
    fact = "family"                         subject = "untrained"  # the same with random weights
    is = "concentric rings"

`evidence` compares them with the atlas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from generator.atlas.measures import MEASURES
from generator.render.text.front_matter import Keys, Table, Words, suggestion

HINT = "; keys of the text stand above the first [[claims]]"  # ends a message on an unknown key
LABELS = "labels."  # "labels.lotus": places with this label


class FactKeys(Keys):
    """What every claim on a fact says."""

    fact: Words
    within: list[float] = Field(
        [], min_length=2, max_length=2, description="two numbers, [low, high]"
    )
    is_: Words = Field("", alias="is")


class _FilterKeys(FactKeys):
    filter: Words


class _LayerKeys(FactKeys):
    layer: Words
    statistic: Literal["median", "share"] = Field(description='"median" or "share"')
    at_least: float = Field(0, description="a number")
    subject: Literal["untrained"] | None = Field(None, description='"untrained"; else leave it out')


@dataclass(frozen=True)
class Fact:
    """A property of filters that the atlas knows."""

    name: str
    is_name: bool = False  # its values are names, not numbers
    photographs: bool = False  # depends on the image set
    period: float = 0  # degrees after which it is the same again; 0 for never


FACTS = {
    name: Fact(name, is_name=measure.names is not None, period=measure.period)
    for name, measure in MEASURES.items()
    if measure.curve is None
}
FACTS |= {name: Fact(name, photographs=True) for name in ("active_share", "label_purity")}
FACTS["common_label"] = Fact("common_label", is_name=True, photographs=True)


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included; around a circle where there is a `period`."""

    low: float
    high: float
    period: float = 0

    def __contains__(self, value: float) -> bool:
        high = self.high + self.period if self.low > self.high else self.high
        turned = (value - self.period, value, value + self.period)
        return any(self.low <= each <= high for each in turned)

    def __str__(self) -> str:
        return f"{self.low:.6g} to {self.high:.6g}"


@dataclass(frozen=True)
class Claim:
    """A fact of one filter, or the median or a share of a layer's filters, is as it `says`."""

    line: int
    layer: str
    filter: str  # "layer1/12"; "" where the claim is about the layer
    fact: Fact
    says: Interval | str
    share_of: float | str | None = None  # filters with at least this, or of this name; None: median
    untrained: bool = False  # of the network with random weights


def read_claims(front: Table) -> tuple[Claim, ...]:
    """Return the claims of a text on filters and layers.

    Those on drawings are in `drawings`, those on studies in `study_claims`. ContentError with the
    line of one that is not well formed.
    """
    tables = front.tables("claims")
    others = {"drawing", "study"}
    return tuple(_claim(table) for table in tables if not others & table.values.keys())


def _claim(table: Table) -> Claim:
    if ("filter" in table.values) == ("layer" in table.values):
        raise table.error("a claim names either a filter or a layer")
    if "layer" in table.values:
        return _layer_claim(table, table.read(_LayerKeys, HINT))
    keys = table.read(_FilterKeys, HINT)
    fact, says = fact_of(table, keys)
    return Claim(table.line, keys.filter.partition("/")[0], keys.filter, fact, says)


def fact_of(table: Table, keys: FactKeys) -> tuple[Fact, Interval | str]:
    """Return a fact and what a claim says it is; ContentError where one does not fit the other."""
    fact = _fact(table, keys.fact)
    is_what, wanted, other = (
        ("name", "is", "within") if fact.is_name else ("number", "within", "is")
    )
    if other in table.values:
        raise table.error(f"{fact.name} is a {is_what}; write {wanted} instead of {other}", other)
    return fact, _name(table, keys) if fact.is_name else _interval(table, keys, fact.period)


def _layer_claim(table: Table, keys: _LayerKeys) -> Claim:
    fact = _fact(table, keys.fact)
    if fact.period or fact.name == "twin":
        raise table.error(f"{fact.name} has no low and high, so no median and no share", "fact")
    if keys.subject and fact.photographs:
        raise table.error(f"{fact.name} is not known of untrained filters", "subject")
    share_of = _share_of(table, keys, fact)
    says = _interval(table, keys, period=0)
    return Claim(table.line, keys.layer, "", fact, says, share_of, keys.subject is not None)


def _share_of(table: Table, keys: _LayerKeys, fact: Fact) -> float | str | None:
    """Return what a filter must have to count; None where the claim is about a median."""
    is_median = keys.statistic == "median"
    if is_median and fact.is_name:
        raise table.error(f'{fact.name} is a name and has no median; use "share"', "statistic")
    wanted = "" if is_median else "is" if fact.is_name else "at_least"
    for name in ("is", "at_least"):
        if name in table.values and name != wanted:
            raise table.error(
                f"{name} has no meaning for the {keys.statistic} of {fact.name}", name
            )
    if is_median:
        return None
    if fact.is_name:
        return _name(table, keys)
    if wanted not in table.values:
        raise table.error("at_least is missing: of the filters with how much is it the share?")
    return keys.at_least


def _fact(table: Table, name: str) -> Fact:
    if name.startswith(LABELS) and name != LABELS:
        return Fact(name, photographs=True)
    if name not in FACTS:
        raise table.error(f"unknown fact {name}{suggestion(name, [*FACTS, LABELS + '…'])}", "fact")
    return FACTS[name]


def _name(table: Table, keys: FactKeys) -> str:
    if "is" not in table.values:
        raise table.error(f'is is missing: {keys.fact} is a name; write is = "…"')
    return keys.is_


def _interval(table: Table, keys: FactKeys, period: float) -> Interval:
    """Return the interval that the claim says; degrees for a fact with a `period`."""
    if not keys.within:
        raise table.error("within is missing: write within = [low, high]")
    low, high = keys.within
    if period and not (0 <= low <= period and 0 <= high <= period):
        raise table.error(f"{keys.fact} goes from 0 to {period:g} degrees", "within")
    if not period and not low <= high:
        raise table.error(f"within goes from {low:g} down to {high:g}; put the low first", "within")
    return Interval(low, high, period)
