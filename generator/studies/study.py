"""What is known of a study before it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Study:
    """One further question asked of a network; the room of its name beside this file answers it."""

    name: str  # of its room, and of its folder in the atlas
    purpose: str  # in one line
    rests_on: str  # in words
    passes: str  # what it costs in forward passes, in words
    on: bool  # whether it runs where settings do not name studies
    version: int  # of its code: another one makes the study again
