"""Which class a label means."""

from __future__ import annotations

import pytest

from generator.studies.labels import classes_of_labels

CLASSES = ("sea_horse", "Great White Shark, man-eater", "crane", "crane", "tench")


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("sea horse", 0),
        ("Sea-Horse", 0),
        ("man eater", 1),
        ("great white shark", 1),
        ("Great White Shark, man-eater", 1),
        ("crane", None),  # two classes have the name
        ("ten", None),
        ("", None),
    ],
)
def test_a_label_means_the_class_of_its_name(label: str, number: int | None) -> None:
    """Or none, where no class or more than one has it."""
    assert classes_of_labels([label], CLASSES).get(label) == number
