"""The live page's network as an ONNX file, for another engine to run the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

from generator.errors import NetworkError

OPSET, FORMAT = 17, 8  # older than the newest, so that engines know them
TYPES = {"i8": "<i1", "f32": "<f4", "i32": "<i4"}


def onnx_file(network: dict[str, Any], parts: Sequence[bytes], value: int) -> bytes:
    """Return the program as far as a value, with its 8-bit weights multiplied out.

    Raises NetworkError where a step is none of those that the embedded network takes.
    """
    nodes: list[NodeProto] = []
    weights: list[TensorProto] = []
    for node in (node for node in network["nodes"] if node["output"] <= value):
        name, attributes, arrays = _step(node, parts)
        output = f"value{node['output']}"
        names = [f"{output}.{number}" for number in range(len(arrays))]
        weights += map(numpy_helper.from_array, arrays, names)
        inputs = [f"value{number}" for number in node["inputs"]] + names
        nodes.append(helper.make_node(name, inputs, [output], **attributes))
    first, last = (
        helper.make_tensor_value_info(
            f"value{end}", TensorProto.FLOAT, [1, *network["values"][end]]
        )
        for end in (0, value)
    )
    graph = helper.make_graph(nodes, "live", [first], [last], initializer=weights)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=FORMAT)
    return bytes(model.SerializeToString())


def _step(
    node: dict[str, Any], parts: Sequence[bytes]
) -> tuple[str, dict[str, Any], list[npt.NDArray[np.float32]]]:
    """Return ONNX's name of an op, its attributes, and the arrays that it reads."""
    match node:
        case {"op": "relu", "ceiling": None}:
            return "Relu", {}, []
        case {"op": "max_pool"}:
            return "MaxPool", {**_window(node), "ceil_mode": int(node["rounds_up"])}, []
        case {"op": "convolution", "groups": groups}:
            part = parts[node["part"] - 1]
            scale = _read(node["scale"], part)[:, None, None, None]
            arrays = [_read(node["weight"], part) * scale]
            if node["bias"] is not None:
                arrays.append(_read(node["bias"], part))
            return "Conv", {**_window(node), "group": groups}, arrays
        case _:
            raise NetworkError(
                f"{node['op']}: the bench writes ONNX for convolution, relu without a ceiling and "
                "max_pool only, which the embedded network is made of"
            )


def _window(node: dict[str, Any]) -> dict[str, Any]:
    before, extra = node["padding"], node.get("behind", (0, 0))
    behind = [one + more for one, more in zip(before, extra, strict=True)]
    return {
        "kernel_shape": node["kernel"],
        "strides": node["stride"],
        "pads": [*before, *behind],
        "dilations": node["dilation"],
    }


def _read(reference: dict[str, Any], part: bytes) -> npt.NDArray[np.float32]:
    count = int(np.prod(reference["shape"]))
    read = np.frombuffer(part, TYPES[reference["type"]], count, reference["at"])
    return read.reshape(reference["shape"]).astype(np.float32)
