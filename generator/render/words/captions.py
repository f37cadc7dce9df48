"""A caption for every filter, put together from measured facts by rules that a test can check.

`probe_words` rests on stimuli of known content alone and holds for any image set; `photo_words`
rests on the photographs of the nine places; `caption` joins both. In a layer that was shown no
probes only the labels of the photographs are left (`own_words`, `short_words`). Each rule asks
first whether the stimuli that it speaks of drive the filter at all (its reach), then whether the
preference among them is clear. Where no rule applies the caption says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator.atlas.measures import ProbeRecord
from generator.render.facts import FilterFacts
from generator.render.stimuli_facts import Curve, Probed
from generator.render.words.words import (
    direction,
    hue_name,
    in_words,
    label_list,
    shortened,
    side_of,
)

LONGEST = 110  # characters of what is said from probes: two lines on a phone
NOTHING = "answers to no stimulus of the probe"
NO_PREFERENCE = "no clear preference among the probes"
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
AT_THE_END = 0.97  # of the highest frequency probed: the true preference may lie beyond
CLOSE_TO_AN_AXIS = 5.625  # degrees: half the distance between two orientations of the probe

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


def caption(facts: FilterFacts, record: ProbeRecord | None) -> str:
    """Return what is known of a filter, from probes and from photographs, as one line."""
    return "; ".join(filter(None, (own_words(facts, record), photo_words(facts))))


def own_words(facts: FilterFacts, record: ProbeRecord | None) -> str:
    """Return what is said of the filter itself, not of its patches; "" without probes."""
    return probe_words(facts.probed, record) if facts.probed and record else ""


def short_words(facts: FilterFacts, record: ProbeRecord | None) -> str:
    """Return what stands under a filter's pictures; "" without probes and labels."""
    if words := own_words(facts, record) or photo_words(facts):
        return words
    return f"labels: {label_list(facts.labels)}" if facts.labels else ""


def probe_words(probed: Probed, record: ProbeRecord) -> str:
    """Return what stimuli told of a filter: one to three clauses, at most LONGEST characters.

    A clause that does not fit is shortened, or left out where even that is too long.
    """
    told = ""
    for clause in clauses(probed, record):
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


def clauses(probed: Probed, record: ProbeRecord) -> tuple[Clause, ...]:
    """Return all that can be said of a filter, what drives it most first; never nothing."""
    if not probed.answered:
        return (Clause("silent", NOTHING),)
    stripes, form = _stripes(probed, record), _form(probed) or _two_forms(probed, record.families)
    if stripes and form:
        stripes, form = _without_repetition(stripes, form, probed)
    said = [clause for clause in (stripes, form, _colour(probed, record)) if clause]
    # Of equals stripes stand before a form, a form before a colour.
    said.sort(key=lambda clause: (clause.last, -clause.reach))
    if not said:
        return (Clause("none", NO_PREFERENCE),)
    if said[0].head.startswith(("of stripes", "of colours", ANY_COLOUR)):
        said.insert(0, Clause("none", NO_FORM))
    return tuple(said)


def reach(curve: Curve, probed: Probed) -> float:
    """Return the best answer to a kind of stimulus as a share of the best to any: 0…1."""
    return min(max(curve, default=0) / probed.best, 1) if probed.answered else 0


def _is_on(curve: Curve, turn: float) -> bool:
    """Say whether a curve around a circle is near its largest at `turn`, 0…1 of the circle."""
    at = curve[round(turn * len(curve)) % len(curve)]
    return at >= ON_THE_CURVE * max(curve)


# --- Stripes --------------------------------------------------------------------------------------


def is_oriented(probed: Probed) -> bool:
    """Say whether a filter prefers a direction clearly enough to name it."""
    selectivity, width = probed.orientation_selectivity, probed.orientation_bandwidth
    if selectivity is None or width is None or probed.orientation is None:
        return False
    return (
        reach(probed.orientation_curve, probed) >= SPOKEN_OF
        and selectivity >= ORIENTED
        and width <= BROADEST
        and _is_on(probed.orientation_curve, probed.orientation / 180)
    )


def _stripes(probed: Probed, record: ProbeRecord) -> Clause | None:
    share = reach(probed.orientation_curve, probed)
    if share < SPOKEN_OF or probed.frequency is None:
        return None
    colour = "" if probed.axis in {None, record.axes[0]} else f"{probed.axis} "
    noun = _noun(probed, record)
    apart = _apart(probed.frequency, record) if noun == "stripes" else ""
    fine = _is_finest(probed.frequency, record)
    if probed.orientation is not None and is_oriented(probed):
        which = f"{direction_word(probed.orientation)} {colour}"
        head = f"{which}{noun}" if share >= LEADING else f"of stripes, {which}ones"
        rest = f"{apart} (selectivity {probed.orientation_selectivity:.2f})"
        return Clause("stripes", head, rest, share, last=fine)
    other = _undirected(probed, colour, apart) if share >= LEADING else None
    return replace(other, reach=share, last=fine) if other else None


def _is_finest(frequency: float, record: ProbeRecord) -> bool:
    """Say whether stripes are so fine for their field that photographs hardly hold any."""
    return frequency >= AT_THE_END * record.frequencies[-1] and frequency * record.side >= MANY


def _undirected(probed: Probed, colour: str, apart: str) -> Clause | None:
    """Name a spacing without a direction, or areas without a spacing."""
    curve, width = probed.orientation_curve, probed.frequency_bandwidth
    everywhere = min(curve) >= ANY * max(curve)
    if not apart:
        tone = colour or _tone(probed)
        return Clause("areas", f"broad {tone}areas") if everywhere else None
    if width is None or width > NARROW:
        return None
    directions = "any direction" if everywhere else "several directions"
    return Clause("texture", f"{colour}stripes of {directions}", apart)


def _noun(probed: Probed, record: ProbeRecord) -> str:
    """Name what a field shows of a grating: less than a period is an edge or a stroke."""
    if (probed.frequency or 0) * record.side >= 1:
        return "stripes"
    return "stroke" if probed.family in {"line", "bar"} else "edge"


def _apart(frequency: float, record: ProbeRecord) -> str:
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
    stripes: Clause, form: Clause, probed: Probed
) -> tuple[Clause | None, Clause | None]:
    """Drop what the other says as well, and two families alike after stripes that do better."""
    if form.kind == "two" and stripes.reach >= form.reach and not stripes.last:
        return stripes, None
    if stripes.kind == "stripes" and form.kind == "form" and _is_the_contour(probed):
        return (stripes, None) if stripes.reach >= LEADING else (None, form)
    return stripes, form


def _is_the_contour(probed: Probed) -> bool:
    """Say whether the best form is a contour along the preferred stripes."""
    if probed.family not in _CONTOURS:
        return False
    if probed.form_rotation is None or probed.orientation is None:
        return False
    apart = abs((probed.form_rotation - probed.orientation + 90) % 180 - 90)
    return apart <= AGREEING


def _form(probed: Probed) -> Clause | None:
    share = reach(probed.family_response, probed)
    margin = probed.family_margin
    if share < SPOKEN_OF or probed.family is None or margin is None or margin < CLEAR:
        return None
    name, more = form_name(probed)
    lead = "" if share >= LEADING else "of grey forms, "
    comma = "," if more.startswith(",") else ""
    rest = more + comma + _strength(probed, margin)
    return Clause("form", lead + name, rest, share, short=f"{lead or 'of forms, '}{name}")


def _strength(probed: Probed, margin: float) -> str:
    if margin < BEFORE_ALL:
        return " rather than other forms"
    others = max((*probed.orientation_curve, *probed.hue_curve), default=0)
    best = max(probed.family_response)
    lead = (best - others) / _deviation(probed, margin)
    first = best >= probed.best and lead >= BEFORE_ALL
    number = min(margin, lead) if first else margin
    what = "all else" if first else "all other forms"
    return f" before {what} ({number:.{0 if number >= 9.95 else 1}f} σ over the next)"


def _deviation(probed: Probed, margin: float) -> float:
    """Return the standard deviation of the filter's answers, in which the margin is given."""
    best, following, *_ = sorted(probed.family_response, reverse=True)
    return (best - following) / margin


def _two_forms(probed: Probed, families: tuple[str, ...]) -> Clause | None:
    """Name two families that are nearly alike where the third comes clearly after them."""
    share, margin = reach(probed.family_response, probed), probed.family_margin
    if share < LEADING or not margin or len(families) <= 2:
        return None
    ranked = sorted(zip(probed.family_response, families, strict=True), key=lambda pair: -pair[0])
    if ranked[0][0] - ranked[2][0] < CLEAR * _deviation(probed, margin):
        return None
    first, second = (_MANY.get(family, f"{family}s") for _, family in ranked[:2])
    return Clause("two", f"{first} or {second}", " rather than other forms", share)


def _tone(probed: Probed) -> str:
    if probed.polarity is None or abs(probed.polarity) < POLAR:
        return ""
    return "light " if probed.polarity > 0 else "dark "


def form_name(probed: Probed) -> tuple[str, str]:
    """Return the best form, and where it points or how large it is: "dots", ", 12 px apart"."""
    family = probed.family or ""
    tone, name = _tone(probed), _ONE.get(family, family)
    if family in _CONTOURS or family == "cross":
        name = _turned(probed, name)
    if family == "edge":
        tone = ""  # both sides are told
    if family == "wheel" and probed.form_variant is not None:
        tone = f"{probed.form_variant:.0f} {tone}"
    return tone + name, _place_or_size(probed)


def _turned(probed: Probed, name: str) -> str:
    turn = probed.form_rotation
    if turn is None:
        return name
    if probed.family != "cross":
        return f"{direction_word(turn)} {name}"
    kind = {"0°": "upright ", "45°": "diagonal "}.get(direction(turn % 90), "")
    return kind + name


def _place_or_size(probed: Probed) -> str:
    family, turn, size = probed.family, probed.form_rotation, probed.form_size
    if turn is not None and family == "edge":
        side = turn + (90 if (probed.form_contrast or 0) > 0 else -90)
        return f", light at the {side_of(side)}"
    if turn is not None and family in _OPENING:
        return f" {_OPENING[family]} towards the {side_of(turn)}"
    if size is not None and family in _MEASURED:
        return f", about {size:.0f} px {_MEASURED[family]}"
    return ""


# --- Colour ---------------------------------------------------------------------------------------


def is_coloured(probed: Probed) -> bool:
    """Say whether a filter prefers a hue clearly enough to name it."""
    if probed.hue is None or probed.hue_selectivity is None:
        return False
    return (
        reach(probed.hue_curve, probed) >= SPOKEN_OF
        and probed.hue_selectivity >= BROAD_HUE
        and _is_on(probed.hue_curve, probed.hue / 360)
    )


def _colour(probed: Probed, record: ProbeRecord) -> Clause | None:
    share, over = reach(probed.hue_curve, probed), probed.colour_selectivity or 0
    strength = ""
    if over >= BEFORE_GREY:
        strength = f"{'far ' if over >= FAR_BEFORE_GREY else ''}before any grey"
    if probed.hue is not None and is_coloured(probed):
        mostly = "" if (probed.hue_selectivity or 0) >= HUE else "mostly "
        lead = "" if strength and share >= LEADING else "of colours, "
        rest = f" {strength}" if strength else ""
        head = f"{lead}{mostly}{hue_name(probed.hue)}"
        return Clause("hue", head, rest, share, last=not strength)
    if strength:
        return Clause("colour", f"colours {strength}", reach=share)
    flat = bool(probed.hue_curve) and min(probed.hue_curve) >= ANY * max(probed.hue_curve)
    if share >= SPOKEN_OF and flat and probed.axis == record.axes[0]:
        return Clause("any", ANY_COLOUR, reach=share, last=True)
    return None
