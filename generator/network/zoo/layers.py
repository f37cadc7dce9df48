"""The modules of a network that are watched: those of `--layers`, or the usual ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from torch import nn

from generator.errors import ConfigError, NetworkError
from generator.names import StudyName, nearest
from generator.network.zoo.loaded import LoadedNetwork

LISTED = 40  # so many convolutions are named where a module is unknown
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a layer's name is a folder's name too
# Folders that the site has for itself, and files that Windows has for its devices.
_OF_SITE = ("assets", "images", "studies", *get_args(StudyName))
TAKEN = re.compile(rf"{'|'.join(_OF_SITE)}|con|prn|aux|nul|com[1-9]|lpt[1-9]", re.IGNORECASE)
TAKEN_IN_WORDS = f"{', '.join(_OF_SITE)}, con, prn, aux, nul, com1 to com9, lpt1 to lpt9"


def modules_to_watch(loaded: LoadedNetwork, asked: Sequence[str]) -> dict[str, str]:
    """Return name → module path of the layers asked for; of the usual ones where none is.

    A network without usual ones gets none, unless modules are named.
    Each entry of `asked` is the name of one of the usual layers, or each is `name=module`. The
    usual layers keep the network's order, others that in which they are given. Raises ConfigError
    for a layer that there is not and for names that cannot be, NetworkError for an unknown module.
    """
    explicit = [entry for entry in asked if "=" in entry]
    if not explicit:
        return _usual(loaded, asked)
    if len(explicit) < len(asked):
        plain = next(entry for entry in asked if "=" not in entry)
        raise ConfigError(
            f"layers: {plain!r} names no module, {explicit[0]!r} does; write name=module for all"
        )
    return _explicit(loaded, explicit)


def _usual(loaded: LoadedNetwork, asked: Sequence[str]) -> dict[str, str]:
    for name in asked if loaded.modules else ():
        if name not in loaded.modules:
            raise ConfigError(
                f"{loaded.name} has no layer {name!r}; did you mean "
                f"{nearest(name, loaded.modules)!r}? It has {', '.join(loaded.modules)}; "
                "name=module watches any other"
            )
    return {name: module for name, module in loaded.modules.items() if not asked or name in asked}


def _explicit(loaded: LoadedNetwork, asked: Sequence[str]) -> dict[str, str]:
    known = [name for name, _ in loaded.model.named_modules() if name]
    found: dict[str, str] = {}
    for entry in asked:
        name, _, module = (part.strip() for part in entry.partition("="))
        if not NAME.fullmatch(name) or TAKEN.fullmatch(name):
            raise ConfigError(
                f"layers: {entry!r}: {name!r} cannot be a layer's name; use 1 to 64 of the letters "
                f"a to z and A to Z, digits, _ and -, and not {TAKEN_IN_WORDS}"
            )
        # Some file systems take Conv and conv for one folder.
        if name.casefold() in {other.casefold() for other in found}:
            raise ConfigError(f"layers: {entry!r}: {name!r} names two layers; each needs its own")
        if not known:
            raise NetworkError(
                f"{loaded.name} has no modules inside that could be watched; put it into an "
                "nn.Sequential"
            )
        if module not in known:
            raise NetworkError(
                f"layers: {entry!r}: {loaded.name} has no module {module!r}; did you mean "
                f"{nearest(module, known)!r}? Its convolutions are "
                f"{_convolutions(loaded.model)}"
            )
        if module in found.values():
            raise ConfigError(f"layers: {entry!r}: module {module!r} is watched already")
        found[name] = module
    return found


def _convolutions(model: nn.Module) -> str:
    names = [name for name, part in model.named_modules() if isinstance(part, nn.Conv2d)]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return (", ".join(names[:LISTED]) or "not there: it has no nn.Conv2d") + more


def hooks_of(module: nn.Module) -> list[str]:
    """Return the names of the functions that a person hooked onto a module's forward pass.

    Those of torch itself, such as weight normalisation, are not among them, nor this program's.
    """
    hooks = [
        *module._forward_pre_hooks.values(),  # noqa: SLF001 - torch has no other name
        *module._forward_hooks.values(),  # noqa: SLF001 - as above
    ]
    functions = (getattr(hook, "func", hook) for hook in hooks)  # of a functools.partial
    named = [hook if hasattr(hook, "__qualname__") else type(hook) for hook in functions]
    return [
        each.__qualname__.replace("<locals>.", "")
        for each in named
        if each.__module__.partition(".")[0] not in {"torch", "generator"}
    ]
