"""Which class of a network a label of the image set means, by their names alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# How labels are matched, for people.
HOW = (
    "A label means the class of the same name: capitals do not count, nor whether words are joined "
    "by blanks, hyphens or underscores; of a name with commas each part counts"
)


def classes_of_labels(labels: Iterable[str], classes: Sequence[str]) -> dict[str, int]:
    """Return the number of the class that each label means; a label without one is left out.

    Where a name belongs to two classes, it means neither.
    """
    found: dict[str, int] = {}
    for number, name in enumerate(classes):
        for part in {_plain(name), *map(_plain, name.split(","))} - {""}:
            found[part] = number if part not in found else -1
    known = {label: found.get(_plain(label), -1) for label in labels}
    return {label: number for label, number in known.items() if number >= 0}


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
