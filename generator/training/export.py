"""From a finished training run to the weights that travel with the program, and their figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from generator.errors import ConfigError
from generator.images.folder import list_images
from generator.images.stream import batches_of, normalise, stream
from generator.network import weights_file
from generator.network.zfnet import INPUT_SIZE, MEAN, STD, ZFNet
from generator.training.data import is_held_out
from generator.training.recipe import EMBEDDED, SNAPSHOTS
from generator.training.train import Report, train

TERMS = {  # of the sets that the embedded weights were trained on
    "caltech101": "Caltech-101 (Li, Andreeto, Ranzato, Perona, 2022; CC BY 4.0)",
    "imagenette": "Imagenette, ten classes of ImageNet (its images keep ImageNet's terms)",
}


def train_and_export(folders: list[Path], out: Path, report: Report) -> None:
    """Train, or finish training, and write `out/zfnet.safetensors` and `out/epochs/`.

    Reports the top-1 share on the held-out tenth of each set, measured with the exported float16
    weights and the pictures as a gallery sees them.
    """
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"--data {folder}: is no folder; name one with a folder per class")
    trained = train(folders, out, EMBEDDED, report)
    names = " and ".join(TERMS.get(folder.name, folder.name) for folder in folders)
    provenance = weights_file.Provenance(
        classes=trained.classes,
        source=f"trained by Filter Gallery itself for {EMBEDDED.epochs} epochs",
        trained_on=names,
    )
    weights = out / "zfnet.safetensors"
    weights_file.save(trained.net, provenance, weights)
    (out / "epochs").mkdir(exist_ok=True)
    for epoch in (epoch for epoch in SNAPSHOTS if epoch <= EMBEDDED.epochs):
        early = ZFNet(len(trained.classes))
        early.load_state_dict(torch.load(out / f"epoch{epoch:02}.pt", weights_only=True))
        source = f"the state after epoch {epoch} of {EMBEDDED.epochs} of training by Filter Gallery"
        weights_file.save(
            early,
            replace(provenance, source=source),
            out / "epochs" / f"epoch{epoch:02}.safetensors",
        )
    report_accuracy(weights, folders, report)


def report_accuracy(weights: Path, folders: list[Path], report: Report) -> None:
    """Report how many held-out pictures of each set, and of all, get the right class."""
    right = total = 0
    for folder in folders:
        hits, count = held_out_hits(weights, folder)
        right, total = right + hits, total + count
        report(f"held out, {folder.name}: {_share(hits, count)}")
    report(f"held out, all: {_share(right, total)}")


def _share(hits: int, count: int) -> str:
    return f"{hits} of {count} right, {hits / count:.1%}" if count else "no picture is held out"


@torch.inference_mode()
def held_out_hits(weights: Path, folder: Path) -> tuple[int, int]:
    """Count the held-out pictures of `<folder>/<class>/` with the right top-1 class, and all.

    A picture that cannot be read counts as wrong.
    """
    classes = weights_file.provenance_of(weights).classes
    net = ZFNet(len(classes))
    weights_file.load_into(net, weights)
    net.eval()
    listing = list_images(folder)
    held_out = [row for row, path in enumerate(listing.paths) if is_held_out(Path(path))]
    kept = listing.only(held_out)
    hits = 0
    numbers = range(batches_of(len(kept), 64))
    for batch in stream(kept, INPUT_SIZE, batch=64, workers=2, numbers=numbers):
        answers = net(normalise(batch.pixels, MEAN, STD)).argmax(1).tolist()
        names = [Path(path).parent.name for path in kept.paths[batch.first : batch.first + 64]]
        hits += sum(classes[a] == name for a, name in zip(answers, names, strict=False))
    return hits, len(kept)
