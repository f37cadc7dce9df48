"""Numbers and names as a reader sees them. Templates print these strings and compute nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

NO_BREAK = "\u00a0"
SIDES = ("right", "upper right", "top", "upper left", "left", "lower left", "bottom", "lower right")
HUES = (
    *("red", "orange", "yellow", "yellow-green", "green", "blue-green"),
    *("turquoise", "sky blue", "blue", "violet", "magenta", "pink"),
)
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def count(number: int) -> str:
    """Return a whole number with a comma at every third digit: 8,144."""
    return f"{number:,}"


def activation(value: float, digits: int = 3) -> str:
    """Return a value with so many significant digits, at least those before the point.

    14.2, 0.0731, 1,230; with two digits 14, 0.073, 1,200.
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    # Rounding may reach the next power of ten: 9.996 → 10.0.
    places = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(places, 0)}f}"


def decimal(value: float | None, sign: str = "-") -> str:
    """Return a value with two decimals and a true minus sign; a dash where it is not known."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:{sign}.2f}"
    return text.replace("-0.00", "0.00").replace("-", "−")


def share(part: int, whole: int) -> str:
    """Return a share in per cent with what precision makes sense: 12.3 %, 0.04 %, 100 %."""
    if whole == 0:
        return f"0{NO_BREAK}%"
    percent = 100 * part / whole
    if part in (0, whole):
        text = f"{percent:.0f}"
    elif percent < 0.01:
        text = "less than 0.01"
    elif percent > 99.9:
        text = "more than 99.9"
    elif percent < 1:
        text = f"{percent:.2g}"
    else:
        text = f"{percent:.1f}"
    return f"{text}{NO_BREAK}%"


def pixels(number: float) -> str:
    """Return a length: 75 px, −27 px, 1.33 px, with a true minus sign."""
    return f"{signed(round(number, 2))}{NO_BREAK}px"


def signed(number: float) -> str:
    """Return a number with a true minus sign."""
    return str(number).replace("-", "−")


def direction(degrees: float) -> str:
    """Return a direction along a stripe as a whole angle, −89° to 90°, with a true minus sign.

    Directions half a turn apart are the same: 135 is "−45°", 179.6 is "0°".
    """
    angle = round(degrees) % 180
    return f"{signed(angle if angle <= 90 else angle - 180)}°"


def side_of(degrees: float) -> str:
    """Return the side to which a direction points, counter-clockwise from the right."""
    return SIDES[round(degrees / 45) % len(SIDES)]


def hue_name(degrees: float) -> str:
    """Return the plain name of a hue: 0 is red, 120 green, 240 blue."""
    return HUES[round(degrees / 30) % len(HUES)]


def per_cent(part: float) -> str:
    """Return a part of 1 as `share` does."""
    return share(round(part * 10**6), 10**6)


def in_words(number: int) -> str:
    """Return a whole number up to nine in words, a larger one in figures."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else count(number)


def several(number: int, one: str, many: str) -> str:
    """Return a number with its noun: "one image", "12 images", "no images"."""
    return f"{in_words(number)} {one if number == 1 else many}"


def first_capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def listing(parts: Sequence[str], last: str = "and") -> str:
    """Join parts as in a sentence: "a", "a and b", "a, b and c"."""
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def label_list(labels: Sequence[tuple[str, int]]) -> str:
    """Return labels with how often each stands, those that stand once only counted.

    "lotus 4, stapler 2, three others once each".
    """
    once = sum(number == 1 for _, number in labels)
    parts = [f"{shortened(name, 40)} {number}" for name, number in labels if number > 1 or once < 2]
    if once > 1:
        parts.append(f"{in_words(once)} {'others' if parts else 'labels'} once each")
    return ", ".join(parts)


def shortened(text: str, length: int = 120) -> str:
    """Return one line of at most `length` characters, ending in "…" where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
