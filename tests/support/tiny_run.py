"""A process that runs a verb over the tiny network, for torchrun to start several times.

Words: verb, images, atlas, the stage and step at which the process of rank 1 kills itself ("" for
none), then settings as name=value of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import torch

from generator import cli
from generator.compute import pipeline
from generator.compute.project import run as drawing
from generator.compute.search import loop
from generator.network.zoo import load as zoo
from tests.support.tiny_network import tiny_network


def main() -> None:
    """Run the command line with small groups of filters and a record after every batch."""
    verb, images, atlas, fatal, *flags = sys.argv[1:]
    torch.set_num_threads(1)
    setattr(zoo, "load", lambda *_: tiny_network())  # noqa: B010  mypy allows no assignment
    loop.SAVE_EVERY, drawing.FILTERS_AT_ONCE = -1.0, 3
    if fatal and os.environ["RANK"] == "1":
        _die_at(*json.loads(fatal))
    words = [verb, "--images", images, "--atlas", atlas, "--batch", "4", "--workers", "0", *flags]
    sys.argv = ["filter-gallery", *words]
    cli.main()


def _die_at(stage: str, count: int) -> None:
    """Have this process kill itself when a stage is reported for the nth time."""
    module = {"search": loop, "reconstruct": pipeline}[stage]
    name = {"search": "_enter", "reconstruct": "draw"}[stage]
    honest = getattr(module, name)
    calls = []

    def fatal(*words: object) -> object:
        calls.append(words)
        if len(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(*words)

    setattr(module, name, fatal)


if __name__ == "__main__":
    main()
