"""Train, stop, resume, export."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from generator.errors import ConfigError
from generator.network.zfnet import MEAN, STD, ZFNet
from generator.training.data import Augmented, Centred, Example, list_examples, load_all
from generator.training.model import TrainingNet, fold
from generator.training.recipe import SNAPSHOTS, Recipe, Stage

Report = Callable[[str], None]


@dataclass(frozen=True)
class Split:
    """Decoded pictures of one part of the data."""

    examples: list[Example]
    pictures: list[np.ndarray]  # uint8 [h, w, 3], one for each example

    @property
    def labels(self) -> list[int]:
        return [example.label for example in self.examples]


def normalise(batch: Tensor) -> Tensor:
    """uint8 [b, 3, h, w] → float, mean 0 and deviation 1 over the colours, channels last."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    scaled = batch.float().div_(255)
    scaled = (scaled - mean[:, None, None]) / std[:, None, None]
    return scaled.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Trained:
    """A finished run."""

    net: ZFNet
    classes: tuple[str, ...]


def train(folders: list[Path], out: Path, recipe: Recipe, report: Report) -> Trained:
    """Train to the end of the recipe, from the last finished epoch in `out` where there is one.

    Reports a line an epoch, as JSON. Raises ConfigError where `out` holds another run.
    """
    examples, classes = list_examples(folders)
    pictures = load_all(examples)
    parts = {
        held_out: Split(
            [e for e in examples if e.held_out == held_out],
            [p for e, p in zip(examples, pictures, strict=True) if e.held_out == held_out],
        )
        for held_out in (False, True)
    }
    report(f"{len(parts[False].examples)} to train on, {len(parts[True].examples)} held out")
    torch.manual_seed(recipe.seed)
    net = TrainingNet(len(classes)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    decayed, free = net.decayed_and_free()
    optimizer = torch.optim.SGD(
        [{"params": decayed}, {"params": free, "weight_decay": 0.0}],
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if (state["recipe"], state["classes"]) != (asdict(recipe), classes):
            raise ConfigError(
                f"{checkpoint}: belongs to a run with another recipe or other classes; "
                "name another folder with --out"
            )
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["finished"]
        report(f"resumed after epoch {first}")
    for epoch in range(first, recipe.epochs):
        started = time.monotonic()
        stage = recipe.stage_of(epoch)
        loss = train_epoch(net, optimizer, parts[False], recipe, stage, epoch)
        seconds = time.monotonic() - started
        score = accuracy(net, parts[True], stage.pixels)
        line: dict[str, Any] = {
            "epoch": epoch + 1,
            "pixels": stage.pixels,
            "loss": round(loss, 4),
            "held_out": {name: round(value, 4) for name, value in score.items()},
            "seconds": round(seconds, 1),
        }
        if epoch + 1 in SNAPSHOTS:
            save(out / f"epoch{epoch + 1:02}.pt", fold(net).state_dict())
        save(
            checkpoint,
            {
                "net": net.state_dict(),
                "optimizer": optimizer.state_dict(),
                "finished": epoch + 1,
                "recipe": asdict(recipe),
                "classes": classes,
            },
        )
        report(json.dumps(line))
    return Trained(fold(net), tuple(classes))


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole, or leave the old one."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def train_epoch(
    net: TrainingNet,
    optimizer: torch.optim.Optimizer,
    split: Split,
    recipe: Recipe,
    stage: Stage,
    epoch: int,
) -> float:
    """One pass over the training pictures; returns the mean loss."""
    net.train()
    generator = torch.Generator().manual_seed(recipe.seed * 1000 + epoch)
    noise = np.random.default_rng([recipe.seed, epoch])
    dataset = Augmented(
        split.pictures, split.labels, stage.pixels, stage.smallest_crop, recipe.seed, epoch
    )
    loader = DataLoader(
        dataset, recipe.batch, shuffle=True, drop_last=True, num_workers=2, generator=generator
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    total = 0.0
    for step, (raw, labels) in enumerate(loader):
        rate = recipe.rate(epoch + step / len(loader))
        for group in optimizer.param_groups:
            group["lr"] = rate
        gains = noise.uniform(1 - recipe.brightness, 1 + recipe.brightness, len(raw))
        bright = (raw.float() * torch.from_numpy(gains).float()[:, None, None, None]).clamp_(0, 255)
        images = normalise(bright)
        share = float(noise.beta(stage.mixup, stage.mixup)) if stage.mixup else 1.0
        other = torch.from_numpy(noise.permutation(len(raw)))
        if share < 1:
            images = images * share + images[other] * (1 - share)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(images).float()
        loss = share * criterion(logits, labels)
        if share < 1:
            loss = loss + (1 - share) * criterion(logits, labels[other])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        net.keep_gains_positive()
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def accuracy(net: nn.Module, split: Split, pixels: int) -> dict[str, float]:
    """Top-1 share per image set and over all, centre crop of `pixels`."""
    net.eval()
    loader = DataLoader(Centred(split.pictures, split.labels, pixels), 64, num_workers=2)
    right: list[bool] = []
    for raw, labels in loader:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            right += (net(normalise(raw)).argmax(1) == labels).tolist()
    names = sorted({e.set_name for e in split.examples})
    scores = {
        name: float(
            np.mean([r for r, e in zip(right, split.examples, strict=True) if e.set_name == name])
        )
        for name in names
    }
    return {**scores, "all": float(np.mean(right))}
