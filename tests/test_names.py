"""Names that were mistyped."""

from __future__ import annotations

from generator.names import nearest


def test_the_nearest_name_is_found_however_far_it_is() -> None:
    """Most like comes first; something is named even where nothing is alike."""
    known = ["alexnet", "resnet18", "vgg11"]
    assert nearest("resent18", known) == "resnet18"
    assert nearest("vgg", iter(known)) == "vgg11"
    assert nearest("?", known) in known
