"""A network's tensors by name: their digest, and how others take their place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from generator.errors import NetworkError

PARALLEL = "module."  # DataParallel puts it before every name
NAMED = 5  # so many wrong tensors are named at once


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


def fill(model: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Fill a model with these tensors, each in the type that the model has.

    Names may have the prefix of DataParallel, which the model then need not have.
    `where` begins the message: "weights net.pth". Raises NetworkError naming the tensors that are
    missing, foreign, of another shape, not finite or no plain numbers. The model is untouched then.
    """
    state = model.state_dict()
    wanted = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    if plain_names(wanted) is wanted:
        tensors = plain_names(tensors)
    wrong = dict(_wrong(wanted, tensors))
    if wrong:
        name, words = next(iter(wrong.items()))
        others = list(wrong)[1:]
        more = f"; others that do not fit: {', '.join(others[:NAMED])}" if others else ""
        more += ", …" if len(others) > NAMED else ""
        raise NetworkError(f"{where}: tensor {name} {words}{more}{_hint(wanted, tensors, wrong)}")
    state.update(tensors)
    model.load_state_dict(state)


def plain_names(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return tensors without the prefix of DataParallel, if all have it; else the same mapping."""
    if not all(name.startswith(PARALLEL) for name in tensors):
        return tensors
    return {name.removeprefix(PARALLEL): tensor for name, tensor in tensors.items()}


def _wrong(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> Iterator[tuple[str, str]]:
    """Yield the name of each tensor that does not fit, and what is wrong with it."""
    for name, tensor in wanted.items():
        if name in found:
            words = _misfit(tensor, found[name])
            if words:
                yield name, words
        # A count of training steps: nothing reads it any more, and older files have none.
        elif not name.endswith(".num_batches_tracked"):
            yield name, "is missing"
    for name in found:
        if name not in wanted:
            yield name, "does not belong to the network"


def _misfit(wanted: Tensor, found: Tensor) -> str:
    """Return what is wrong with a tensor, in words; "" where it fits."""
    if found.shape != wanted.shape:
        return f"has shape {list(found.shape)}, the network needs {list(wanted.shape)}"
    plain = found.layout == torch.strided and not found.is_meta and not found.is_quantized
    if not plain or found.is_floating_point() != wanted.is_floating_point():
        return f"holds {found.dtype}, the network needs plain {wanted.dtype}"
    if not bool(torch.isfinite(found.float()).all()):
        return "holds NaN or infinity"
    return ""


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
