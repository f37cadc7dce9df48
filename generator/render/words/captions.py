"""A caption for every filter, put together from measured facts by rules that a test can check.

`measure_words` rests on the stimuli alone and is the same for any image set; `photo_words` rests on
the photographs of the nine places; `caption` joins both. A layer without stimuli has only the
labels of its photographs (`short_words`). Each rule first asks whether its kind of stimulus drives
the filter at all (its reach), then whether the preference among them is clear. Where no rule
applies the caption says so.
"""

from __future__ import annotations

from dataclasses import dataclass

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

# Reach: the best response to a kind of stimulus, as a share of the best to any.
SPOKEN_OF = 0.5  # below half, what a filter prefers among them is not what it is for
LEADING = 0.75  # below, another kind does clearly better: it is called "of stripes", "of colours"

ORIENTED = 0.3  # selectivity; an edge that fills a field of 7 pixels has 0.32 to 0.45
BROADEST = 125.0  # degrees of bandwidth; a cosine of the direction has 120
ON_THE_CURVE = 0.75  # of its largest: a mean between two peaks lies on neither
ANY = 0.5  # a curve that falls to half nowhere has no preference worth a name
NARROW = 1.5  # octaves; plain cells of the visual cortex have 1 to 1.5
MANY = 5.0  # periods in a field: there the finest stripes are a texture, not a contour
AT_THE_END = 0.97  # of the highest frequency shown: the true preference may lie beyond
CLOSE_TO_AN_AXIS = 5.625  # degrees: half the distance between two orientations of the stimuli

CLEAR = 1.0  # standard deviations between the best family and the next: a preference
BEFORE_ALL = 2.0  # … and one that leaves the others far behind
POLAR = 0.5  # one polarity gets three times the response of the other
AGREEING = 22.5  # degrees: one and a half steps of turned lines

HUE = 0.6  # selectivity; a filter linear in colour has 0.79
BROAD_HUE = 0.4  # … and one that mid grey drives half as strongly as its best hue 0.5
BEFORE_GREY = 0.2  # colour selectivity: no grey gets more than four fifths
FAR_BEFORE_GREY = 0.5  # … than half

MAJORITY = 5  # of nine places with one label

_CONTOURS = ("line", "bar", "edge")
# One of a family, several of them, and where it points or how large it is. The others are called
# as their family and have neither.
_FORMS = {
    "line": ("stroke", "strokes", ""),
    "edge": ("edge", "edges", ", light at the {light}"),
    "corner": ("corner", "corners", " open towards the {side}"),
    "curve": ("arc", "arcs", " hollow towards the {side}"),
    "cross": ("cross", "crosses", ""),
    "rings": ("concentric rings", "concentric rings", ", about {size:.0f} px apart"),
    "wheel": ("spokes", "spokes", ""),
    "spiral": ("spiral", "spirals", ", about {size:.0f} px apart"),
    "checks": ("checks", "checks", ", about {size:.0f} px wide"),
    "dots": ("dots", "dots", ", about {size:.0f} px apart"),
    "blob": ("blob", "blobs", ", about {size:.0f} px wide"),
}


@dataclass(frozen=True)
class Clause:
    """One thing said of a filter. `head` is true alone; `rest` makes it precise."""

    head: str
    rest: str = ""
    reach: float = 1  # see above
    last: bool = False  # said after all others, however far it reaches
    short: str = ""  # stands for the whole where room is scarce; "": the head


def caption(facts: FilterFacts, record: StimuliRecord | None) -> str:
    """Return what is known of a filter, from stimuli and from photographs, as one line."""
    return "; ".join(filter(None, (own_words(facts, record), photo_words(facts))))


def own_words(facts: FilterFacts, record: StimuliRecord | None) -> str:
    """Return what is said of the filter itself, not of its patches; "" without stimuli."""
    return measure_words(facts.measures, record) if facts.measures and record else ""


def short_words(facts: FilterFacts, record: StimuliRecord | None) -> str:
    """Return what stands under a filter's pictures; "" without stimuli and labels."""
    labels = f"labels: {label_list(facts.labels)}" if facts.labels else ""
    return own_words(facts, record) or photo_words(facts) or labels


def measure_words(measures: FilterMeasures, record: StimuliRecord) -> str:
    """Return what stimuli showed of a filter: one to three clauses, at most LONGEST characters.

    A clause that does not fit is shortened, or left out where even that is too long.
    """
    said = ""
    for clause in clauses(measures, record):
        for words in (clause.head + clause.rest, clause.short or clause.head):
            longer = f"{said}; {words}" if said else words
            if len(longer) <= LONGEST:
                said = longer
                break
    return said


def photo_words(facts: FilterFacts) -> str:
    """Return what the photographs of the nine places share; "" where nothing stands out."""
    if not facts.places:
        return "no image activates it"
    if facts.agreement < MAJORITY:
        return ""
    total = len(facts.places)
    alike = f"{facts.agreement} of its {total}"
    if facts.agreement == total:
        alike = f"all {in_words(total)}"
    return f"{alike} patches labelled {shortened(facts.labels[0][0], 40)}"


def clauses(measures: FilterMeasures, record: StimuliRecord) -> tuple[Clause, ...]:
    """Return all that can be said of a filter, what drives it most first; never nothing."""
    if not measures.responds:
        return (Clause(NOTHING),)
    stripes, form = _stripes(measures, record), _form(measures)
    # Nothing is said twice, and two families alike are not named after stripes that do better.
    if stripes and form and _is_the_contour(measures):
        stripes, form = (stripes, None) if stripes.reach >= LEADING else (None, form)
    elif not form:
        form = _two_forms(measures, record.families)
        if stripes and form and stripes.reach >= form.reach and not stripes.last:
            form = None
    said = [clause for clause in (stripes, form, _colour(measures, record)) if clause]
    # Of equals stripes stand before a form, a form before a colour.
    said.sort(key=lambda clause: (clause.last, -clause.reach))
    if not said:
        return (Clause(NO_PREFERENCE),)
    if said[0].head.startswith(("of stripes", "of colours", ANY_COLOUR)):
        said.insert(0, Clause(NO_FORM))
    return tuple(said)


def reach(curve: Curve, measures: FilterMeasures) -> float:
    """Return the best response to a kind of stimulus as a share of the best to any: 0…1."""
    return min(max(curve, default=0) / measures.best, 1) if measures.responds else 0


def _responds_at(turn: float, curve: Curve, measures: FilterMeasures) -> bool:
    """Say whether a curve around a circle reaches far, and at `turn`, 0…1, nearly its largest."""
    if reach(curve, measures) < SPOKEN_OF:
        return False
    return curve[round(turn * len(curve)) % len(curve)] >= ON_THE_CURVE * max(curve)


def _is_flat(curve: Curve) -> bool:
    return min(curve) >= ANY * max(curve)


# --- Stripes --------------------------------------------------------------------------------------


def is_oriented(measures: FilterMeasures) -> bool:
    """Say whether a filter prefers a direction clearly enough to name it."""
    selectivity, width = measures.orientation_selectivity, measures.orientation_bandwidth
    if selectivity is None or width is None or measures.orientation is None:
        return False
    clear = selectivity >= ORIENTED and width <= BROADEST
    return clear and _responds_at(measures.orientation / 180, measures.orientation_curve, measures)


def _stripes(measures: FilterMeasures, record: StimuliRecord) -> Clause | None:
    """Name stripes of a direction, a spacing without a direction, or areas without a spacing."""
    curve, frequency = measures.orientation_curve, measures.frequency
    share = reach(curve, measures)
    if share < SPOKEN_OF or frequency is None:
        return None
    highest, periods = record.frequencies[-1], frequency * record.side
    finest = frequency >= AT_THE_END * highest
    last = finest and periods >= MANY  # photographs hardly show stripes so fine for their field
    noun, apart = "stripes", f", about {1 / frequency:.0f} px apart"
    if finest:
        apart = f", {1 / highest:.2g} px apart or less"
    if periods < 1:  # a field shows less than a period of a grating as an edge or a stroke
        noun, apart = "stroke" if measures.family in {"line", "bar"} else "edge", ""
    colour = "" if measures.axis in {None, record.axes[0]} else f"{measures.axis} "
    if measures.orientation is not None and is_oriented(measures):
        which = f"{_direction_word(measures.orientation)} {colour}"
        head = f"{which}{noun}" if share >= LEADING else f"of stripes, {which}ones"
        rest = f"{apart} (selectivity {measures.orientation_selectivity:.2f})"
        return Clause(head, rest, share, last)
    everywhere, width = _is_flat(curve), measures.frequency_bandwidth
    if share >= LEADING and apart and width is not None and width <= NARROW:
        directions = "any direction" if everywhere else "several directions"
        return Clause(f"{colour}stripes of {directions}", apart, share, last)
    if share >= LEADING and everywhere and not apart:
        return Clause(f"broad {colour or _tone(measures)}areas", "", share, last)
    return None


def _direction_word(degrees: float) -> str:
    """Return "horizontal", "vertical" or the angle: "−45°"."""
    if abs((degrees + 90) % 180 - 90) <= CLOSE_TO_AN_AXIS:
        return "horizontal"
    if abs(degrees % 180 - 90) <= CLOSE_TO_AN_AXIS:
        return "vertical"
    return direction(degrees)


# --- Forms ----------------------------------------------------------------------------------------


def _is_the_contour(measures: FilterMeasures) -> bool:
    """Say whether the best form is a contour along the preferred stripes."""
    turn, stripes = measures.form_rotation, measures.orientation
    if measures.family not in _CONTOURS or turn is None or stripes is None:
        return False
    return is_oriented(measures) and abs((turn - stripes + 90) % 180 - 90) <= AGREEING


def _form(measures: FilterMeasures) -> Clause | None:
    share = reach(measures.family_response, measures)
    margin = measures.family_margin
    if share < SPOKEN_OF or measures.family is None or margin is None or margin < CLEAR:
        return None
    name, where = _form_name(measures, measures.family)
    lead = "" if share >= LEADING else "of grey forms, "
    comma = "," if where.startswith(",") else ""
    rest = where + comma + _strength(measures, margin)
    return Clause(lead + name, rest, share, short=f"{lead or 'of forms, '}{name}")


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
    """Return the standard deviation of the filter's responses, in which the margin is given."""
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
    first, second = (_FORMS.get(family, ("", f"{family}s"))[1] for _, family in ranked[:2])
    return Clause(f"{first} or {second}", " rather than other forms", share)


def _tone(measures: FilterMeasures) -> str:
    if measures.polarity is None or abs(measures.polarity) < POLAR:
        return ""
    return "light " if measures.polarity > 0 else "dark "


def _form_name(measures: FilterMeasures, family: str) -> tuple[str, str]:
    """Return the best form, and where it points or how large it is: "dots", ", 12 px apart"."""
    name, _, where = _FORMS.get(family, (family, "", ""))
    turn, size = measures.form_rotation, measures.form_size
    tone = "" if family == "edge" else _tone(measures)  # an edge is light at one side
    if family == "wheel" and measures.form_variant is not None:
        tone = f"{measures.form_variant:.0f} {tone}"
    if turn is not None and family in _CONTOURS:
        name = f"{_direction_word(turn)} {name}"
    if turn is not None and family == "cross":
        name = {"0°": "upright ", "45°": "diagonal "}.get(direction(turn % 90), "") + name
    if (size if "size" in where else turn) is None:
        return tone + name, ""
    side = turn or 0
    light = side + (90 if (measures.form_contrast or 0) > 0 else -90)
    return tone + name, where.format(side=side_of(side), light=side_of(light), size=size)


# --- Colour ---------------------------------------------------------------------------------------


def is_coloured(measures: FilterMeasures) -> bool:
    """Say whether a filter prefers a hue clearly enough to name it."""
    if measures.hue is None or measures.hue_selectivity is None:
        return False
    clear = measures.hue_selectivity >= BROAD_HUE
    return clear and _responds_at(measures.hue / 360, measures.hue_curve, measures)


def _colour(measures: FilterMeasures, record: StimuliRecord) -> Clause | None:
    share, over = reach(measures.hue_curve, measures), measures.colour_selectivity or 0
    strength = ""
    if over >= BEFORE_GREY:
        strength = f" {'far ' if over >= FAR_BEFORE_GREY else ''}before any grey"
    if measures.hue is not None and is_coloured(measures):
        mostly = "" if (measures.hue_selectivity or 0) >= HUE else "mostly "
        lead = "" if strength and share >= LEADING else "of colours, "
        head = f"{lead}{mostly}{hue_name(measures.hue)}"
        return Clause(head, strength, share, last=not strength)
    if strength:
        return Clause(f"colours{strength}", reach=share)
    if share >= SPOKEN_OF and _is_flat(measures.hue_curve) and measures.axis == record.axes[0]:
        return Clause(ANY_COLOUR, reach=share, last=True)
    return None
