"""The embedded network, with the weights that come along, others of its shapes, or none."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from generator.network.weights import weights_file
from generator.network.zoo import zfnet
from generator.network.zoo.default_layers import numbered
from generator.network.zoo.loaded import LoadedNetwork

EMBEDDED_WEIGHTS = Path(__file__).parents[1] / "weights" / "zfnet.safetensors"
MODULES = tuple(f"features.relu{number}" for number in range(1, 6))


def zfnet_with(path: Path) -> LoadedNetwork:
    """Return ZFNet with the weights of a file of this project.

    First kernels kept during training come with it where they lie beside the file. Raises
    NetworkError where the file is damaged or holds anything else.
    """
    provenance = weights_file.provenance_of(path)
    model = zfnet.ZFNet(len(provenance.classes))
    digest = weights_file.load_into(model, path)
    return LoadedNetwork(
        name="zfnet",
        model=model,
        input_size=zfnet.INPUT_SIZE,
        mean=zfnet.MEAN,
        std=zfnet.STD,
        source=provenance.source,
        trained_on=provenance.trained_on,
        weights_sha256=digest,
        classes=provenance.classes,
        layers=numbered(MODULES),
        history=_history(path.parent / "epochs"),
    )


def zfnet_random() -> LoadedNetwork:
    """Return ZFNet with weights still to be drawn."""
    return LoadedNetwork(
        name="zfnet",
        model=zfnet.ZFNet(classes=1),
        input_size=zfnet.INPUT_SIZE,
        mean=zfnet.MEAN,
        std=zfnet.STD,
        random=True,
        layers=numbered(MODULES),
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
