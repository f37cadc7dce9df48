"""What every test run begins with."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.support.speed import remember_templates, skip_syncs

skip_syncs()
remember_templates()
settings.register_profile("quick", max_examples=25, deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that kill runs: they take minutes, while other cores do the rest."""
    items.sort(key=lambda item: "/faults/" not in item.path.as_posix())
