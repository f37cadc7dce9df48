"""torchvision can be imported beside any PyTorch, in fresh interpreters and in this one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from generator.network import torchvision_compat
from tests import ROOT

# A PyTorch without CUDA, on any machine: torchvision's extension does not load.
NO_EXTENSION = """
import torch
def refuse(path): raise OSError("Could not load this library: " + path)
torch.ops.load_library = refuse
"""

DECLARED_ELSEWHERE = """
import torch
elsewhere = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    elsewhere.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""

ALEXNET = """
import torch
with torch.device("meta"):  # no memory, no time
    model = torchvision_compat.models.alexnet(weights=None)
assert sum(type(part).__name__ == "Conv2d" for part in model.modules()) == 5
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter in which every warning is an error."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="only wheels for Linux need the declarations")
def test_without_its_extension_torchvision_cannot_be_imported_by_itself() -> None:
    """What the module mends is there to be mended: the plain import names a missing operator."""
    done = python(NO_EXTENSION + "import torchvision")
    assert done.returncode == 1
    assert "operator torchvision::nms does not exist" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only wheels for Linux need the declarations")
def test_without_its_extension_torchvision_is_imported_and_builds_a_model() -> None:
    """The operators are declared, and stay so after a collection of garbage."""
    done = python(
        NO_EXTENSION
        + "from generator.network import torchvision_compat\n"
        + ALEXNET
        + "import gc; gc.collect()\n"
        + "assert torchvision_compat.DECLARED is not None\n"
        + "for name in ('nms', 'qnms'):\n"
        + "    assert torch._C._jit_get_schemas_for_operator('torchvision::' + name)\n"
    )
    assert done.returncode == 0, done.stderr


def test_operators_that_exist_are_not_declared_again() -> None:
    """Where somebody declared them before, the module only imports."""
    done = python(
        NO_EXTENSION  # which would declare them itself, where it loads
        + DECLARED_ELSEWHERE
        + "from generator.network import torchvision_compat\n"
        + "assert torchvision_compat.DECLARED is None\n"
        + ALEXNET
    )
    assert done.returncode == 0, done.stderr


def test_torchvision_as_installed_here_builds_a_model_and_stays_as_it_is() -> None:
    """Nothing is simulated; once everything is declared, nothing more ever is."""
    with torch.device("meta"):
        model = torchvision_compat.models.alexnet(weights=None)
    assert sum(isinstance(part, torch.nn.Conv2d) for part in model.modules()) == 5
    assert torchvision_compat._declare_missing() is None
