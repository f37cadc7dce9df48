"""Which of the images are shown: five of different classes, right and sure."""

from __future__ import annotations

from generator.studies.invariance.record import Arrays

MOST = 5


def chosen(arrays: Arrays, plain: int) -> list[int]:
    """Return up to five images, given the step that leaves them as they are.

    Of each class the image of which the network is surest, and of these the surest five. Where
    fewer classes are answered rightly, the surest of the others follow, the right ones first.
    Without classes they lie at even distances in the order of the set.
    """
    images = len(arrays.target)
    order = [number for number in range(images) if arrays.target[number] >= 0]
    if not order:
        most = min(MOST, images)
        return [place * images // most for place in range(most)]

    def is_right(number: int) -> bool:
        return bool(arrays.answer[number, plain] == arrays.target[number])

    order.sort(key=lambda each: (not is_right(each), -float(arrays.probability[each, plain]), each))
    best = dict[int, int]()
    for number in filter(is_right, order):
        best.setdefault(int(arrays.target[number]), number)
    first = list(best.values())[:MOST]
    return [*first, *(number for number in order if number not in first)][:MOST]
