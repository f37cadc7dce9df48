"""A network's tensors by name: their digest, and how those of a file take their place."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from generator.errors import NetworkError

COUNT = ".num_batches_tracked"  # of training steps: nothing reads it, and older files have none
NAMED = 5  # so many tensors are named at once


def state_digest(model: nn.Module) -> str:
    """Return the sha256 over all tensors of a model: names, types, shapes, bytes, by name.

    Parts may keep other values beside their tensors, which do not count.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if not isinstance(tensor, Tensor):
            continue
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)  # a single number has no bytes view
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Filled:
    """How the tensors of a file fitted a network."""

    note: str = ""  # what a person should know of it, in one line; "" where all are alike
    lacking: str = ""  # the error to raise where a watched layer needs what did not fit; "" if none


def fill(model: nn.Module, tensors: Mapping[str, Tensor], where: str, part: str = "") -> Filled:
    """Fill a model with these tensors, each in the type that the model has.

    All names may have something before the network's own, as in "module.conv1.weight"; of several
    such parts that which has most of the network's tensors is taken, or one below `part`. Tensors
    that are missing or have another shape are NaN afterwards. `where` begins the messages:
    "weights net.pth". Raises NetworkError naming the tensors, or the parts that fit alike, where
    nothing fits, and where a tensor is not finite or no plain numbers. The model is untouched then.
    """
    state = model.state_dict()
    wanted = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    prefix = _prefix(wanted, tensors, where, part)
    found = {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    taken = {name: tensor for name, tensor in found.items() if name in wanted}
    wrong = {name: words for name in wanted if (words := _misfit(name, wanted, taken))}
    absent = {
        name: torch.full_like(tensor, torch.nan)
        for name, tensor in wanted.items()
        if name in wrong and tensor.is_floating_point() and _absent(tensor, taken.get(name))
    }
    if len(absent) < len(wrong) or not taken.keys() - wrong:
        raise NetworkError(_refusal(wanted, taken, wrong, where))
    model.load_state_dict(absent, strict=False)
    model.load_state_dict({name: taken[name] for name in taken.keys() - wrong}, strict=False)
    notes = []
    if prefix:
        notes.append(f"the network's tensors are those under {prefix[:-1]}")
    if others := [name for name in tensors if name not in {prefix + each for each in taken}]:
        notes.append(f"left out: {_some(others)}")
    if absent:
        notes.append(f"missing or of another shape, which no watched layer needs: {_some(absent)}")
    return Filled(
        f"{where}: {'; '.join(notes)}" if notes else "",
        _refusal(wanted, taken, wrong, where) if absent else "",
    )


def _prefix(
    wanted: Mapping[str, Tensor], tensors: Mapping[str, Tensor], where: str, part: str
) -> str:
    """Return what stands before the network's names in those of a file, "module." or ""."""
    fitting: Counter[str] = Counter()  # prefix → how many tensors fit
    for name, tensor in tensors.items():
        parts = name.split(".")
        for number in range(len(parts)):
            rest = ".".join(parts[number:])
            if rest in wanted and tensor.shape == wanted[rest].shape:
                fitting[name.removesuffix(rest)] += 1
    if part:
        fitting = Counter({p: n for p, n in fitting.items() if p.startswith(f"{part}.")})
        if not fitting:
            raise NetworkError(f"{where}: holds no tensor of the network under {part}")
    most = max(fitting.values(), default=0)
    best = [prefix for prefix, number in fitting.items() if number == most]
    if not best or "" in best:
        return ""
    if len(best) > 1:
        alike = " and under ".join(prefix[:-1] for prefix in best[:NAMED])
        raise NetworkError(
            f"{where}: the tensors under {alike} fit alike; "
            f"say which, as in --weights FILE:{best[0][:-1]}"
        )
    return best[0]


def _absent(wanted: Tensor, found: Tensor | None) -> bool:
    return found is None or found.shape != wanted.shape


def _misfit(name: str, wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """Return what is wrong with a tensor, in words; "" where it fits."""
    if name not in found:
        return "" if name.endswith(COUNT) else "is missing"
    needs, has = wanted[name], found[name]
    if has.shape != needs.shape:
        return f"has shape {list(has.shape)}, the network needs {list(needs.shape)}"
    if name.endswith(COUNT):
        return ""
    plain = has.layout == torch.strided and not has.is_meta and not has.is_quantized
    if not plain or has.is_floating_point() != needs.is_floating_point():
        return f"holds {has.dtype}, the network needs plain {needs.dtype}"
    if not bool(torch.isfinite(has.float()).all()):
        return "holds NaN or infinity"
    return ""


def _refusal(
    wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], wrong: Mapping[str, str], where: str
) -> str:
    """Return the error that names what is wrong with the first tensor, and the next."""
    name, *others = wrong
    more = f"; others that do not fit: {_some(others)}" if others else ""
    return f"{where}: tensor {name} {wrong[name]}{more}{_hint(wanted, found, wrong)}"


def _some(names: Iterable[str]) -> str:
    first, more = [*names][:NAMED], len([*names]) > NAMED
    return ", ".join(first) + ", …" * more


def _hint(
    wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], wrong: Mapping[str, str]
) -> str:
    """Return advice where the two differ in the number of classes only, else "".

    Any other layer of another width would leave the next one with another number of inputs.
    """
    counts = set()
    for name in wrong:
        has, needs = ([*each[name].shape] if name in each else [] for each in (found, wanted))
        if len(has) != len(needs) or has[1:] != needs[1:] or has == needs:
            return ""
        counts.add((has[0], needs[0]))
    if len(counts) != 1:
        return ""
    ((old, new),) = counts
    return (
        f". Only the number of classes differs, {old} and {new}: "
        "make the network in a file of your own and name it, --network FILE.py:FUNCTION"
    )
