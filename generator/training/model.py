"""The network as it is trained: with batch normalisation, and pools before it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from generator.network.zoo.zfnet import WIDTHS, ZFNet, convolutions, max_pool, pooled_head
from generator.training.recipe import Recipe
from generator.training.roughness import rough_part

SMALLEST_GAIN = 1e-4


class TrainingNet(nn.Module):
    """ZFNet as convolution → (max pool) → batch normalisation → ReLU.

    Max pooling commutes with every increasing function. While the gains of the batch normalisation
    stay positive (see `keep_gains_positive`), this is the same function as convolution → batch
    normalisation → ReLU → max pool, at a quarter of the work in layers 1 and 2.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(convolutions(bias=False))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in WIDTHS)
        self.pool = max_pool()
        self.classifier = nn.Linear(2 * WIDTHS[-1], classes)
        for convolution in self.convolutions:
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        """Return logits [b, classes] of normalised images [b, 3, h, w]."""
        maps = images
        layers = zip(self.convolutions, self.norms, strict=True)
        for number, (convolution, norm) in enumerate(layers, start=1):
            maps = convolution(maps)
            if number <= 2:
                maps = self.pool(maps)
            maps = torch.relu_(norm(maps))
        logits: Tensor = self.classifier(pooled_head(maps))
        return logits

    def parameter_groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """Return groups for an optimiser: kernels decay, at a rate of their own in layers 1 and 2.

        Batch normalisation makes a layer indifferent to the scale of its kernels, so decay does not
        make them small. It removes parts that no gradient renews, such as the random start.
        """
        kernels = [convolution.weight for convolution in self.convolutions]
        kernels.append(self.classifier.weight)
        return [
            {"params": kernels[:2], "weight_decay": recipe.first_weight_decay},
            {"params": kernels[2:], "weight_decay": recipe.weight_decay},
            {"params": [p for p in self.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ]

    @torch.no_grad()
    def smooth(self, share: float) -> None:
        """Remove this share of the rough part of the first layer's kernels."""
        kernels = self.convolutions[0].weight
        assert isinstance(kernels, Tensor)
        kernels.sub_(rough_part(kernels), alpha=share)

    @torch.no_grad()
    def keep_gains_positive(self) -> None:
        for norm in self.norms:
            norm.weight.clamp_(min=SMALLEST_GAIN)  # type: ignore[operator]


@torch.no_grad()
def fold(trained: TrainingNet) -> ZFNet:
    """Return the plain network equal to `trained` in evaluation mode.

    Per layer, with gain γ, shift β, running mean μ and variance σ²: the kernel becomes
    W·γ/√(σ²+ε), the bias β − μ·γ/√(σ²+ε).
    """
    plain = ZFNet(trained.classifier.out_features)
    layers = zip(trained.convolutions, trained.norms, strict=True)
    for number, (convolution, norm) in enumerate(layers, start=1):
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        if bool((norm.weight <= 0).any()):
            raise ValueError(f"layer {number}: a gain is not positive, the pool cannot be moved")
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        target = plain.features.get_submodule(f"conv{number}")
        target.weight.copy_(convolution.weight * factor[:, None, None, None])  # type: ignore[operator]
        target.bias.copy_(norm.bias - norm.running_mean * factor)  # type: ignore[operator]
    plain.classifier.load_state_dict(trained.classifier.state_dict())
    return plain.eval()
