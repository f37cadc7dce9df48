"""A network from a person's own file. This runs the person's code."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

# Before the person's file, which may import torchvision: it loads beside any torch only after this.
import generator.network.torchvision_compat  # noqa: F401
from generator.errors import NetworkError
from generator.files import hash_file
from generator.network.weights.state import state_digest
from generator.network.zoo.loaded import LoadedNetwork
from generator.network.zoo.zfnet import INPUT_SIZE, MEAN, STD

PREFIX = "filter_gallery_own_"  # so that a file named like a library hides none


def own_network(file: Path, function: str, weights: Path | None) -> LoadedNetwork:
    """Return the network that a function in a file makes when it is called without arguments.

    Its weights are those that the function gives it, or those of a file. Input size, mean and std
    are 224 and ImageNet's where the settings say nothing else. Raises NetworkError naming file,
    function and the fault.
    """
    if not file.is_file():
        raise NetworkError(f"network {file}:{function}: there is no such file")
    with _as_one_error(file, function), _beside(file) as imported:
        module = _run(file)
        if not callable(getattr(module, function, None)):
            raise NetworkError(f"{file}: has no function {function!r}")
        made = getattr(module, function)()
        _require_watchable(made, f"{file}: {function}()")
        network = LoadedNetwork(
            *(f"{file.name}:{function}", made.to("cpu", torch.float32), INPUT_SIZE, MEAN, STD),
            source=f"made by {function}() in {file.name}",
            weights_sha256=state_digest(made),
            code_sha256=_code_digest(file.resolve().parent, imported().values()),
        )
    return network if weights is None else network.with_weights_of(weights)


def _require_watchable(made: object, who: str) -> None:
    """Raise NetworkError unless a function returned a module that can be watched."""
    if not isinstance(made, nn.Module):
        raise NetworkError(
            f"{who} returned a value of type {type(made).__name__}; it must "
            "return a torch.nn.Module"
        )
    for path, part in made.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            raise NetworkError(
                f"{who} returned TorchScript{f' in module {path!r}' if path else ''}, which cannot "
                "be watched; return the module that it was made from"
            )
    if next(made.parameters(), None) is None:
        raise NetworkError(f"{who} returned a module that has no parameters")


@contextmanager
def _as_one_error(file: Path, function: str) -> Iterator[None]:
    """Raise whatever goes wrong in the person's code as one NetworkError."""
    try:
        yield
    except NetworkError:
        raise
    except (Exception, SystemExit) as problem:  # a script may exit, and code may raise anything
        raise NetworkError(f"{file}: {function}: {type(problem).__name__}: {problem}") from problem


@contextmanager
def _beside(file: Path) -> Iterator[Callable[[], dict[str, Path]]]:
    """Let the file import its neighbours; on failure, forget them and the file.

    Gives a function that returns the modules that came from files beside it, and below: name →
    file. Libraries stay imported: a compiled one may not be imported a second time.
    """
    folder = file.resolve().parent
    path, before = sys.path.copy(), sys.modules.copy()
    sys.path.insert(0, str(folder))

    def imported() -> dict[str, Path]:
        new = {name: part for name, part in sys.modules.items() if part is not before.get(name)}
        files = {name: getattr(part, "__file__", None) for name, part in new.items()}
        return {
            name: Path(found)
            for name, found in files.items()
            if found is not None and Path(found).resolve().is_relative_to(folder)
        }

    try:
        yield imported
    except BaseException:
        for name in imported():
            del sys.modules[name]
            if name in before:
                sys.modules[name] = before[name]
        raise
    finally:
        sys.path[:] = path


def _code_digest(folder: Path, files: Iterable[Path]) -> str:
    """Return sha256 over the files that a network's code came from, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{os.path.relpath(path.resolve(), folder)}\0{hash_file(path)}\0".encode())
    return digest.hexdigest()


def _run(file: Path) -> ModuleType:
    """Import a file under a name of its own."""
    name = PREFIX + file.stem
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise NetworkError(f"{file}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickle look for the file's classes
    spec.loader.exec_module(module)
    return module
