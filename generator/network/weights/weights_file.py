"""Files of weights: safetensors, or tensors saved by torch. Reading one runs no code in it.

The project's own files are safetensors in float16, with class names and provenance inside.
"""

from __future__ import annotations

import io
import json
import pickletools
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING  # from Python 2's names, which torch writes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.files import hash_file, write_whole
from generator.network.weights.state import Filled, fill, state_digest

DEPTH = 8  # dicts inside each other
PLAIN = ("builtins.", "collections.", "torch._utils.")  # what any file of torch asks for
BY_NAME = "not tensors by name; save them with `torch.save(model.state_dict(), FILE)`"


class _Unread:
    """Stands for an object of a class that is never loaded: it takes anything and does nothing."""

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _state: object) -> None: ...


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name, on the CPU.

    The file is safetensors, or what `torch.save` wrote, whatever its ending. A tensor in a dict
    inside another has the names of both: "state_dict.conv1.weight". All else is left out, and
    objects of other classes than torch's and Python's own are never made. Raises NetworkError
    naming the file where it cannot be read or holds no tensors by name.
    """
    try:
        with path.open("rb") as file:
            safe = file.read(9).endswith(b"{")  # after eight bytes for the length of the header
        if safe:
            with safe_open(path, "pt") as tensors:
                return {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
        found = _saved_by_torch(path)
    except (SafetensorError, OSError) as problem:
        raise NetworkError(f"weights {path.name}: cannot be read ({problem})") from problem
    state = dict(_tensors(found))
    if state and isinstance(found, dict):
        return state
    for name, part in found.items() if isinstance(found, dict) else ():
        if isinstance(part, _Unread):
            raise NetworkError(f"weights {path.name}: {name!r} is {_kind(part)}, {BY_NAME}")
    raise NetworkError(f"weights {path.name}: holds {_kind(found)}, {BY_NAME}")


def _saved_by_torch(path: Path) -> object:
    names: list[str] = []
    try:
        names += _classes(path)
        unread: list[Any] = [
            (_new_dict if name == "collections.defaultdict" else type(name, (_Unread,), {}), name)
            for name in names
        ]
        if not names or not names[0].startswith("__torch__."):
            with path.open("rb") as file, torch.serialization.safe_globals(unread):
                return torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as problem:  # damaged bytes raise whatever they happen to
        # torch's own text goes on with advice that would run code.
        text = str(problem.__context__ or problem).strip() or type(problem).__name__
        reason = text.splitlines()[0].split(". ")[0].rstrip(".")
        if "persistent_load" in reason:  # so older files hold modules
            own = (name for name in names if not name.startswith(PLAIN))
            reason = f"it holds a whole model, with {next(own, 'no class')}"
        raise NetworkError(
            f"weights {path.name}: neither safetensors nor a state dict without other objects "
            f"({reason}); save one with `torch.save(model.state_dict(), FILE)`"
        ) from problem
    raise NetworkError(
        f"weights {path.name}: holds TorchScript, of class {names[0].rpartition('.')[2]}; save its "
        "tensors with `torch.save(torch.jit.load(FILE).state_dict(), OTHER_FILE)`"
    )


def _new_dict(*_: object) -> dict[Any, Any]:
    return {}


def _classes(path: Path) -> list[str]:
    """Return the names of the classes and functions in a file that torch saved, in its order."""
    with path.open("rb") as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as parts:
                inside = (name for name in parts.namelist() if name.endswith("/data.pkl"))
                pickles: list[IO[bytes]] = [io.BytesIO(parts.read(next(inside, "data.pkl")))]
        else:  # a number, a version and facts about the machine come before the object
            file.seek(0)
            pickles = [file] * 4
        asked = [
            str(argument).partition(" ")
            for each in pickles
            for opcode, argument, _ in pickletools.genops(each)
            if opcode.name == "GLOBAL"
        ]
    names = (
        NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        for module, _, name in asked
    )
    return list(dict.fromkeys(map(".".join, names)))


def _tensors(value: object, name: str = "", depth: int = DEPTH) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors in nested dicts with their dotted names."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, dict) and depth:
        for key, part in value.items():
            if isinstance(key, str):
                yield from _tensors(part, f"{name}.{key}" if name else key, depth - 1)


def _kind(value: object) -> str:
    if isinstance(value, _Unread):
        return f"an object of class {type(value).__name__}"
    if isinstance(value, dict):
        return "a dict without tensors" if value else "an empty dict"
    return f"a value of type {type(value).__name__}"


def load_into(
    model: nn.Module,
    path: Path,
    renamed: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = dict,
) -> tuple[str, Filled]:
    """Fill a model from a file; return a sha256 of its weights, and how they fitted.

    `FILE:PART` takes the tensors whose names begin with that part. `renamed` gives the file's
    tensors the names that the model has. Raises NetworkError as `read_state` and `state.fill` do;
    the model is untouched then.
    """
    file, part = path, ""
    if not path.exists():
        whole, _, part = str(path).rpartition(":")
        file, part = (Path(whole), part) if Path(whole).is_file() else (path, "")
    filled = fill(model, renamed(read_state(file)), f"weights {file.name}", part)
    return state_digest(model) if part else hash_file(file), filled


@dataclass(frozen=True)
class Provenance:
    """The facts that a file of this project keeps beside its weights."""

    classes: tuple[str, ...]
    source: str  # how they came to be, one sentence for people
    trained_on: str  # image sets and their terms, one sentence for people


@dataclass(frozen=True)
class Learning:
    """How a network learned labels that say nothing about their pictures."""

    labels: str  # what they are, for people
    seed: int
    pixels: int  # side of the pictures
    pictures: int  # that were trained on
    held_out: int  # pictures that were not; their labels are true
    most_frequent: float  # share of those held out in the class that most of the labels name
    chance: float  # share of those held out that guesses with the labels' shares get right
    epochs: tuple[dict[str, float], ...]  # epoch, loss, training and held_out: shares right
    true_epochs: tuple[dict[str, float], ...]  # the same of a network that learned the true labels


def save(
    model: nn.Module, provenance: Provenance, path: Path, learning: Learning | None = None
) -> None:
    """Write a model's parameters as float16, with what is known of them, in one step."""
    tensors = {
        name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()
    }
    metadata = {key: json.dumps(value) for key, value in asdict(provenance).items()}
    if learning is not None:
        metadata["learning"] = json.dumps(asdict(learning))
    write_whole(path, _in_order(serialise(tensors, metadata)))


def _in_order(file: bytes) -> bytes:
    """Sort the metadata in the header of a safetensors file, whose order is left to chance."""
    start = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight
    return len(text).to_bytes(8, "little") + text + file[start:]


def provenance_of(path: Path) -> Provenance:
    """Return the provenance in a file; NetworkError where it is damaged or missing."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        return Provenance(
            classes=tuple(json.loads(metadata["classes"])),
            source=json.loads(metadata["source"]),
            trained_on=json.loads(metadata["trained_on"]),
        )
    except (SafetensorError, OSError, KeyError, ValueError) as problem:
        raise NetworkError(
            f"weights {path.name}: not a weights file of this project ({problem}); "
            "reinstall, or train it again with `filter-gallery train`"
        ) from problem


def learning_of(path: Path) -> Learning | None:
    """Return how a file's network learned random labels, None where it did not; see above."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        if "learning" not in metadata:
            return None
        facts = json.loads(metadata["learning"])
        curves = {name: tuple(facts[name]) for name in ("epochs", "true_epochs")}
        return Learning(**{**facts, **curves})
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as problem:
        raise NetworkError(f"weights {path.name}: cannot be read ({problem})") from problem
