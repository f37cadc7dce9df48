"""Train, stop and resume."""

from __future__ import annotations

import json
import os
import pickle
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from generator.errors import ConfigError, ImagesError
from generator.memory import keep_heap
from generator.network.zoo.zfnet import MEAN, STD, ZFNet
from generator.training.data import (
    Augmented,
    Report,
    Split,
    Unchanged,
    batches,
    centre_crop,
    list_examples,
    load_all,
    planes,
    shuffled,
)
from generator.training.model import TrainingNet, fold
from generator.training.recipe import Recipe
from generator.training.roughness import roughness


def normalise(batch: Tensor) -> Tensor:
    """uint8 [b, 3, h, w] → float, mean 0 and deviation 1 over the colours, channels last."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    scaled = batch.float().div_(255)
    scaled = (scaled - mean[:, None, None]) / std[:, None, None]
    return scaled.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Trained:
    """What a whole run has made, and of what."""

    net: ZFNet
    classes: tuple[str, ...]
    training: Split  # with the labels that were trained on
    held_out: Split
    epochs: list[dict[str, Any]]  # the facts that were reported of each


def train(folders: list[Path], out: Path, recipe: Recipe, report: Report) -> Trained:
    """Train to the end of the recipe, from the last finished epoch in `out` where there is one.

    Reports a line an epoch, as JSON. Raises ConfigError where `out` has the checkpoint of another
    run, or a checkpoint cannot be read or written; ImagesError where pictures are missing.
    """
    keep_heap()
    examples = list_examples(folders, report)
    square = None if recipe.augmented else recipe.sides[-1]
    training, held_out, classes = load_all(examples, recipe.sides[0], report, square)
    if recipe.random_labels:
        training = shuffled(training, recipe.seed)
    report(f"{len(training.labels)} to train on, {len(held_out.labels)} held out")
    torch.manual_seed(recipe.seed)
    net = TrainingNet(len(classes)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups, rate = net.parameter_groups(recipe), recipe.learning_rate
    optimizer = torch.optim.SGD(groups, lr=rate, momentum=recipe.momentum, nesterov=True)
    averaging = get_ema_multi_avg_fn(recipe.averaging)  # type: ignore[no-untyped-call]
    average = AveragedModel(net, multi_avg_fn=averaging, use_buffers=True)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    lines: list[dict[str, Any]] = []  # one for each finished epoch
    run = {"recipe": asdict(recipe), "classes": classes, "labels": training.labels}
    if checkpoint.exists():
        state = read(checkpoint)
        if any(state.get(name) != value for name, value in run.items()):
            raise ConfigError(
                f"{checkpoint}: belongs to a run with another recipe or other pictures; "
                "name another folder with --out"
            )
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        average.load_state_dict(state["average"])
        lines = state["lines"]
        report(f"resumed after epoch {len(lines)}")
    for epoch in range(len(lines), recipe.epochs):
        if recipe.enough and lines and lines[-1]["training"] >= recipe.enough:
            break
        started = time.monotonic()
        loss = train_epoch(net, average, optimizer, training, recipe, epoch)
        seconds = time.monotonic() - started
        pixels = recipe.stage_of(epoch).pixels
        line = {
            "epoch": epoch + 1,
            "pixels": pixels,
            "loss": round(loss, 4),
            "held_out": share_of(hits(average.module, held_out, pixels)),
            "roughness": round(float(roughness(net.convolutions[0].weight.detach()).median()), 4),
            "seconds": round(seconds, 1),
        }
        if recipe.enough:
            line["training"] = share_of(hits(average.module, training, pixels))
        lines.append(line)
        if epoch + 1 in recipe.snapshots:
            save(out / f"epoch{epoch + 1:02}.pt", fold(net).state_dict())
        state = {
            "net": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "average": average.state_dict(),
            "lines": lines,
            **run,
        }
        save(checkpoint, state)
        report(json.dumps(line))
    assert isinstance(average.module, TrainingNet)
    return Trained(fold(average.module), tuple(classes), training, held_out, lines)


def share_of(hits: list[bool]) -> float | None:
    """Return the share right; None of no pictures."""
    return round(sum(hits) / len(hits), 4) if hits else None


def read(checkpoint: Path) -> dict[str, Any]:
    """Return what a checkpoint holds; ConfigError where it is damaged."""
    try:
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as problem:
        raise ConfigError(
            f"{checkpoint}: is damaged; remove it to train from the beginning"
        ) from problem
    return state


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a whole checkpoint, or leave the old one and raise ConfigError."""
    part = path.with_suffix(".part")
    try:
        torch.save(state, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as problem:  # torch.save reports a full disk as either
        part.unlink(missing_ok=True)
        raise ConfigError(
            f"{path}: cannot be written ({problem}); the epochs before are kept: "
            "make room and give the same command again"
        ) from problem


def train_epoch(
    net: TrainingNet,
    average: AveragedModel,
    optimizer: torch.optim.Optimizer,
    split: Split,
    recipe: Recipe,
    epoch: int,
) -> float:
    """Pass once over the training pictures; return the mean loss."""
    net.train()
    stage = recipe.stage_of(epoch)
    sides = tuple(side for side in recipe.sides if side <= stage.pixels)
    dealt = batches(split.pictures, sides, recipe.batch, seed=recipe.seed * 1000 + epoch)
    if not dealt:
        raise ImagesError(
            f"{len(split.labels)} pictures to train on are too few: "
            f"a batch takes {recipe.batch} of one size; add more"
        )
    noise = np.random.default_rng([recipe.seed, epoch])
    if recipe.augmented:
        dataset = Augmented(split, stage.smallest_crop, recipe.seed, epoch)
        loader = DataLoader(dataset, batch_sampler=dealt, num_workers=2)
    else:
        loader = DataLoader(Unchanged(split), batch_sampler=dealt)
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    total = 0.0
    for step, (raw, labels) in enumerate(loader):
        rate = recipe.rate(epoch + step / len(dealt))
        for group in optimizer.param_groups:
            group["lr"] = rate
        images = normalise(raw)
        share = float(noise.beta(stage.mixup, stage.mixup)) if stage.mixup else 1.0
        other = torch.from_numpy(noise.permutation(len(raw)))
        if share < 1:
            images = images * share + images[other] * (1 - share)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.bfloat16):
            logits = net(images).float()
        loss = share * criterion(logits, labels)
        if share < 1:
            loss = loss + (1 - share) * criterion(logits, labels[other])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        net.keep_gains_positive()
        net.smooth(rate * recipe.smoothing)
        average.update_parameters(net)
        total += loss.item()
    return total / len(dealt)


@torch.no_grad()
def hits(net: nn.Module, split: Split, pixels: int) -> list[bool]:
    """Say of each picture whether its most probable class is right, see `centre_crop`."""
    net.eval()
    right = [False] * len(split.labels)

    def enter(group: list[tuple[int, Tensor]]) -> None:
        found = net(normalise(torch.stack([crop for _, crop in group]))).argmax(1).tolist()
        for (index, _), label in zip(group, found, strict=True):
            right[index] = label == split.labels[index]

    groups: dict[int, list[tuple[int, Tensor]]] = {}  # by side: index, uint8 [3, side, side]
    for index, picture in enumerate(split.pictures):
        crop = planes(centre_crop(picture, pixels))
        group = groups.setdefault(crop.shape[1], [])
        group.append((index, crop))
        if len(group) == 64:
            enter(groups.pop(crop.shape[1]))
    for group in groups.values():
        enter(group)
    return right
