"""What makes a test run quicker and changes nothing that a test can see."""

from __future__ import annotations

import os
from types import CodeType
from typing import Any

from jinja2 import Environment

from generator.compute.stimuli.draw import Doubles
from generator.compute.stimuli.forms import Forms


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


def remember_forms() -> None:
    """Draw each form once in this process: that takes half the time of showing stimuli."""
    honest = Forms._coverage
    drawn: dict[tuple[object, ...], Doubles] = {}

    def once(forms: Forms, index: int) -> Doubles:
        side, *columns = vars(forms).values()
        form = side, *(column[index] for column in columns)
        if form not in drawn:
            drawn[form] = honest(forms, index)
        return drawn[form]

    setattr(Forms, "_coverage", once)  # noqa: B010
