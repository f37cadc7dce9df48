"""Train, stop and resume."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from generator.errors import ConfigError
from generator.memory import keep_heap
from generator.network.zoo.zfnet import MEAN, STD, ZFNet
from generator.training.data import (
    Augmented,
    Report,
    Split,
    batches,
    centre_crop,
    list_examples,
    load_all,
    planes,
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


def train(
    folders: list[Path], out: Path, recipe: Recipe, report: Report
) -> tuple[ZFNet, tuple[str, ...]]:
    """Train to the end of the recipe, from the last finished epoch in `out` where there is one.

    Returns the network and its classes. Reports a line an epoch, as JSON. Raises ConfigError where
    `out` has the checkpoint of another run, or a checkpoint cannot be written.
    """
    keep_heap()
    examples = list_examples(folders, report)
    training, held_out, classes = load_all(examples, recipe.sides[0], report)
    report(f"{len(training.labels)} to train on, {len(held_out.labels)} held out")
    torch.manual_seed(recipe.seed)
    net = TrainingNet(len(classes)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups, rate = net.parameter_groups(recipe), recipe.learning_rate
    optimizer = torch.optim.SGD(groups, lr=rate, momentum=recipe.momentum, nesterov=True)
    averaging = get_ema_multi_avg_fn(recipe.averaging)  # type: ignore[no-untyped-call]
    average = AveragedModel(net, multi_avg_fn=averaging, use_buffers=True)
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
        average.load_state_dict(state["average"])
        first = state["finished"]
        report(f"resumed after epoch {first}")
    for epoch in range(first, recipe.epochs):
        started = time.monotonic()
        loss = train_epoch(net, average, optimizer, training, recipe, epoch)
        seconds = time.monotonic() - started
        right = hits(average.module, held_out, recipe.stage_of(epoch).pixels)
        line = {
            "epoch": epoch + 1,
            "pixels": recipe.stage_of(epoch).pixels,
            "loss": round(loss, 4),
            "held_out": round(sum(right) / len(right), 4) if right else None,
            "roughness": round(float(roughness(net.convolutions[0].weight.detach()).median()), 4),
            "seconds": round(seconds, 1),
        }
        if epoch + 1 in recipe.snapshots:
            save(out / f"epoch{epoch + 1:02}.pt", fold(net).state_dict())
        state = {
            "net": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "average": average.state_dict(),
            "finished": epoch + 1,
            "recipe": asdict(recipe),
            "classes": classes,
        }
        save(checkpoint, state)
        report(json.dumps(line))
    assert isinstance(average.module, TrainingNet)
    return fold(average.module), tuple(classes)


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
    noise = np.random.default_rng([recipe.seed, epoch])
    dataset = Augmented(split, stage.smallest_crop, recipe.seed, epoch)
    loader = DataLoader(dataset, batch_sampler=dealt, num_workers=2)
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
        with torch.autocast("cpu", dtype=torch.bfloat16):
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
