"""Networks by name, each made ready for probing."""

from __future__ import annotations

import difflib
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from generator.errors import ConfigError
from generator.network import weights_file, zfnet
from generator.network.probed import ProbedNetwork, probe_layers

EMBEDDED_WEIGHTS = Path(__file__).parent / "weights" / "zfnet.safetensors"
NAMES = ("zfnet",)


def load(name: str) -> ProbedNetwork:
    """Return a network by name, in evaluation mode, on the CPU.

    Raises ConfigError for an unknown name, NetworkError for damaged weights.
    """
    if name == "zfnet":
        return load_zfnet(EMBEDDED_WEIGHTS)
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0)
    raise ConfigError(f"no network is named {name!r}; did you mean {near[0]!r}?")


def load_zfnet(path: Path) -> ProbedNetwork:
    """Return ZFNet with the weights of a file."""
    provenance = weights_file.provenance_of(path)
    model = zfnet.ZFNet(len(provenance.classes))
    digest = weights_file.load_into(model, path)
    model.eval().requires_grad_(False)
    modules = {f"layer{number}": f"features.relu{number}" for number in range(1, 6)}
    return ProbedNetwork(
        name="zfnet",
        source=provenance.source,
        trained_on=provenance.trained_on,
        weights_sha256=digest,
        model=model,
        input_size=zfnet.INPUT_SIZE,
        mean=zfnet.MEAN,
        std=zfnet.STD,
        classes=provenance.classes,
        layers=probe_layers(model, modules, zfnet.INPUT_SIZE),
        history=_history(path.parent / "epochs"),
    )


def _history(folder: Path) -> tuple[tuple[str, str, Tensor], ...]:
    """Return the first kernels after some epochs of training; an installed package has none."""
    found = []
    for path in sorted(folder.glob("epoch*.safetensors")):
        number = int(path.stem.removeprefix("epoch"))
        words = f"after {number} epoch{'' if number == 1 else 's'}"
        with safe_open(path, "pt") as file:
            found.append((path.stem, words, file.get_tensor("features.conv1.weight").float()))
    return tuple(found)
