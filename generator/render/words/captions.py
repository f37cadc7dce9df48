"""A caption for every filter, put together from measured facts by rules that a test can check.

`measure_words` rests on stimuli of known content alone and holds for any image set; `photo_words`
rests on the photographs of the nine places; `caption` joins both. In a layer that was shown no
stimuli only the labels of the photographs are left (`own_words`, `short_words`). Each rule asks
first whether the stimuli that it speaks of drive the filter at all (its reach), then whether the
preference among them is clear. Where no rule applies the caption says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator.atlas.measures import StimuliRecord
from generator.render.facts import Curve, FilterFacts, FilterMeasures
from generator.render.words.words import (
    direction,
    hue_name,
    in_words,
    label_list,
    shortened,
    side_of,
)

LONGEST = 110  # characters of what is said from stimuli: two lines on a phone
NOTHING = "answers to none of the stimuli"
NO_PREFERENCE = "no clear preference among the stimuli"
NO_FORM = "no clear form"  # where something lesser is said after it
ANY_COLOUR = "any colour"

# Reach: the best answer to a kind of stimulus, as a share of the best to any.
SPOKEN_OF = 0.5  # below half, what a filter prefers among them is not what it is for
LEADING = 0.75  # below, another kind does clearly better: it is told as "of stripes", "of colours"

ORIENTED = 0.3  # selectivity; an edge that fills a field of 7 pixels has 0.32 to 0.45
BROADEST = 125.0  # degrees of bandwidth; a cosine of the direction has 120
ON_THE_CURVE = 0.75  # of its largest: a mean between two peaks lies on neither
ANY = 0.5  # a curve that falls to half nowhere has no preference worth a name
NARROW = 1.5  # octaves; plain cells of the visual cortex have 1 to 1.5
MANY = 5.0  # periods in a field: there the finest stripes are a texture, not a contour
AT_THE_END = 0.97  # of the highest frequency measures: the true preference may lie beyond
CLOSE_TO_AN_AXIS = 5.625  # degrees: half the distance between two orientations of the stimuli

CLEAR = 1.0  # standard deviations between the best family and the next: a preference
BEFORE_ALL = 2.0  # … and one that leaves the others far behind
POLAR = 0.5  # one polarity gets three times the answer of the other
AGREEING = 22.5  # degrees: one and a half steps of turned lines

HUE = 0.6  # selectivity; a filter linear in colour has 0.79
BROAD_HUE = 0.4  # … and one that mid grey drives half as strongly as its best hue 0.5
BEFORE_GREY = 0.2  # colour selectivity: no grey gets more than four fifths
FAR_BEFORE_GREY = 0.5  # … than half

MAJORITY = 5  # of nine places with one label

_CONTOURS = ("line", "bar", "edge")
_ONE = {"line": "stroke", "curve": "arc", "rings": "concentric rings", "wheel": "spokes"}
_MANY = {
    "line": "strokes",
    "curve": "arcs",
    "cross": "crosses",
    "rings": "concentric rings",
    "wheel": "spokes",
    "checks": "checks",
    "dots": "dots",
}
_OPENING = {"corner": "open", "curve": "hollow"}
_MEASURED = {"rings": "apart", "dots": "apart", "spiral": "apart", "checks": "wide", "blob": "wide"}


@dataclass(frozen=True)
class Clause:
    """One thing said of a filter. `head` is true alone; `rest` makes it precise."""

    kind: str
    head: str
    rest: str = ""
    reach: float = 1  # see above
    last: bool = False  # told after all others, however far it reaches
    short: str = ""  # what stands for the whole where room is scarce; "": the head

    @property
    def text(self) -> str:
        """Return the whole clause."""
        return self.head + self.rest


def caption(facts: FilterFacts, record: StimuliRecord | None) -> str:
    """Return what is known of a filter, from stimuli and from photographs, as one line."""
    return "; ".join(filter(None, (own_words(facts, record), photo_words(facts))))


def own_words(facts: FilterFacts, record: StimuliRecord | None) -> str:
    """Return what is said of the filter itself, not of its patches; "" without stimuli."""
    return measure_words(facts.measures, record) if facts.measures and record else ""


def short_words(facts: FilterFacts, record: StimuliRecord | None) -> str:
    """Return what stands under a filter's pictures; "" without stimuli and labels."""
    if words := own_words(facts, record) or photo_words(facts):
        return words
    return f"labels: {label_list(facts.labels)}" if facts.labels else ""


def measure_words(measures: FilterMeasures, record: StimuliRecord) -> str:
    """Return what stimuli told of a filter: one to three clauses, at most LONGEST characters.

    A clause that does not fit is shortened, or left out where even that is too long.
    """
    told = ""
    for clause in clauses(measures, record):
        for words in (clause.text, clause.short or clause.head):
            longer = f"{told}; {words}" if told else words
            if len(longer) <= LONGEST:
                told = longer
                break
    return told


def photo_words(facts: FilterFacts) -> str:
    """Return what the photographs of the nine places share; "" where nothing stands out."""
    if not facts.places:
        return "no image activates it"
    total = len(facts.places)
    if facts.agreement < MAJORITY:
        return ""
    label = shortened(facts.labels[0][0], 40)
    if facts.agreement == total:
        return f"all {in_words(total)} patches labelled {label}"
    return f"{facts.agreement} of its {total} patches labelled {label}"


def clauses(measures: FilterMeasures, record: StimuliRecord) -> tuple[Clause, ...]:
    """Return all that can be said of a filter, what drives it most first; never nothing."""
    if not measures.responds:
        return (Clause("silent", NOTHING),)
    stripes, form = (
        _stripes(measures, record),
        _form(measures) or _two_forms(measures, record.families),
    )
    if stripes and form:
        stripes, form = _without_repetition(stripes, form, measures)
    said = [clause for clause in (stripes, form, _colour(measures, record)) if clause]
    # Of equals stripes stand before a form, a form before a colour.
    said.sort(key=lambda clause: (clause.last, -clause.reach))
    if not said:
        return (Clause("none", NO_PREFERENCE),)
    if said[0].head.startswith(("of stripes", "of colours", ANY_COLOUR)):
        said.insert(0, Clause("none", NO_FORM))
    return tuple(said)


def reach(curve: Curve, measures: FilterMeasures) -> float:
    """Return the best answer to a kind of stimulus as a share of the best to any: 0…1."""
    return min(max(curve, default=0) / measures.best, 1) if measures.responds else 0


def _is_on(curve: Curve, turn: float) -> bool:
    """Say whether a curve around a circle is near its largest at `turn`, 0…1 of the circle."""
    at = curve[round(turn * len(curve)) % len(curve)]
    return at >= ON_THE_CURVE * max(curve)


# --- Stripes --------------------------------------------------------------------------------------


def is_oriented(measures: FilterMeasures) -> bool:
    """Say whether a filter prefers a direction clearly enough to name it."""
    selectivity, width = measures.orientation_selectivity, measures.orientation_bandwidth
    if selectivity is None or width is None or measures.orientation is None:
        return False
    return (
        reach(measures.orientation_curve, measures) >= SPOKEN_OF
        and selectivity >= ORIENTED
        and width <= BROADEST
        and _is_on(measures.orientation_curve, measures.orientation / 180)
    )


def _stripes(measures: FilterMeasures, record: StimuliRecord) -> Clause | None:
    share = reach(measures.orientation_curve, measures)
    if share < SPOKEN_OF or measures.frequency is None:
        return None
    colour = "" if measures.axis in {None, record.axes[0]} else f"{measures.axis} "
    noun = _noun(measures, record)
    apart = _apart(measures.frequency, record) if noun == "stripes" else ""
    fine = _is_finest(measures.frequency, record)
    if measures.orientation is not None and is_oriented(measures):
        which = f"{direction_word(measures.orientation)} {colour}"
        head = f"{which}{noun}" if share >= LEADING else f"of stripes, {which}ones"
        rest = f"{apart} (selectivity {measures.orientation_selectivity:.2f})"
        return Clause("stripes", head, rest, share, last=fine)
    other = _undirected(measures, colour, apart) if share >= LEADING else None
    return replace(other, reach=share, last=fine) if other else None


def _is_finest(frequency: float, record: StimuliRecord) -> bool:
    """Say whether stripes are so fine for their field that photographs hardly hold any."""
    return frequency >= AT_THE_END * record.frequencies[-1] and frequency * record.side >= MANY


def _undirected(measures: FilterMeasures, colour: str, apart: str) -> Clause | None:
    """Name a spacing without a direction, or areas without a spacing."""
    curve, width = measures.orientation_curve, measures.frequency_bandwidth
    everywhere = min(curve) >= ANY * max(curve)
    if not apart:
        tone = colour or _tone(measures)
        return Clause("areas", f"broad {tone}areas") if everywhere else None
    if width is None or width > NARROW:
        return None
    directions = "any direction" if everywhere else "several directions"
    return Clause("texture", f"{colour}stripes of {directions}", apart)


def _noun(measures: FilterMeasures, record: StimuliRecord) -> str:
    """Name what a field shows of a grating: less than a period is an edge or a stroke."""
    if (measures.frequency or 0) * record.side >= 1:
        return "stripes"
    return "stroke" if measures.family in {"line", "bar"} else "edge"


def _apart(frequency: float, record: StimuliRecord) -> str:
    highest = record.frequencies[-1]
    if frequency >= AT_THE_END * highest:
        return f", {1 / highest:.2g} px apart or less"
    return f", about {1 / frequency:.0f} px apart"


def direction_word(degrees: float) -> str:
    """Return "horizontal", "vertical" or the angle: "−45°"."""
    if abs((degrees + 90) % 180 - 90) <= CLOSE_TO_AN_AXIS:
        return "horizontal"
    if abs(degrees % 180 - 90) <= CLOSE_TO_AN_AXIS:
        return "vertical"
    return direction(degrees)


# --- Forms ----------------------------------------------------------------------------------------


def _without_repetition(
    stripes: Clause, form: Clause, measures: FilterMeasures
) -> tuple[Clause | None, Clause | None]:
    """Drop what the other says as well, and two families alike after stripes that do better."""
    if form.kind == "two" and stripes.reach >= form.reach and not stripes.last:
        return stripes, None
    if stripes.kind == "stripes" and form.kind == "form" and _is_the_contour(measures):
        return (stripes, None) if stripes.reach >= LEADING else (None, form)
    return stripes, form


def _is_the_contour(measures: FilterMeasures) -> bool:
    """Say whether the best form is a contour along the preferred stripes."""
    if measures.family not in _CONTOURS:
        return False
    if measures.form_rotation is None or measures.orientation is None:
        return False
    apart = abs((measures.form_rotation - measures.orientation + 90) % 180 - 90)
    return apart <= AGREEING


def _form(measures: FilterMeasures) -> Clause | None:
    share = reach(measures.family_response, measures)
    margin = measures.family_margin
    if share < SPOKEN_OF or measures.family is None or margin is None or margin < CLEAR:
        return None
    name, more = form_name(measures)
    lead = "" if share >= LEADING else "of grey forms, "
    comma = "," if more.startswith(",") else ""
    rest = more + comma + _strength(measures, margin)
    return Clause("form", lead + name, rest, share, short=f"{lead or 'of forms, '}{name}")


def _strength(measures: FilterMeasures, margin: float) -> str:
    if margin < BEFORE_ALL:
        return " rather than other forms"
    others = max((*measures.orientation_curve, *measures.hue_curve), default=0)
    best = max(measures.family_response)
    lead = (best - others) / _deviation(measures, margin)
    first = best >= measures.best and lead >= BEFORE_ALL
    number = min(margin, lead) if first else margin
    what = "all else" if first else "all other forms"
    return f" before {what} ({number:.{0 if number >= 9.95 else 1}f} σ over the next)"


def _deviation(measures: FilterMeasures, margin: float) -> float:
    """Return the standard deviation of the filter's answers, in which the margin is given."""
    best, following, *_ = sorted(measures.family_response, reverse=True)
    return (best - following) / margin


def _two_forms(measures: FilterMeasures, families: tuple[str, ...]) -> Clause | None:
    """Name two families that are nearly alike where the third comes clearly after them."""
    share, margin = reach(measures.family_response, measures), measures.family_margin
    if share < LEADING or not margin or len(families) <= 2:
        return None
    ranked = sorted(zip(measures.family_response, families, strict=True), key=lambda pair: -pair[0])
    if ranked[0][0] - ranked[2][0] < CLEAR * _deviation(measures, margin):
        return None
    first, second = (_MANY.get(family, f"{family}s") for _, family in ranked[:2])
    return Clause("two", f"{first} or {second}", " rather than other forms", share)


def _tone(measures: FilterMeasures) -> str:
    if measures.polarity is None or abs(measures.polarity) < POLAR:
        return ""
    return "light " if measures.polarity > 0 else "dark "


def form_name(measures: FilterMeasures) -> tuple[str, str]:
    """Return the best form, and where it points or how large it is: "dots", ", 12 px apart"."""
    family = measures.family or ""
    tone, name = _tone(measures), _ONE.get(family, family)
    if family in _CONTOURS or family == "cross":
        name = _turned(measures, name)
    if family == "edge":
        tone = ""  # both sides are told
    if family == "wheel" and measures.form_variant is not None:
        tone = f"{measures.form_variant:.0f} {tone}"
    return tone + name, _place_or_size(measures)


def _turned(measures: FilterMeasures, name: str) -> str:
    turn = measures.form_rotation
    if turn is None:
        return name
    if measures.family != "cross":
        return f"{direction_word(turn)} {name}"
    kind = {"0°": "upright ", "45°": "diagonal "}.get(direction(turn % 90), "")
    return kind + name


def _place_or_size(measures: FilterMeasures) -> str:
    family, turn, size = measures.family, measures.form_rotation, measures.form_size
    if turn is not None and family == "edge":
        side = turn + (90 if (measures.form_contrast or 0) > 0 else -90)
        return f", light at the {side_of(side)}"
    if turn is not None and family in _OPENING:
        return f" {_OPENING[family]} towards the {side_of(turn)}"
    if size is not None and family in _MEASURED:
        return f", about {size:.0f} px {_MEASURED[family]}"
    return ""


# --- Colour ---------------------------------------------------------------------------------------


def is_coloured(measures: FilterMeasures) -> bool:
    """Say whether a filter prefers a hue clearly enough to name it."""
    if measures.hue is None or measures.hue_selectivity is None:
        return False
    return (
        reach(measures.hue_curve, measures) >= SPOKEN_OF
        and measures.hue_selectivity >= BROAD_HUE
        and _is_on(measures.hue_curve, measures.hue / 360)
    )


def _colour(measures: FilterMeasures, record: StimuliRecord) -> Clause | None:
    share, over = reach(measures.hue_curve, measures), measures.colour_selectivity or 0
    strength = ""
    if over >= BEFORE_GREY:
        strength = f"{'far ' if over >= FAR_BEFORE_GREY else ''}before any grey"
    if measures.hue is not None and is_coloured(measures):
        mostly = "" if (measures.hue_selectivity or 0) >= HUE else "mostly "
        lead = "" if strength and share >= LEADING else "of colours, "
        rest = f" {strength}" if strength else ""
        head = f"{lead}{mostly}{hue_name(measures.hue)}"
        return Clause("hue", head, rest, share, last=not strength)
    if strength:
        return Clause("colour", f"colours {strength}", reach=share)
    flat = bool(measures.hue_curve) and min(measures.hue_curve) >= ANY * max(measures.hue_curve)
    if share >= SPOKEN_OF and flat and measures.axis == record.axes[0]:
        return Clause("any", ANY_COLOUR, reach=share, last=True)
    return None
