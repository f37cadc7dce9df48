"""What every test run begins with."""

from __future__ import annotations

import os

from hypothesis import settings

from tests.support.speed import remember_templates, skip_syncs

skip_syncs()
remember_templates()
settings.register_profile("quick", max_examples=25, deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("quick")
