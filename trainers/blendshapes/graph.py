"""The head of one pose group as an ONNX graph: the tables of this package, written as arithmetic.

- each blendshape's odds are divided by exp(leakage of the pose);
- its rise is (reading - resting reading) / (1 - resting reading), 0-1; the resting face is `neutral`, or
  `RESTING` where that is all zeros;
- an Action Unit is its combined rises, minus cross-talk, times what hides it; its intensity is 5 times that;
- its occurrence is sigmoid((intensity - 1) / 0.35);
- the expressions are the softmax of the prototypes' scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

from realtime.calibration import RESTING
from realtime.tracking.blendshapes import BLENDSHAPES
from trainers.blendshapes.action_units import ACTION_UNITS, READINGS, columns, weights
from trainers.blendshapes.expressions import FULL_INTENSITY, NEUTRAL_SCORE, PROTOTYPES, SHARPNESS
from trainers.blendshapes.pose_leakage import LARGEST_ANGLE

OPSET = 17
IR_VERSION = 8

AUS = tuple(unit.name for unit in ACTION_UNITS)
EXPRESSIONS = tuple(prototype.name for prototype in PROTOTYPES)

MAX_INTENSITY = 5.0
PRESENT_FROM = 1.0
"""Intensity at which occurrence is 0.5: FACS level A, a trace."""
OCCURRENCE_WIDTH = 0.35
"""Intensity over which occurrence goes from 0.5 to 0.73; hardly any at intensity 0 (0.05)."""

MOST_AT_REST = 0.4
"""A person's resting face may lie at most this part of a blendshape's range above `RESTING`, so that an
expression held all the time still shows."""


def head_model(name: str, leakage: NDArray[np.floating]) -> onnx.ModelProto:
    """The head of one pose group.

    Inputs: `blendshapes` (N, 52), `neutral` (N, 52; all zeros: not known), both 0-1, and `pose` (N, 3) yaw,
    pitch, roll in radians. Outputs: `au_occurrence` (N, 19) 0-1, `au_intensity` (N, 19) 0-5, `expression`
    (N, 7) probabilities. All float32. FP16 would flush cheekSquint and noseSneer to zero.

    Args:
        name: of the pose group.
        leakage: (5, 52), rows as `pose_leakage.COEFFICIENTS`.
    """
    graph = _Graph()
    write_rule(graph, without_leakage(graph, leakage))
    return graph.model(
        name,
        inputs={"blendshapes": len(BLENDSHAPES), "neutral": len(BLENDSHAPES), "pose": 3},
        outputs={"au_occurrence": len(AUS), "au_intensity": len(AUS), "expression": len(EXPRESSIONS)},
    )


class Arithmetic(Protocol):
    """What takes down arithmetic in ONNX' operators. Values are whatever it hands out; inputs are names."""

    def constant(self, name: str, value: ArrayLike, dtype: type[np.generic] = np.float32) -> Any:
        """Return a constant."""
        ...

    def add(self, operator: str, *inputs: Any, output: str = "", **attributes: Any) -> Any:
        """Return what an operator makes of the inputs; `output` names it."""
        ...

    def unit(self, value: Any) -> Any:
        """Return the value clipped to 0-1."""
        ...


def write_rule(graph: Arithmetic, blendshapes: Any) -> None:
    """Take down what blendshapes as of a frontal face say, against `neutral`: `head_model`'s outputs."""
    rise = _rises(graph, blendshapes)
    intensity = _intensities(graph, rise)
    _occurrences(graph, intensity)
    _expressions(graph, intensity)


def without_leakage(graph: Arithmetic, leakage: NDArray[np.floating]) -> Any:
    """The inputs `blendshapes` and `pose` as they would read on a frontal face: odds / exp(leakage)."""
    limit = graph.constant("largest_angle", LARGEST_ANGLE)
    angles = graph.add("Min", graph.add("Max", "pose", graph.add("Neg", limit)), limit)
    yaw = graph.add("Gather", angles, graph.constant("yaw_column", [0], np.int64), axis=1)
    pitch = graph.add("Gather", angles, graph.constant("pitch_column", [1], np.int64), axis=1)
    terms = [pitch, yaw, graph.add("Mul", yaw, yaw), graph.add("Mul", pitch, yaw)]
    slopes = graph.add(
        "MatMul", graph.add("Concat", *terms, axis=1), graph.constant("leakage_slopes", leakage[1:])
    )
    log_odds = graph.add("Add", slopes, graph.constant("leakage_constant", leakage[:1]))
    factor = graph.add("Exp", graph.add("Neg", log_odds))
    value = graph.unit("blendshapes")
    # p k / (1 - p + p k): exact at 0 and 1, and keeps values of 1e-7, which log(p / (1 - p)) would not.
    odds = graph.add("Mul", value, factor)
    return graph.add("Div", odds, graph.add("Add", graph.add("Sub", graph.constant("one", 1.0), value), odds))


def _rises(graph: Arithmetic, blendshapes: Any) -> Any:
    """(N, 52): how far each blendshape is on the way from the resting face to its full value, 0-1."""
    sum_of = graph.add("ReduceSum", "neutral", graph.constant("last_axis", [1], np.int64), keepdims=1)
    known = graph.add("Greater", sum_of, graph.constant("zero", 0.0))
    resting = graph.add("Where", known, graph.unit("neutral"), graph.constant("resting", RESTING[None]))
    at_rest = graph.add("Min", _read(graph, resting), _most_at_rest(graph))
    above = graph.add("Sub", _read(graph, blendshapes), at_rest)
    return graph.unit(graph.add("Div", above, graph.add("Sub", graph.constant("one", 1.0), at_rest)))


def _read(graph: Arithmetic, value: Any) -> Any:
    """Values as parts of full, in proportion or by logarithm as `READINGS` says."""
    full, knee, by_logarithm = _scales()
    knees = graph.add("Div", value, graph.constant("knee", knee))
    logarithm = graph.add("Log", graph.add("Add", graph.constant("one", 1.0), knees))
    return graph.add(
        "Where",
        graph.constant("by_logarithm", by_logarithm, np.bool_),
        graph.add("Div", logarithm, graph.constant("full_logarithm", np.log1p(full / knee))),
        graph.add("Div", value, graph.constant("full", full)),
    )


def _most_at_rest(graph: Arithmetic) -> Any:
    """(1, 52): the highest reading that is accepted as a resting one."""
    full, knee, by_logarithm = _scales()
    usual = np.where(by_logarithm, np.log1p(RESTING / knee) / np.log1p(full / knee), RESTING / full)
    return graph.constant("most_at_rest", usual + MOST_AT_REST * (1.0 - usual))


def _scales() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """(1, 52) each, from `READINGS`: full value, knee (1 where there is none), whether there is one."""
    full, knee = np.ones((1, len(BLENDSHAPES))), np.ones((1, len(BLENDSHAPES)))
    by_logarithm = np.zeros((1, len(BLENDSHAPES)), np.bool_)
    for name, reading in READINGS.items():
        full[0, columns(name)] = reading.full
        if reading.knee is not None:
            knee[0, columns(name)] = reading.knee
            by_logarithm[0, columns(name)] = True
    return full, knee, by_logarithm


def _intensities(graph: Arithmetic, rise: Any) -> Any:
    """(N, 19): Action Units, 0-5."""
    summed = np.stack(
        [
            (weights(unit.terms) if unit.combine == "sum" else 0.0) - weights(unit.minus)
            for unit in ACTION_UNITS
        ],
        axis=1,
    )
    total = graph.add("MatMul", rise, graph.constant("weights", summed))
    for column, unit in enumerate(ACTION_UNITS):
        if unit.combine == "sum":
            continue
        each = np.stack([weights({name: weight}) for name, weight in unit.terms.items()], axis=1)
        terms = graph.add("MatMul", rise, graph.constant(f"terms_{unit.name}", each))
        best = graph.add({"max": "ReduceMax", "min": "ReduceMin"}[unit.combine], terms, axes=[1], keepdims=1)
        place = graph.constant(f"place_{unit.name}", np.eye(1, len(AUS), column))
        total = graph.add("Add", total, graph.add("MatMul", best, place))
    hidden = np.stack([weights(unit.hidden_by) for unit in ACTION_UNITS], axis=1)
    cover = graph.add("MatMul", rise, graph.constant("hidden_by", hidden))
    total = graph.add("Mul", total, graph.add("Sub", graph.constant("one", 1.0), cover))
    onset = np.array([[unit.onset for unit in ACTION_UNITS]])
    stretched = graph.add(
        "Div",
        graph.add("Sub", total, graph.constant("onset", onset)),
        graph.constant("above_onset", 1.0 - onset),
    )
    most = graph.constant("max_intensity", MAX_INTENSITY)
    return graph.add("Mul", graph.unit(stretched), most, output="au_intensity")


def _occurrences(graph: Arithmetic, intensity: Any) -> None:
    """(N, 19): probabilities, 0.5 at FACS level A."""
    above = graph.add("Sub", intensity, graph.constant("present_from", PRESENT_FROM))
    width = graph.constant("occurrence_width", OCCURRENCE_WIDTH)
    graph.add("Sigmoid", graph.add("Div", above, width), output="au_occurrence")


def _expressions(graph: Arithmetic, intensity: Any) -> None:
    """(N, 7): probabilities of the expressions."""
    part = graph.unit(graph.add("Div", intensity, graph.constant("full_intensity", FULL_INTENSITY)))
    alternatives = sorted({aus for prototype in PROTOTYPES for aus in prototype.parts if len(aus) > 1})
    strongest = []
    for aus in alternatives:
        indices = graph.constant(f"columns_{'_'.join(aus)}", [AUS.index(au) for au in aus], np.int64)
        either = graph.add("Gather", part, indices, axis=1)
        strongest.append(graph.add("ReduceMax", either, axes=[1], keepdims=1))
    rows: list[Sequence[str]] = [*((au,) for au in AUS), *alternatives]
    table = np.zeros((len(rows), len(PROTOTYPES)))
    for column, prototype in enumerate(PROTOTYPES):
        for aus, weight in prototype.parts.items():
            table[rows.index(aus), column] += weight
        for au, weight in prototype.against.items():
            table[rows.index((au,)), column] -= weight
    evidence = graph.add("Concat", part, *strongest, axis=1)
    scores = graph.add("MatMul", evidence, graph.constant("prototypes", SHARPNESS * table))
    neutral = SHARPNESS * NEUTRAL_SCORE * np.eye(1, len(EXPRESSIONS), EXPRESSIONS.index("neutral"))
    scores = graph.add("Add", scores, graph.constant("neutral_score", neutral))
    graph.add("Softmax", scores, axis=1, output="expression")


class _Graph:
    """Collects nodes and constants under names that say what they are."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value, dtype), name)
        return name

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: object) -> str:
        output = output or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def unit(self, value: str) -> str:
        return self.add("Clip", value, self.constant("zero", 0.0), self.constant("one", 1.0))

    def model(self, name: str, inputs: dict[str, int], outputs: dict[str, int]) -> onnx.ModelProto:
        def values(sizes: dict[str, int]) -> list[onnx.ValueInfoProto]:
            return [
                helper.make_tensor_value_info(value, TensorProto.FLOAT, ["N", size])
                for value, size in sizes.items()
            ]

        graph = helper.make_graph(
            self._nodes, name, values(inputs), values(outputs), list(self._constants.values())
        )
        model = helper.make_model(
            graph,
            producer_name="livefacs",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        return model
