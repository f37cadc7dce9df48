"""What makes a test run quicker and changes nothing that a test can see."""

from __future__ import annotations

import os
from types import CodeType
from typing import Any

from jinja2 import Environment

from generator.render.site.pages import Pages
from tests import ROOT


def skip_syncs() -> None:
    """Let nothing wait until the whole machine has written to its disks; no test cuts the power."""
    setattr(os, "sync", lambda: None)  # noqa: B010  mypy allows no assignment


def remember_templates() -> None:
    """Compile each template once in this process: that takes half the time of a small site.

    All environments have the same options, as `Pages` makes them.
    """
    honest: Any = Environment.compile
    compiled: dict[tuple[object, ...], CodeType] = {}

    def once(environment: Environment, *words: Any) -> CodeType:
        if words not in compiled:
            compiled[words] = honest(environment, *words)
        return compiled[words]

    setattr(Environment, "compile", once)  # noqa: B010


def compile_templates() -> None:
    """Compile those of `site_templates/` now, for processes that this one forks."""
    environment = Pages(ROOT / "site_templates")._environment
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)
