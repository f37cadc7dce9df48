"""From a finished training run to the weights that travel with the program, and their figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from generator.network.weights import weights_file
from generator.network.zoo.zfnet import ZFNet
from generator.training.data import Report
from generator.training.evaluate import evaluate
from generator.training.recipe import EMBEDDED
from generator.training.train import train

TERMS = {  # of the sets that the embedded weights were trained on
    "bird": "photographs of birds (a part with ImageNet's terms, the rest from the web)",
    "caltech101": "Caltech-101 (Li, Andreeto, Ranzato, Perona, 2022; CC BY 4.0)",
    "imagenette": "Imagenette, ten classes of ImageNet (its images keep ImageNet's terms)",
    "imagewoof": "Imagewoof, ten breeds of dog of ImageNet (its images keep ImageNet's terms)",
    "oxford_pets_3breeds": "three breeds of Oxford-IIIT Pet (Parkhi and others, 2012)",
    "road_vehicles": "photographs of bicycles, motorcycles and cars (from the web)",
    "tf_flower_photos": "TensorFlow's photographs of flowers (CC BY 2.0)",
}


def train_and_export(folders: list[Path], out: Path, report: Report) -> None:
    """Train, or finish training, and write `out/zfnet.safetensors` and `out/epochs/`.

    Reports what the exported float16 weights are worth, see `generator.training.evaluate`.
    """
    trained = train(folders, out, EMBEDDED, report)
    names = "; ".join(TERMS.get(folder.name, folder.name) for folder in folders)
    provenance = weights_file.Provenance(
        classes=trained.classes,
        source=f"trained by Filter Gallery itself for {EMBEDDED.epochs} epochs",
        trained_on=names,
    )
    weights = out / "zfnet.safetensors"
    weights_file.save(trained.net, provenance, weights)
    (out / "epochs").mkdir(exist_ok=True)
    for epoch in EMBEDDED.snapshots:
        early = ZFNet(len(trained.classes))
        early.load_state_dict(torch.load(out / f"epoch{epoch:02}.pt", weights_only=True))
        source = f"the state after epoch {epoch} of {EMBEDDED.epochs} of training by Filter Gallery"
        weights_file.save(
            early,
            replace(provenance, source=source),
            out / "epochs" / f"epoch{epoch:02}.safetensors",
        )
    evaluate(weights, folders, report)
