"""The settings of gallery.toml and of the flags, checked and frozen."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from generator.errors import ConfigError
from generator.names import FieldShown, Rule, Size, beside, file_and_function, nearest
from generator.studies import STUDIES

RENAMED = {"probes": "stimuli"}  # key of earlier versions → what it is called now

SMALLEST, LARGEST = 8, 4096  # pixels, sides of a network's input

MOST_SNAPSHOTS = 20  # of a network's training, which stand side by side

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _size(value: object) -> Size:
    """Return the height and width that 128, [128, 64], "128" or "128x64" names."""
    parts = value.lower().split("x") if isinstance(value, str) else value
    sides = parts if isinstance(parts, list | tuple) else [parts]
    if len(sides) in (1, 2) and all(re.fullmatch(r"\s*\d{1,9}\s*", str(side)) for side in sides):
        size = Size(int(str(sides[0])), int(str(sides[-1])))
        if min(size) >= SMALLEST and max(size) <= LARGEST:
            return size
    raise PydanticCustomError(
        "input_size",
        f"give a whole number of pixels from {SMALLEST} to {LARGEST}, "
        "or two of them, height and width: 128x64, in the file [128, 64]",
    )


def _three(value: object) -> object:
    """Return one number, alone or in a list, three times; anything else as it is."""
    values = value if isinstance(value, list | tuple) else [value]
    return [*values] * 3 if len(values) == 1 else value


def _studies(value: object) -> object:
    """Return the studies that "all", "none", names with commas or a list of names stand for."""
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if names in (["all"], ["none"]):
        return tuple(STUDIES) if names == ["all"] else ()
    for name in names if isinstance(names, list | tuple) else ():
        if name not in STUDIES:
            known = nearest(str(name), [*STUDIES, "all", "none"])
            raise PydanticCustomError(
                "studies", f"there is no study {str(name)!r}; did you mean {known!r}?"
            )
    return names


class Settings(BaseModel):
    """All that a build depends on besides the images, the network and the texts themselves.

    The line below a setting is the help of its flag, see `generator.cli`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    network: str = "zfnet"
    """zfnet, torchvision:NAME[:WEIGHTS], timm:NAME, or FILE.py:FUNCTION, which runs that file's
    code. With :random at its end, any of the first three has random weights."""
    weights: Path | None = None
    """File of weights for the network, safetensors or a checkpoint of torch; FILE:PART where it
    holds several networks."""
    input_size: Annotated[Size, BeforeValidator(_size)] | None = None
    """Pixels that images are brought to: 224, or height x width, 128x64."""
    # Of one's own network: red, green, blue, or one number, of values in 0…1. They have no flags.
    mean: Annotated[tuple[Finite, Finite, Finite], BeforeValidator(_three)] | None = None
    std: Annotated[tuple[Positive, Positive, Positive], BeforeValidator(_three)] | None = None
    rule: Rule = "deconvnet"
    """Way down to the pixels: deconvnet, guided, gradient."""
    filters: int | None = Field(default=None, ge=1)
    """The first N filters of each layer only: a quick look at a large network."""
    # By what people call them, in order of training. They have no flag.
    snapshots: dict[Title, Path] = Field(default_factory=dict, max_length=MOST_SNAPSHOTS)
    """Files of weights of the network while it learned, as `weights` takes them."""
    images: str | None = None
    """A folder of images, a .zip, a .tar, shards/{0000..0146}.tar, the address of such archives,
    torchvision:NAME:ROOT[:key=value], or a .txt that lists paths."""
    atlas: Path = Path("build/atlas")
    """Folder of the atlas: build/atlas."""
    site: Path = Path("site")
    """Folder of the site: site."""
    layers: tuple[str, ...] = ()
    """Layers to show, with commas: layer1,layer3, or name=module for any module."""
    device: str = "auto"
    """auto (cuda, then mps, then cpu), or by name."""
    batch: int = Field(default=32, ge=1, le=4096)
    """Images in one forward pass: 32."""
    workers: int = Field(default=2, ge=0, le=256)
    """Processes that decode images: 2."""
    one_per_label: bool = False
    """Give each filter nine images of nine different labels."""
    icc: bool = False
    """Convert images with an ICC profile to sRGB first; else their colours stay as they are."""
    field: FieldShown = "effective"
    """What patches and reconstructions show of a unit's receptive field: effective, the middle that
    the reconstructions fill, or theoretical, all of it."""
    stimuli: bool = True
    """Show each filter drawn figures, or leave that out."""
    studies: Annotated[tuple[str, ...], BeforeValidator(_studies)] = tuple(
        study.name for study in STUDIES.values() if study.on
    )
    """Further questions to ask of the network: all, none, or names with commas."""
    steps: int = Field(default=64, ge=1, le=4096)
    """Steps in which each picture of the study `synthetic` is made: 64."""
    strict: bool = False
    """Fail on any warning."""
    base_url: str = ""
    """Where the site will live; absolute links only."""
    templates: Path | None = None
    """Templates instead of those that come along."""
    content: Path | None = None
    """Texts instead of those that come along."""


def load_settings(file: Path | None, flags: dict[str, Any]) -> Settings:
    """Lay the flags that are not None over the settings file (TOML), if there is one.

    Paths in the file are relative to it. Raises ConfigError naming the file and the key.
    """
    values = _read(file) if file is not None else {}
    values.update({key: value for key, value in flags.items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = str(first["loc"][0])
        raise ConfigError(f"setting {key!r}: {first['msg']} (got {first['input']!r})") from problem


def _read(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise ConfigError(f"settings file {file} does not exist") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as problem:
        raise ConfigError(f"settings file {file}: {problem}") from problem
    known = list(Settings.model_fields)
    for key in values:
        if key in RENAMED:
            raise ConfigError(f"{file}: the key {key!r} is gone; write {RENAMED[key]!r} instead")
        if key not in known:
            raise ConfigError(f"{file}: unknown key {key!r}; did you mean {nearest(key, known)!r}?")
    _lay_beside(values, file.parent)
    return values


def _lay_beside(values: dict[str, Any], folder: Path) -> None:
    """Make the paths of a settings file relative to its folder."""
    own = file_and_function(values["network"]) if isinstance(values.get("network"), str) else None
    if own is not None:
        values["network"] = f"{folder / own[0]}:{own[1]}"
    if isinstance(values.get("images"), str):
        values["images"] = beside(values["images"], folder)
    for key in ("weights", "atlas", "site", "templates", "content"):
        if isinstance(values.get(key), str):
            values[key] = folder / values[key]
    if isinstance(values.get("snapshots"), dict):
        values["snapshots"] = {
            title: folder / path if isinstance(path, str) else path
            for title, path in values["snapshots"].items()
        }
