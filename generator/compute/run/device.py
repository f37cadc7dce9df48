"""Which device computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from generator.errors import ConfigError, NetworkError


def pick_device(name: str, local: int | None = None) -> torch.device:
    """Return the device of that name; "auto" is cuda, then mps, then cpu.

    The processes of one run on one machine are numbered `local` from 0 on, and each takes a GPU of
    its own. Raises ConfigError where the name means nothing or the device is not there.
    """
    # Convolutions in TF32, CUDA's default, would miss recorded activations by about 1e-3.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    if local is not None and name in {"auto", "cuda"} and torch.cuda.is_available():
        count = torch.cuda.device_count()
        if local >= count:
            raise ConfigError(
                f"there are more processes than the {count} GPUs of this machine; use torchrun "
                f"--nproc-per-node {count}, or --device cpu"
            )
        return torch.device("cuda", local)
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name == "meta":
        raise ConfigError("device 'meta' computes nothing; try auto or cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as problem:
        reason = str(problem).splitlines()[0]
        raise ConfigError(
            f"device {name!r} cannot be used here ({reason}); try auto or cpu"
        ) from problem
    return device


@contextmanager
def enough_memory() -> Iterator[None]:
    """Turn a device's want of memory into NetworkError with what to do."""
    try:
        yield
    except torch.OutOfMemoryError as problem:
        reason = str(problem).partition(". ")[0]
        raise NetworkError(
            f"the device has not enough memory ({reason}): free some, and the same command goes on "
            "from here"
        ) from problem
