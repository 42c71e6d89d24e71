"""Tiny models and bundles, whole or broken on purpose."""

from __future__ import annotations

import copy
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engines.manifest_writing import encode_manifest

AUS = ("AU01", "AU02", "AU12")
EXPRESSIONS = ("neutral", "happiness")

FIELDS: dict[str, Any] = {
    "schema": 1,
    "name": "tiny",
    "version": "1.0.0",
    "description": "three AUs and two expressions from noise",
    "licence": "Apache-2.0",
    "aus": list(AUS),
    "expressions": list(EXPRESSIONS),
    "threshold_default": 0.5,
    "thresholds": {"AU01": 0.4},
    "inputs": {"blendshapes": {}},
    "pose_groups": [
        {
            "name": "any",
            "model": "head.onnx",
            "outputs": {
                "au_occurrence": "occurrence",
                "au_intensity": "intensity",
                "expression": "expression",
            },
        }
    ],
    "training": {"corpus": "none", "recipe": "none", "date": "2025-01-31", "data_card": "none"},
    "metrics": [{"name": "ICC", "value": 0.5, "protocol": "none"}],
}

CROP: dict[str, Any] = {
    "kind": "crop",
    "size": [8, 6],
    "colour": "rgb",
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "anchors": [[33, 133], [362, 263], [61, 291]],
    "template": [[0.32, 0.38], [0.68, 0.38], [0.5, 0.78]],
}

INPUTS: dict[str, tuple[Any, ...]] = {"blendshapes": ("N", 52)}
OUTPUTS: dict[str, tuple[Any, ...]] = {
    "occurrence": ("N", len(AUS)),
    "intensity": ("N", len(AUS)),
    "expression": ("N", len(EXPRESSIONS)),
}


def make_model(
    inputs: Mapping[str, tuple[Any, ...]] = INPUTS,
    outputs: Mapping[str, tuple[Any, ...]] = OUTPUTS,
    endings: Mapping[str, str] = {},
    output_type: int = TensorProto.FLOAT,
) -> bytes:
    """A linear head: every output is a fixed random projection of all inputs and one last operator.

    `endings` replaces the last operator of an output; "Identity" gives raw scores, "MeanOverBatch" lets
    rows influence each other.
    """
    seed = np.random.default_rng(7)
    nodes, constants, flat = [], [], []
    sizes = [int(np.prod([size for size in shape[1:] if isinstance(size, int)])) for shape in inputs.values()]
    for name in inputs:
        nodes.append(helper.make_node("Flatten", [name], [f"{name}_flat"], axis=1))
        flat.append(f"{name}_flat")
    nodes.append(helper.make_node("Concat", flat, ["all"], axis=1))
    for name, shape in outputs.items():
        weights = seed.normal(0, 0.1, (sum(sizes), shape[-1])).astype(np.float32)
        constants.append(numpy_helper.from_array(weights, f"{name}_weights"))
        nodes.append(helper.make_node("MatMul", ["all", f"{name}_weights"], [f"{name}_raw"]))
        nodes.extend(
            _ending(name, endings.get(name, "Softmax" if name == "expression" else "Sigmoid"), output_type)
        )
    constants.append(numpy_helper.from_array(np.array(9, np.float32), "nine"))
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, output_type, shape) for name, shape in outputs.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    content: bytes = model.SerializeToString()
    return content


def _ending(name: str, ending: str, output_type: int) -> list[Any]:
    raw, last = f"{name}_raw", name if output_type == TensorProto.FLOAT else f"{name}_float"
    if ending == "MeanOverBatch":
        nodes = [
            helper.make_node("ReduceMean", [raw], [f"{name}_mean"], axes=[0]),
            helper.make_node("Sub", [raw, f"{name}_mean"], [f"{name}_centred"]),
            helper.make_node("Sigmoid", [f"{name}_centred"], [last]),
        ]
    elif ending == "TimesNine":
        nodes = [helper.make_node("Mul", [raw, "nine"], [last])]
    else:
        nodes = [helper.make_node(ending, [raw], [last])]
    if last != name:
        nodes.append(helper.make_node("Cast", [last], [name], to=output_type))
    return nodes


def make_frozen_model(how: str) -> bytes:
    """A model that declares a free batch axis but "takes" or "gives" one row only.

    The 1 is computed from the input, exp(sum(0 * input)), so that nobody can tell before it runs.
    """
    model = onnx.load_from_string(TINY_MODEL)
    one = [
        helper.make_node("Mul", ["blendshapes", "nought"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Exp", ["zero"], ["one_float"]),
        helper.make_node("Cast", ["one_float"], ["one_scalar"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["one_scalar", "vector"], ["one"]),
    ]
    freeze = [helper.make_node("Slice", ["blendshapes", "first", "one"], ["one_row"])]
    if how == "takes":
        freeze += [
            helper.make_node("Concat", ["blendshapes", "one_row"], ["twice"], axis=1),
            helper.make_node("Slice", ["twice", "first", "columns", "vector"], ["frozen"]),
        ]
    rest = list(model.graph.node)
    rest[0].input[0] = "frozen" if how == "takes" else "one_row"
    del model.graph.node[:]
    model.graph.node.extend([*one, *freeze, *rest])
    constants = {"nought": np.float32(0), "vector": [1], "columns": [52], "first": [0]}
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(value), name) for name, value in constants.items()
    )
    content: bytes = model.SerializeToString()
    return content


class Draft:
    """A bundle in the making: change `fields`, `files` or `text`, then write it, sound or not."""

    def __init__(self) -> None:
        self.fields = copy.deepcopy(FIELDS)
        self.files: dict[str, bytes] = {"head.onnx": TINY_MODEL}
        self.extra: dict[str, bytes] = {}  # in the folder, but not listed
        self.text: bytes | None = None  # instead of the fields

    @property
    def group(self) -> dict[str, Any]:
        group: dict[str, Any] = self.fields["pose_groups"][0]
        return group

    def add_group(self, name: str, **changes: Any) -> None:
        self.fields["pose_groups"].append({**copy.deepcopy(self.group), "name": name, **changes})

    def contents(self) -> dict[str, bytes]:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        text = encode_manifest({"files": hashes, **self.fields}).encode()
        return {"bundle.toml": text if self.text is None else self.text, **self.files, **self.extra}

    def write(self, folder: Path) -> Path:
        for name, content in self.contents().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def zip(self, path: Path, prefix: str = "") -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.contents().items():
                archive.writestr(prefix + name, content)
        return path


TINY_MODEL = make_model()
