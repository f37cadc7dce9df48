"""A network from a person's own file. This runs the person's code."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

# Before the person's file, which may import torchvision: it loads beside any torch only after this.
import generator.network.torchvision_compat  # noqa: F401
from generator.errors import NetworkError
from generator.network.weights.state import fill, state_digest
from generator.network.weights.state_file import file_digest, read_state
from generator.network.zoo.loaded import LoadedNetwork
from generator.network.zoo.zfnet import INPUT_SIZE, MEAN, STD

PREFIX = "filter_gallery_own_"  # so that a file named like a library hides none


def own_network(file: Path, function: str, weights: Path | None) -> LoadedNetwork:
    """Return the network that a function in a file makes when it is called without arguments.

    Its weights are those that the function gives it, or those of a file. Input size, mean and std
    are 224 and ImageNet's where the settings say nothing else. Raises NetworkError naming file,
    function and what went wrong in them.
    """
    if not file.is_file():
        raise NetworkError(f"network {file}:{function}: there is no such file")
    with _told_as_ours(file, function), _beside(file) as loaded:
        module = _run(file)
        if not callable(getattr(module, function, None)):
            raise NetworkError(f"{file}: has no function {function!r}")
        made = getattr(module, function)()
        if not isinstance(made, nn.Module):
            raise NetworkError(
                f"{file}: {function}() returned a value of type {type(made).__name__}; it must "
                "return a torch.nn.Module"
            )
        scripted = [
            path for path, part in made.named_modules() if isinstance(part, torch.jit.ScriptModule)
        ]
        if scripted:
            raise NetworkError(
                f"{file}: {function}() returned TorchScript"
                f"{f' in module {scripted[0]!r}' if scripted[0] else ''}, which cannot be watched; "
                "return the module that it was made from"
            )
        if next(made.parameters(), None) is None:
            raise NetworkError(f"{file}: the module that {function}() returned has no parameters")
        model = made.to("cpu", torch.float32)
        digest, code = state_digest(model), _code_digest(file, loaded())
    source = f"made by {function}() in {file.name}"
    if weights is not None:
        fill(model, read_state(weights), f"weights {weights.name}")
        digest = file_digest(weights)
        source = f"the file {weights.name}"
    return LoadedNetwork(
        name=f"{file.name}:{function}",
        model=model,
        input_size=INPUT_SIZE,
        mean=MEAN,
        std=STD,
        source=source,
        weights_sha256=digest,
        code_sha256=code,
    )


@contextmanager
def _told_as_ours(file: Path, function: str) -> Iterator[None]:
    """Tell whatever goes wrong in the person's code as one error of ours."""
    try:
        yield
    except NetworkError:
        raise
    except (Exception, SystemExit) as problem:  # a script may exit, and code may raise anything
        raise NetworkError(f"{file}: {function}: {type(problem).__name__}: {problem}") from problem


@contextmanager
def _beside(file: Path) -> Iterator[Callable[[], list[Path]]]:
    """Let the file import its neighbours; on failure, forget them and the file.

    Gives a function that tells which files beside it, and below, were imported. Libraries that it
    imported stay: a compiled one may not be imported a second time.
    """
    folder = str(file.resolve().parent)
    path, before = sys.path.copy(), sys.modules.copy()
    sys.path.insert(0, folder)

    def loaded() -> list[Path]:
        modules = (part for name, part in sys.modules.items() if part is not before.get(name))
        return sorted(Path(str(part.__file__)) for part in modules if _lies_in(part, folder))

    try:
        yield loaded
    except BaseException:
        for name, module in sys.modules.copy().items():
            if module is not before.get(name) and _lies_in(module, folder):
                del sys.modules[name]
                if name in before:
                    sys.modules[name] = before[name]
        raise
    finally:
        sys.path[:] = path


def _code_digest(file: Path, loaded: Sequence[Path]) -> str:
    """Return sha256 over the files that a network's code came from, in hexadecimal."""
    digest = hashlib.sha256()
    for path in loaded:
        name = os.path.relpath(path.resolve(), file.resolve().parent)
        digest.update(f"{name}\0{file_digest(path)}\0".encode())
    return digest.hexdigest()


def _lies_in(module: ModuleType, folder: str) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve().is_relative_to(folder)


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
