"""Plans built for real, by the TensorRT that needs no GPU for it."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper

from engines.cuda.half_graph import half_graph
from engines.errors import EngineError
from engines.tensorrt.building import BUCKETS, build_plan
from engines.tensorrt.flavour import Flavour, find_flavour, installed
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.assembly import BUILT_IN, open_bundle
from realtime.tracking.native.task_file import read_task_file

pytestmark = pytest.mark.skipif(
    "tensorrt_rtx" not in installed() and not (os.environ.get("CI") and sys.platform == "linux"),
    reason="tensorrt_rtx is not installed: pip install tensorrt-rtx-cu13",
)


@pytest.fixture(scope="module")
def rtx() -> Flavour:
    return find_flavour("NVIDIA GeForce RTX 5090")


def test_rtx_gpus_get_their_flavour(rtx: Flavour) -> None:
    assert rtx.name == "tensorrt_rtx"
    assert rtx.version[0].isdigit()


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_bundle_is_built_in_half_precision(name: str, rtx: Flavour) -> None:
    with open_bundle(name, models=False) as bundle:
        for model in bundle.models:
            plan = build_plan(rtx, half_graph(bundle.model_bytes(model), model), model)
            assert len(plan) > 1000


@pytest.mark.parametrize("part", ["detector", "mesh", "blendshapes"])
def test_every_face_network_is_built_in_half_precision(part: str, rtx: Flavour, face_model_path) -> None:
    model = half_graph(tflite_to_onnx(getattr(read_task_file(face_model_path), part), part), part)
    steps: list[tuple[str, float]] = []
    plan = build_plan(rtx, model, part, BUCKETS, lambda phase, share: steps.append((phase, share)))
    assert len(plan) > 1000
    assert steps and all(0 <= share <= 1 for _, share in steps)
    assert steps[-1][1] == 1.0


def graph(nodes, shape=("N", 4)) -> bytes:
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", None])],
    )
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()


def test_what_cannot_be_parsed_is_refused_in_one_line(rtx: Flavour) -> None:
    with pytest.raises(
        EngineError, match=r"^it: tensorrt_rtx .* cannot parse it \(.+\): run it with --device cpu"
    ) as e:
        build_plan(rtx, graph([helper.make_node("StringNormalizer", ["x"], ["y"])]), "it")
    assert "\n" not in str(e.value)
    with pytest.raises(EngineError, match="^it: tensorrt_rtx .* cannot parse it"):
        build_plan(rtx, b"no graph", "it")


def test_a_second_free_axis_is_refused(rtx: Flavour) -> None:
    model = graph([helper.make_node("Relu", ["x"], ["y"])], ("N", "M"))
    with pytest.raises(EngineError, match="input 'x' has a second free axis"):
        build_plan(rtx, model, "it")


def test_the_same_graph_gives_a_plan_of_the_same_size(rtx: Flavour) -> None:
    model = graph([helper.make_node("Relu", ["x"], ["y"])])
    sizes = {len(build_plan(rtx, model, "it")) for _ in range(2)}
    assert np.ptp(list(sizes)) < 100
