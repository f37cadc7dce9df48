"""Pictures against the closed form of a linear unit, against chance, and against each other."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.rules import GRADIENT
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS, zfnet_with
from generator.studies.synthetic.ascent import Climb
from tests.studies.synthetic.drawn import climb_of, grown, plain, seen, watched
from tests.support.tiny_network import tiny_network

STEPS = 64


def kernels() -> Tensor:
    """Return the first kernels of the embedded network, every fourth: [24, 3, 7, 7]."""
    weight = zfnet_with(EMBEDDED_WEIGHTS).model.get_submodule("features.conv1").weight
    assert isinstance(weight, Tensor)
    return weight.detach()[::4].clone()


def linear(weights: Tensor) -> tuple[Climb, Tensor]:
    """Return the climb of units that are these kernels, and what they weigh values of 0…1 by."""
    convolution = nn.Conv2d(3, len(weights), 7, bias=False)
    convolution.weight.data = weights
    network = watched(nn.Sequential(convolution), "0")
    spread = torch.tensor(network.std)[:, None, None]
    return climb_of(network, network.layers[0], STEPS), weights / spread


def cosine(one: Tensor, other: Tensor) -> Tensor:
    """Return the cosine between pictures [b, …], in whatever shape."""
    return F.cosine_similarity(one.flatten(1).double(), other.flatten(1).double())


def test_a_linear_unit_gets_what_its_kernel_makes_of_the_waves() -> None:
    """With little contrast the curve is a line, and the closed form is exact.

    The best numbers of norm 1 are then the kernel led back to the waves.
    """
    climb, weights = linear(kernels())
    canvas = replace(climb.canvas, scale=climb.canvas.scale / 10)
    climb = replace(climb, canvas=canvas, steps=300)
    canvas = replace(canvas, scale=canvas.scale.double(), axes=canvas.axes.double())
    one_each = torch.eye(math.prod(canvas.shape)).double().reshape(-1, *canvas.shape)
    waves = canvas.paint(one_each)[:, :, :7, :7].logit()
    slopes = torch.einsum("nchw,fchw->fn", waves, weights.double())
    best = torch.einsum("fn,nchw->fchw", slopes / slopes.norm(dim=1, keepdim=True), waves)
    values = (grown(climb, *range(len(weights))) / 255).logit()
    assert cosine(values, best).min() > 0.97
    assert cosine(values, best).median() > 0.99


def test_a_linear_unit_gets_its_kernel() -> None:
    """As far as waves of even colours and soft edges are one.

    Within 0…255 the strongest picture of all is the kernel's sign. It has a cosine of about 0.8
    with the kernel, so that no more can be asked; the made picture has as much, and three quarters
    of that picture's activation.
    """
    climb, weights = linear(kernels())
    pictures = grown(climb, *range(len(weights))) / 255 - 0.5
    signs = weights.sign() / 2
    assert cosine(pictures, weights).median() > 0.95 * cosine(signs, weights).median() > 0.7
    assert cosine(pictures, weights).min() > 0.6
    reached = (pictures * weights).flatten(1).sum(1) / (signs * weights).flatten(1).sum(1)
    assert reached.median() > 0.75


@pytest.mark.parametrize("alone", [False, True])
def test_a_made_picture_activates_more_than_a_thousand_of_its_norm(alone: bool) -> None:
    """Every filter that can be activated at all; half of the others are noise, half are smooth."""
    network = tiny_network()
    chance = torch.Generator().manual_seed(0)
    for layer in network.layers:
        climb = climb_of(network, layer, STEPS, alone=alone)
        filters = range(layer.filters)
        pictures = grown(climb, *filters) / 255
        others = torch.randn(1000, *pictures.shape[1:], generator=chance)
        others[::2] = F.avg_pool2d(others[::2], 3, 1, 1)
        others = others / others.flatten(1).norm(dim=1)[:, None, None, None]
        for filter_, picture in zip(filters, pictures, strict=True):
            made = answers(climb, picture[None] - 0.5)[0, filter_]
            random = answers(climb, others * (picture - 0.5).norm())[:, filter_]
            if layer.name == "layer2" and filter_ == 3:  # it is dead
                assert made == 0
                assert not random.any()
            else:
                assert made > random.max() > 0


def answers(climb: Climb, changes: Tensor) -> Tensor:
    """Return activations to mid grey with these changes."""
    return climb.way.answers(climb.place.laid(climb.normalised(0.5 + changes)))


@pytest.mark.parametrize("last", [nn.Tanh(), nn.Identity(), nn.SiLU()])
def test_a_network_without_relu_is_climbed(last: nn.Module) -> None:
    """Each filter ends higher than it began, by far, and the whole network says so too."""
    model = plain(last=last)
    model[1] = nn.Tanh()
    network = watched(model, "4", rule=GRADIENT)
    (layer,) = network.layers
    filters = tuple(range(layer.filters))
    begun = grown(climb_of(network, layer, 1), *filters) / 255
    made = grown(climb_of(network, layer, STEPS), *filters) / 255
    before, after = (seen(network, layer, each).diagonal() for each in (begun, made))
    assert (after > before).all()


def test_a_filter_of_its_own_chance_in_any_company() -> None:
    """Its picture is the same at another place of a group, beside others."""
    network = watched(plain(), "1", "4")
    climb = climb_of(network, network.layers[1], 6)
    one, other = grown(climb, 0, 1, 2, 3), grown(climb, 7, 3, 1, 0)
    assert torch.equal(one[[3, 1, 0]], other[[1, 2, 3]])
    assert not torch.equal(one[0], one[1])


def test_more_steps_begin_as_fewer_do() -> None:
    """The first steps do not depend on how many follow."""
    network = watched(plain(), "1", "4")
    states = []
    for steps in (3, 9):
        climb = climb_of(network, network.layers[1], steps)
        states.append([*climb.climb((4, 5), climb.begin((4, 5)))][2])
    assert states[0].step == states[1].step == 3
    assert torch.equal(states[0].waves, states[1].waves)


def test_adam_is_torchs() -> None:
    """The same steps as the optimiser of PyTorch takes with the same gradients."""
    network = watched(plain(), "1", "4")
    climb = climb_of(network, network.layers[1], 5)
    states = [climb.begin((2,)), *climb.climb((2,), climb.begin((2,)))]
    waves = states[0].waves.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([waves], lr=0.05, maximize=True)
    for before, after in pairwise(states):
        waves.grad = (after.mean - 0.9 * before.mean) / 0.1
        optimiser.step()
        torch.testing.assert_close(waves.detach(), after.waves, rtol=1e-4, atol=1e-5)
