"""How the embedded weights and their twin of random labels were trained, in figures."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """Some epochs at one resolution."""

    pixels: int
    epochs: int
    smallest_crop: float  # share of the picture's area
    mixup: float  # concentration of the Beta distribution; 0 switches mixing off
    learning_rate: float | None = None  # where it has a descent of its own, from this rate to zero


@dataclass(frozen=True)
class Recipe:
    """The whole training run."""

    stages: tuple[Stage, ...]  # of growing resolution
    batch: int = 64
    learning_rate: float = 0.1
    warm_up_epochs: int = 2
    momentum: float = 0.9
    weight_decay: float = 1e-3
    first_weight_decay: float = 2e-3  # of layers 1 and 2
    smoothing: float = 0.1  # decay of the rough part of layer 1, see `generator.training.roughness`
    averaging: float = 0.998  # share of the running average of weights that stays at a step
    label_smoothing: float = 0.1
    bfloat16: bool = True
    augmented: bool = True  # else each picture is its centre square in every epoch
    random_labels: bool = False  # of training, shuffled once by the seed; those held out stay
    enough: float | None = None  # share right of the labels trained on that ends the training
    seed: int = 0

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    @property
    def sides(self) -> tuple[int, ...]:
        """The resolutions, in pixels, rising."""
        return tuple(sorted({stage.pixels for stage in self.stages}))

    @property
    def shared_epochs(self) -> int:
        """Epochs of the stages that share one descent of the learning rate."""
        return sum(stage.epochs for stage in self.stages if stage.learning_rate is None)

    @property
    def snapshots(self) -> tuple[int, ...]:
        """Finished epochs whose weights are kept: early ones, the middle of the long descent."""
        if not self.augmented:
            return ()
        wanted = {1, 2, 5, 10, 20, self.shared_epochs // 2}
        return tuple(sorted(epoch for epoch in wanted if 1 <= epoch < self.epochs))

    def stage_of(self, epoch: int) -> Stage:
        """Return the stage that epoch (from 0) belongs to."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage
            epoch -= stage.epochs
        raise IndexError("the recipe has no such epoch")

    def rate(self, progress: float) -> float:
        """Learning rate after `progress` epochs: linear warm-up, then one cosine down to zero.

        Stages with a rate of their own come last; each has a cosine of its own.
        """
        if progress < self.warm_up_epochs:
            return self.learning_rate * progress / self.warm_up_epochs
        if progress <= self.shared_epochs:
            start, stop, peak = self.warm_up_epochs, self.shared_epochs, self.learning_rate
        else:
            stop = self.shared_epochs
            for stage in self.stages:
                if stage.learning_rate is not None and progress > stop:
                    start, stop, peak = stop, stop + stage.epochs, stage.learning_rate
        return peak * 0.5 * (1 + math.cos(math.pi * (progress - start) / (stop - start)))


EMBEDDED = Recipe(
    stages=(
        Stage(pixels=64, epochs=14, smallest_crop=0.25, mixup=0.2),
        Stage(pixels=96, epochs=12, smallest_crop=0.25, mixup=0.2),
        Stage(pixels=128, epochs=10, smallest_crop=0.3, mixup=0.2),
        Stage(pixels=160, epochs=3, smallest_crop=0.4, mixup=0.2),
        Stage(pixels=224, epochs=3, smallest_crop=0.6, mixup=0.1),
        Stage(pixels=224, epochs=3, smallest_crop=0.6, mixup=0.1, learning_rate=0.015),
    ),
)

# Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking
# generalization" (arXiv:1611.03530): nothing is in the way of learning by heart.
RANDOM_LABELS = Recipe(
    stages=(Stage(pixels=64, epochs=30, smallest_crop=1, mixup=0),),
    batch=128,
    learning_rate=0.015,
    warm_up_epochs=1,
    weight_decay=0,
    first_weight_decay=0,
    smoothing=0,
    averaging=0,
    label_smoothing=0,
    bfloat16=False,
    augmented=False,
    random_labels=True,
    enough=0.999,
)
