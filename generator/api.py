"""What the command line does, from Python, for a network that is in memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from generator.atlas.store import Atlas
from generator.compute.pipeline import compute
from generator.config import load_settings
from generator.errors import ConfigError
from generator.network.zoo.default_layers import numbered
from generator.network.zoo.own import network_in_memory
from generator.progress import Lines
from generator.render.site.build import render
from generator.resources import bundled

NOT_HERE = ("network", "weights", "snapshots")  # settings that name a network elsewhere


def gallery(
    model: nn.Module,
    images: str | Path,
    out: str | Path = "site",
    *,
    layers: Mapping[str, str] | Sequence[str] = (),
    name: str = "",
    classes: Sequence[str] = (),
    atlas: str | Path | None = None,
    quiet: bool = False,
    **settings: Any,
) -> Atlas:
    """Make the gallery of a network, and return its atlas.

    `model` takes normalised images [b, 3, h, w]; a copy of it is used, in float32 and evaluation
    mode, and the model itself stays as it is. `images` is what `--images` takes. The site is
    written to the folder `out`, the atlas to `atlas`, or else beside it: "site.atlas". `layers` are
    modules by the names that the gallery is to give them, {"layer1": "features.0"}, or modules in
    order, which become layer 1, layer 2 and so on; left out, at most five are found by resolution.
    `name` is the network's for people, `classes` those of its scores, in order. Other `settings`
    are those of gallery.toml: `input_size=128`, `mean=0.5`, `std=0.5`, `studies="none"`. Lines of
    progress and warnings go to stderr, unless it is to be `quiet`.

    What is there already is kept where weights, images and settings are the same. Where a part of
    the network is no known op, a change of its code alone is not seen: give another `atlas` then.

    Raises GalleryError, in a line that says what to mend; nothing that was there is lost.
    """
    for key in NOT_HERE:
        if key in settings:
            raise ConfigError(f"gallery() takes the network itself: leave out {key}")
    site = Path(out).resolve()
    if not site.name:
        raise ConfigError(f"out: {out} cannot be the folder of a site; name another")
    values = {
        **settings,
        "images": str(images),
        "site": site,
        "atlas": Path(atlas) if atlas is not None else site.with_name(f"{site.name}.atlas"),
        "layers": _layers(layers),
    }
    checked = load_settings(None, values)
    loaded = network_in_memory(model, name, tuple(classes), checked.input_size)

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)  # noqa: T201 - as the command line does

    progress = Lines(say)
    report = compute(checked, progress, say, loaded=loaded)
    for failed in (study for study in report.studies if study.failed) if report else ():
        say(f"studies: {failed.line}")
    render(
        checked.atlas,
        checked.site,
        templates=checked.templates or bundled("site_templates"),
        content=checked.content or bundled("content"),
        strict=checked.strict,
        base_url=checked.base_url or None,
        progress=progress,
        warn=lambda text: say(f"warning: {text}"),
    )
    return Atlas.open(checked.atlas)


def _layers(layers: Mapping[str, str] | Sequence[str]) -> list[str]:
    if isinstance(layers, str):
        raise ConfigError(f"layers: {layers!r} is one text; give a list of modules, or a dict")
    named = layers if isinstance(layers, Mapping) else numbered(tuple(layers))
    return [f"{name}={module}" for name, module in named.items()]
