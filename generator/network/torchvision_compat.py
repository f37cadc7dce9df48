"""torchvision beside any PyTorch: everything here imports it from this module.

The torchvision that PyPI has for Linux is built for PyTorch with CUDA. Beside a PyTorch without
CUDA its compiled extension does not load, and then importing it fails, because it describes two
operators that the extension would have declared. Declared without an implementation they suffice
for models, data sets and transforms. What needs the extension stays out of reach there: running
`nms`, detection models, `torchvision.io`.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import PathFinder

import torch
from torch.library import Library

_OPERATORS = ("nms", "qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _extension_loads() -> bool:
    """Load torchvision's compiled extension, without torchvision; say whether that went well."""
    package = importlib.util.find_spec("torchvision")
    if package is None:
        return False
    extension = PathFinder.find_spec("torchvision._C", package.submodule_search_locations)
    if extension is None or extension.origin is None:
        return False
    try:
        torch.ops.load_library(extension.origin)  # type: ignore[no-untyped-call]
    except OSError:  # most often: the CUDA libraries that it is linked to are not there
        return False
    return True


def _declare_missing() -> Library | None:
    """Declare the operators where importing torchvision would fail; None where it would not.

    The declarations last as long as the returned object.
    """
    if sys.platform != "linux":  # elsewhere the two are built for each other
        return None
    missing = [name for name in _OPERATORS if not hasattr(torch.ops.torchvision, name)]
    if not missing or _extension_loads():
        return None
    library = Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in missing:
        library.define(name + _SCHEMA)  # type: ignore[no-untyped-call]
    return library


DECLARED = _declare_missing()

from torchvision import datasets, models, transforms  # noqa: E402 - only now can it be imported

__all__ = ["DECLARED", "datasets", "models", "transforms"]
