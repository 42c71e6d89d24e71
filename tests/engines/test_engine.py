"""The engine contract, on a stand-in and on ONNX Runtime."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from bundle_factory import TINY_MODEL, make_frozen_model, make_model

from engines import Engine, EngineError, TensorSpec, backend_names, create_engine

FLOAT32 = np.dtype(np.float32)
TWO_INPUTS = make_model(inputs={"blendshapes": ("N", 52), "crop": ("N", 3, 8, 6)})


class Doubler(Engine):
    """Doubles x; counts what is asked of it."""

    specs = (TensorSpec("x", FLOAT32, (None, 2, None)),)

    def __init__(self):
        super().__init__("doubler")
        self.calls = []

    def _load_impl(self):
        self.calls.append("load")
        return self.specs, (TensorSpec("y", FLOAT32, (None, 2, None)), TensorSpec("z", FLOAT32, (None,)))

    def _infer_impl(self, batch, outputs):
        self.calls.append(tuple(outputs))
        both = {"y": batch["x"] * 2, "z": batch["x"][:, 0, 0]}
        return {name: both[name] for name in outputs}

    def _close_impl(self):
        self.calls.append("close")


def rows(n, seed=0, **shapes):
    random = np.random.default_rng(seed)
    return {name: random.random((n, *shape), dtype=np.float32) for name, shape in shapes.items()}


@pytest.fixture
def tiny():
    with create_engine("onnxruntime", TINY_MODEL, "tiny.onnx") as engine:
        yield engine


def fails(engine, *arguments, match):
    with pytest.raises(EngineError, match=match) as caught:
        engine.infer(*arguments)
    assert len(str(caught.value).splitlines()) == 1
    assert engine.name in str(caught.value)


def test_the_life_of_an_engine():
    engine = Doubler()
    assert not engine.loaded
    with engine as same:
        assert same is engine
        assert engine.loaded
        engine.load()
        assert engine.infer({"x": np.ones((1, 2, 3), np.float32)})["y"].tolist() == [[[2.0] * 3] * 2]
    assert not engine.loaded
    engine.close()
    assert engine.calls == ["load", ("y", "z"), "close"]


def test_outputs_can_be_chosen():
    with Doubler() as engine:
        x = {"x": np.ones((1, 2, 3), np.float32)}
        assert list(engine.infer(x, ["z"])) == ["z"]
        assert list(engine.infer(x, ["z", "y"])) == ["z", "y"]
        assert engine.calls[1:] == [("z",), ("z", "y")]
        fails(engine, x, ["a"], match=r"outputs \['a'\]: name one or more of y, z")
        fails(engine, x, [], match=r"outputs \[\]: name one or more of y, z")


def test_before_load_and_after_close_nothing_works():
    engine = Doubler()
    x = {"x": np.ones((1, 2, 3), np.float32)}
    fails(engine, x, match=r"not loaded: call load\(\)")
    for part in ("inputs", "outputs"):
        with pytest.raises(EngineError, match="not loaded"):
            getattr(engine, part)
    with engine:
        pass
    fails(engine, x, match="was closed: create a new one")
    with pytest.raises(EngineError, match="was closed: create a new one"):
        engine.load()
    assert engine.calls == ["load", "close"]


def test_closing_an_engine_that_was_never_loaded_frees_it():
    engine = Doubler()
    engine.close()
    assert engine.calls == ["close"]


def test_free_axes_may_have_any_size():
    with Doubler() as engine:
        for size in (1, 5):
            assert engine.infer({"x": np.zeros((2, 2, size), np.float32)})["y"].shape == (2, 2, size)


def test_an_input_without_batch_axis_is_refused():
    class Scalar(Doubler):
        specs = (TensorSpec("x", FLOAT32, ()),)

    engine = Scalar()
    with pytest.raises(EngineError, match="'x' float32 without axes has no batch axis: export"):
        engine.load()
    assert engine.calls == ["load", "close"]


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({}, "holds nothing: feed exactly 'blendshapes', 'crop'"),
        ({"crop": 1}, "holds 'crop': feed exactly"),
        ({"blendshapes": 1, "shapes": 1}, "holds 'blendshapes', 'shapes': feed exactly"),
        ({"pose": np.zeros((2, 3), np.float32)}, "feed exactly 'blendshapes', 'crop'"),
        (
            {"blendshapes": [[0.0] * 52]},
            "'blendshapes' is a list: feed a NumPy array, .* N x 52",
        ),
        ({"blendshapes": np.zeros((2, 51), np.float32)}, "float32 2 x 51: feed 'blendshapes' float32 N x 52"),
        ({"blendshapes": np.zeros((2, 52))}, "float64 2 x 52: feed 'blendshapes' float32 N x 52"),
        ({"blendshapes": np.zeros((2, 52), ">f4")}, "feed 'blendshapes' float32 N x 52"),
        ({"blendshapes": np.zeros(52, np.float32)}, "float32 52: feed 'blendshapes' float32 N x 52"),
        ({"blendshapes": np.zeros((), np.float32)}, "without axes: feed 'blendshapes' float32 N x 52"),
        ({"blendshapes": np.zeros((0, 52), np.float32)}, "'blendshapes' has no rows: skip the call"),
        ({"blendshapes": np.zeros((3, 52), np.float32)}, "differ in their number of rows.*give every input"),
        ({"crop": np.zeros((2, 3, 6, 8), np.float32)}, "2 x 3 x 6 x 8: feed 'crop' float32 N x 3 x 8 x 6"),
    ],
)
def test_a_batch_that_does_not_fit(batch, message):
    with create_engine("onnxruntime", TWO_INPUTS, "two.onnx") as engine:
        whole = rows(2, blendshapes=(52,), crop=(3, 8, 6))
        engine.infer(whole)
        alone = any(not isinstance(value, np.ndarray | list) for value in batch.values()) or not batch
        fails(engine, batch if alone else {**whole, **batch}, match=message)


def test_one_thread_owns_an_engine(tiny):
    caught = []
    batch = rows(1, blendshapes=(52,))

    def use():
        try:
            tiny.infer(batch)
        except EngineError as error:
            caught.append(str(error))

    def in_another_thread():
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()

    tiny.infer(batch)
    in_another_thread()
    assert len(caught) == 1
    assert "belongs to another thread: run it from one" in caught[0]
    tiny.infer(batch)


def test_an_engine_that_was_released_goes_to_the_next_thread(tiny):
    batch = rows(1, blendshapes=(52,))
    with ThreadPoolExecutor(1) as other:
        tiny.release()  # nobody has it yet
        tiny.infer(batch)
        with pytest.raises(EngineError, match="belongs to another thread: release it there"):
            other.submit(tiny.release).result()
        tiny.release()
        other.submit(tiny.infer, batch).result()
        fails(tiny, batch, match="belongs to another thread")


def test_an_engine_loaded_here_may_be_run_there():
    caught = []
    engine = create_engine("onnxruntime", TINY_MODEL, "tiny.onnx")
    engine.load()
    thread = threading.Thread(target=lambda: caught.append(engine.infer(rows(1, blendshapes=(52,)))))
    thread.start()
    thread.join()
    engine.close()
    assert caught[0]["occurrence"].shape == (1, 3)


def test_a_loaded_model_describes_itself(tiny):
    assert tiny.inputs == (TensorSpec("blendshapes", FLOAT32, (None, 52)),)
    assert [str(spec) for spec in tiny.outputs] == [
        "'occurrence' float32 N x 3",
        "'intensity' float32 N x 3",
        "'expression' float32 N x 2",
    ]


def test_rows_alone_and_together_give_the_same_scores():
    with create_engine("onnxruntime", TWO_INPUTS, "two.onnx") as engine:
        batch = rows(8, blendshapes=(52,), crop=(3, 8, 6))
        together = engine.infer(batch)
        for row in range(8):
            alone = engine.infer({name: array[row : row + 1] for name, array in batch.items()})
            for name, scores in alone.items():
                assert scores.shape[0] == 1
                np.testing.assert_allclose(scores[0], together[name][row], rtol=0, atol=1e-6)


def test_inputs_stay_as_they_are_and_outputs_belong_to_the_caller(tiny):
    batch = rows(2, blendshapes=(52,))
    before = batch["blendshapes"].copy()
    first = tiny.infer(batch)
    kept = first["occurrence"].copy()
    tiny.infer(rows(2, seed=1, blendshapes=(52,)))
    np.testing.assert_array_equal(batch["blendshapes"], before)
    np.testing.assert_array_equal(first["occurrence"], kept)
    first["occurrence"][:] = 0


def test_arrays_need_not_be_contiguous(tiny):
    batch = rows(4, blendshapes=(52,))
    strided = {"blendshapes": batch["blendshapes"][::2]}
    plain = {"blendshapes": batch["blendshapes"][::2].copy()}
    np.testing.assert_array_equal(tiny.infer(strided)["intensity"], tiny.infer(plain)["intensity"])


def test_the_session_is_quiet_and_uses_one_thread(tiny):
    options = tiny._session.get_session_options()
    assert options.intra_op_num_threads == 1
    assert tiny._session.get_providers() == ["CPUExecutionProvider"]


def test_a_broken_model_says_so_and_prints_nothing(capfd):
    with pytest.raises(EngineError, match="^junk.onnx: ONNX Runtime cannot load it .*: export it again"):
        create_engine("onnxruntime", b"junk", "junk.onnx").load()
    assert capfd.readouterr() == ("", "")


def test_a_failure_while_running_says_so_and_prints_nothing(capfd):
    with create_engine("onnxruntime", make_frozen_model("takes"), "frozen.onnx") as engine:
        engine.infer(rows(1, blendshapes=(52,)))
        fails(engine, rows(2, blendshapes=(52,)), match="failed on this batch .*free batch axis")
    assert capfd.readouterr() == ("", "")


def test_without_onnx_runtime_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EngineError, match="pip install onnxruntime"):
        create_engine("onnxruntime", TINY_MODEL, "tiny.onnx").load()


def test_backends():
    assert backend_names() == ("onnxruntime", "tensorrt", "onnxruntime-cuda")
    with pytest.raises(EngineError, match="backend 'tpu' is unknown: use one of onnxruntime"):
        create_engine("tpu", b"", "x")
