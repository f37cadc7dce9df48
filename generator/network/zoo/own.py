"""A network from a person's own file, which runs the person's code, or from memory."""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import inspect
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

# Before the person's file, which may import torchvision: it loads beside any torch only after this.
import generator.network.torchvision_compat  # noqa: F401
from generator.errors import NetworkError
from generator.files import hash_file
from generator.names import Size
from generator.network.modes import ignoring_modes
from generator.network.weights.state import state_digest
from generator.network.zoo.loaded import LoadedNetwork, freeze, in_one_line
from generator.network.zoo.zfnet import INPUT_SIZE, MEAN, STD

PREFIX = "filter_gallery_own_"  # so that a file named like a library hides none
RUN = itertools.count()  # each file is run in a package of its own, so that no two mix
QUANTISED = ("torch.ao.nn.quantized.", "torch.ao.nn.intrinsic.quantized.")  # rooms of torch
AS_NEEDED = (  # parts that take and give plain numbers
    "torch.ao.nn.quantized.dynamic.",
    "torch.ao.nn.intrinsic.quantized.dynamic.",
    "torch.ao.nn.quantized.modules.linear.LinearPackedParams",
)

_neighbours: set[str] = set()  # modules that the files before this one imported from beside them


def own_network(
    file: Path, function: str, weights: Path | None, input_size: Size | None = None
) -> LoadedNetwork:
    """Return the network of a file: a module there, or what a function or class there makes.

    A function is called without arguments. The network's weights are those that it has, or those
    of `weights`. Lazy modules take their shapes from an image of `input_size` pixels. Input size,
    mean and std are 224 and ImageNet's where the settings say nothing else. Raises NetworkError
    naming file, function and the fault.
    """
    if not file.is_file():
        raise NetworkError(f"network {file}:{function}: there is no such file")
    with _as_one_error(file, function), _beside(file) as imported:
        found = getattr(_run(file), function, None)
        ready = isinstance(found, nn.Module)
        who = f"{file}: {function}{' is' if ready else '() returned'}"
        made = _watchable(found if ready else _call(found, file, function), who)
        prepared = _prepared(made, input_size)
        network = LoadedNetwork(
            *(f"{file.name}:{function}", *prepared),
            source=f"{function if ready else f'made by {function}()'} in {file.name}",
            weights_sha256=state_digest(prepared[0]),
            code_sha256=_code_digest(file.resolve().parent, imported().values()),
        )
    return network if weights is None else network.with_weights_of(weights)


def network_in_memory(
    model: object, name: str, classes: tuple[str, ...], input_size: Size | None
) -> LoadedNetwork:
    """Return a copy of a network, in float32 and evaluation mode; the network itself stays as is.

    Of its code nothing is known but the class's name. Raises NetworkError as `own_network` does.
    """
    kind = type(model).__name__
    made = _watchable(model, f"{kind} is")
    try:
        made = copy.deepcopy(made)
    except Exception as problem:  # a person's class may do anything
        raise NetworkError(f"{kind}: cannot be copied ({in_one_line(problem)})") from problem
    prepared = _prepared(made, input_size)
    return LoadedNetwork(
        *(name or kind, *prepared),
        source=f"a {kind} in memory",
        weights_sha256=state_digest(prepared[0]),
        classes=classes,
    )


def _prepared(
    made: nn.Module, input_size: Size | None
) -> tuple[nn.Module, Size, tuple[float, float, float], tuple[float, float, float]]:
    """Return a network ready to be watched, and the usual input size, mean and std."""
    made = _without_wrapping(made)
    made.float()
    made.to("cpu")
    freeze(made)
    usual = Size.square(INPUT_SIZE)
    _initialise(made, input_size or usual)
    return made, usual, MEAN, STD


def _call(found: object, file: Path, function: str) -> object:
    """Return what a function makes; raises NetworkError where it cannot be called as it is."""
    if not callable(found):
        raise NetworkError(f"{file}: has no function {function!r}")
    if inspect.iscoroutinefunction(found):
        raise NetworkError(
            f"{file}: {function} is a coroutine, which nothing awaits; define it without async"
        )
    try:
        inspect.signature(found).bind()
    except ValueError:  # a function in C may not say what it takes
        pass
    except TypeError as problem:
        raise NetworkError(
            f"{file}: {function}() is called without arguments, but {problem}; name a function "
            "that calls it with the right ones"
        ) from problem
    return found()


def _watchable(made: object, who: str) -> nn.Module:
    """Return a module that can be watched; raises NetworkError where it is none."""
    if not isinstance(made, nn.Module):
        raise NetworkError(
            f"{who} a value of type {type(made).__name__}; it must return a torch.nn.Module"
        )
    for path, part in made.named_modules():
        kind = _unwatchable(part)
        if kind:
            raise NetworkError(
                f"{who} {kind}{f' in module {path!r}' if path else ''}, which cannot be watched; "
                "name the network that it was made from"
            )
    return made


def _unwatchable(part: nn.Module) -> str:
    """Say what a module is if it cannot be watched, else ""."""
    if isinstance(part, torch.jit.ScriptModule):
        return "TorchScript"
    kind = f"{type(part).__module__}.{type(part).__qualname__}"
    if kind.startswith(QUANTISED) and not kind.startswith(AS_NEEDED):
        return f"a quantised network ({type(part).__name__})"
    if isinstance(part, torch.fx.GraphModule) and any(
        isinstance(node.target, torch._ops.OpOverload)  # noqa: SLF001 - torch has no other name
        for node in part.graph.nodes
    ):
        return "a network of torch.export"
    return ""


def _without_wrapping(model: nn.Module) -> nn.Module:
    """Return a network without what compiles it, or spreads it over devices; it is changed.

    Its modules have the paths that they had before. A DataParallel inside keeps its place in them.
    """
    inner = getattr(model, "_orig_mod", None)  # of torch.compile
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        inner = model.module
    if isinstance(inner, nn.Module):
        return _without_wrapping(inner)
    for part in model.modules():
        part._compiled_call_impl = None  # noqa: SLF001 - left by part.compile()
        if isinstance(part, nn.DataParallel):
            part.device_ids = []
        for name, child in part._modules.items():  # noqa: SLF001 - children() leaves out repetitions
            compiled = getattr(child, "_orig_mod", None)
            if isinstance(compiled, nn.Module):
                part._modules[name] = compiled  # noqa: SLF001 - as above
    return model


def _initialise(model: nn.Module, input_size: Size) -> None:
    """Run a network once if it has lazy modules, which get their weights in that run."""
    if not _is_lazy(model):
        return
    try:
        with torch.no_grad(), ignoring_modes():
            model(torch.zeros(1, 3, *input_size))
    except Exception as problem:
        if _is_lazy(model):
            raise NetworkError(
                f"its lazy modules get their shapes from one image "
                f"{[1, 3, *input_size]}, on which it does not run ({in_one_line(problem)})"
            ) from problem
    if _is_lazy(model):
        raise NetworkError("some of its lazy modules do not run, so that they have no shapes")


def _is_lazy(model: nn.Module) -> bool:
    tensors = itertools.chain(model.parameters(), model.buffers())
    return any(
        isinstance(tensor, UninitializedParameter | UninitializedBuffer) for tensor in tensors
    )


@contextmanager
def _as_one_error(file: Path, function: str) -> Iterator[None]:
    """Raise whatever goes wrong in the person's code as one NetworkError."""
    try:
        yield
    except NetworkError as problem:
        if str(file) in str(problem):
            raise
        raise NetworkError(f"{file}: {function}: {problem}") from problem
    except (Exception, SystemExit) as problem:  # a script may exit, and code may raise anything
        raise NetworkError(f"{file}: {function}: {in_one_line(problem)}") from problem


@contextmanager
def _beside(file: Path) -> Iterator[Callable[[], dict[str, Path]]]:
    """Let the file import its neighbours; on failure, forget them and the file.

    Gives a function that returns the modules that came from files beside it, and below: name →
    file. Libraries stay imported: a compiled one may not be imported a second time.
    """
    folders = _folders(file)
    for name in _neighbours:  # of another file, which this one's may be named like
        sys.modules.pop(name, None)
    _neighbours.clear()
    path, before = sys.path.copy(), sys.modules.copy()
    sys.path[:0] = map(str, folders)
    importlib.invalidate_caches()

    def imported() -> dict[str, Path]:
        new = {name: part for name, part in sys.modules.items() if part is not before.get(name)}
        files = {name: getattr(part, "__file__", None) for name, part in new.items()}
        return {
            name: Path(found)
            for name, found in files.items()
            if found is not None and _is_below(Path(found).resolve(), folders[-1])
        }

    try:
        yield imported
        _neighbours.update(name for name, found in imported().items() if found.suffix == ".py")
    except BaseException:
        packages = {name for name in sys.modules.keys() - before.keys() if name.startswith(PREFIX)}
        for name in packages | imported().keys():
            del sys.modules[name]
            if name in before:
                sys.modules[name] = before[name]
        raise
    finally:
        sys.path[:] = path


def _folders(file: Path) -> list[Path]:
    """Return a file's folder and, from a package, the folders above up to the one that holds it."""
    folders = [file.resolve().parent]
    while (folders[-1] / "__init__.py").is_file():
        folders.append(folders[-1].parent)
    return folders


def _is_below(file: Path, folder: Path) -> bool:
    """Say whether a file is a person's own in a folder, and none of a library installed there."""
    return file.is_relative_to(folder) and "site-packages" not in file.relative_to(folder).parts


def _code_digest(folder: Path, files: Iterable[Path]) -> str:
    """Return sha256 over the files that a network's code came from, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        digest.update(f"{os.path.relpath(path.resolve(), folder)}\0{hash_file(path)}\0".encode())
    return digest.hexdigest()


def _run(file: Path) -> ModuleType:
    """Import a file, in a package of its own, so that `from .neighbour import` finds others."""
    package = f"{PREFIX}{next(RUN)}"
    for level, folder in enumerate(reversed(_folders(file))):
        package = f"{package}.{folder.name}" if level else package
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(folder)]
    name = f"{package}.{file.stem.replace('.', '_')}"
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise NetworkError(f"{file}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickle look for the file's classes
    spec.loader.exec_module(module)
    return module
