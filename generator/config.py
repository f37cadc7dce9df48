"""Settings: what gallery.toml and the flags say, checked and frozen."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator.errors import ConfigError
from generator.images.sets.spec import beside
from generator.network.zoo.names import file_and_function
from generator.rule import Rule

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """Everything a build depends on besides the images, the network and the texts themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str = "zfnet"  # see `network.names`
    weights: Path | None = None  # a file, instead of the network's own
    input_size: int | None = Field(default=None, ge=8, le=4096)  # pixels; the network's own
    # Of one's own network: red, green, blue, of values in 0…1.
    mean: tuple[Finite, Finite, Finite] | None = None
    std: tuple[Positive, Positive, Positive] | None = None
    rule: Rule = "deconvnet"  # how a signal comes down to the pixels
    filters: int | None = Field(default=None, ge=1)  # so many first filters of each layer; all
    stimuli: bool = True  # whether filters are shown drawn stimuli
    images: str | None = None  # see `images.sources`
    one_per_label: bool = False  # whether a filter's nine images all have different labels
    atlas: Path = Path("build/atlas")
    site: Path = Path("site")
    layers: tuple[str, ...] = ()  # names of the network's layers, or name=module; empty: all
    device: str = "auto"
    batch: int = Field(default=32, ge=1, le=4096)  # images in one forward pass
    workers: int = Field(default=2, ge=0, le=256)  # processes that decode
    strict: bool = False
    base_url: str = ""  # where the site will live, for absolute links only
    templates: Path | None = None  # instead of the templates that come along
    content: Path | None = None  # instead of the texts that come along


def load_settings(file: Path | None, flags: dict[str, Any]) -> Settings:
    """Lay the flags that were given over the settings file (TOML), if there is one.

    Paths in the file are relative to it. Raises ConfigError naming the file and the key.
    """
    values: dict[str, Any] = {}
    if file is not None:
        values = _read(file)
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
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0)[0]
            raise ConfigError(f"{file}: unknown key {key!r}; did you mean {near!r}?")
    own = file_and_function(values["network"]) if isinstance(values.get("network"), str) else None
    if own is not None:
        values["network"] = f"{file.parent / own[0]}:{own[1]}"
    if isinstance(values.get("images"), str):
        values["images"] = beside(values["images"], file.parent)
    for key in ("weights", "atlas", "site", "templates", "content"):
        if isinstance(values.get(key), str):
            values[key] = file.parent / values[key]
    return values
