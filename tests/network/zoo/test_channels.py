"""How many channels a network reads: its first convolution or batch normalisation knows."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.names import Size
from generator.network.zoo.channels import channels_of, feed_grey

SIZE = Size(12, 9)


class Standardised(nn.Module):
    """Subtracts what it holds for each channel first; its head needs maps of 5 × 5."""

    mean: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.head = nn.Linear(25, 2)  # comes first, and runs last
        self.first = nn.Conv2d(channels, 4, 3)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.head(self.first(images - self.mean).flatten(1))
        return found


def conv(channels: int) -> nn.Conv2d:
    """Return a convolution that reads so many."""
    return nn.Conv2d(channels, 4, 3)


@pytest.mark.parametrize(
    ("model", "channels"),
    [
        (nn.Sequential(conv(3), nn.ReLU(), conv(4)), 3),
        (nn.Sequential(conv(1), nn.ReLU(), conv(4)), 1),
        (nn.Sequential(nn.BatchNorm2d(1), conv(1)), 1),
        (nn.Sequential(nn.BatchNorm2d(3), conv(3)), 3),
        (nn.Sequential(nn.PixelUnshuffle(3), conv(27)), 3),
        (Standardised(1), 1),
        (Standardised(3), 3),
        (nn.Sequential(nn.Flatten(), nn.Linear(7, 2)), 3),
    ],
)
def test_a_network_knows_how_many_channels_it_reads(model: nn.Module, channels: int) -> None:
    """Whether the rest runs at this size or not; no hook stays behind."""
    assert channels_of(model.eval(), SIZE) == channels
    assert not any(part._forward_pre_hooks for part in model.modules())


@pytest.mark.parametrize("channels", [2, 4, 11])
def test_other_numbers_are_refused(channels: int) -> None:
    """The sentence says how many."""
    with pytest.raises(
        NetworkError, match=rf"^takes {channels} channels; pictures have three, red"
    ):
        channels_of(nn.Sequential(conv(channels), nn.ReLU()), SIZE)


def test_grey_is_the_mean_of_the_channels() -> None:
    """In the kind of number that the images have."""
    model = conv(1).double()
    images = torch.randn(2, 3, *SIZE, dtype=torch.float64)
    expected = model(images.mean(1, keepdim=True))
    feed_grey(model)
    torch.testing.assert_close(model(images), expected, rtol=1e-12, atol=1e-12)
