"""Which TensorRT is taken, and what is said where there is none."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest

from engines.errors import EngineError
from engines.tensorrt import flavour
from engines.tensorrt.flavour import RTX, find_flavour, installed, serves


@pytest.fixture
def there(monkeypatch):
    """Make modules be there: name -> version, or an exception that importing it raises."""

    def install(**modules: str | Exception) -> None:
        def load(name: str):
            found = modules[name]
            if isinstance(found, Exception):
                raise found
            return SimpleNamespace(__version__=found)

        monkeypatch.setattr(flavour, "installed", lambda: tuple(modules))
        monkeypatch.setattr(flavour.importlib, "import_module", load)

    yield install
    assert importlib is flavour.importlib


def test_the_gpu_decides_where_both_are_there(there) -> None:
    there(tensorrt="11.4.0", tensorrt_rtx="1.7.1")
    assert find_flavour("NVIDIA H100 80GB HBM3").name == "tensorrt"
    assert find_flavour("NVIDIA GeForce RTX 5090").name == "tensorrt_rtx"
    assert find_flavour("NVIDIA RTX 6000 Ada").name == "tensorrt_rtx"


def test_the_other_is_taken_where_one_does_not_load(there) -> None:
    there(tensorrt=ImportError("libnvinfer.so.11: cannot open"), tensorrt_rtx="1.7.1")
    assert find_flavour("NVIDIA H100").name == "tensorrt_rtx"


def test_one_that_is_too_old_is_refused(there) -> None:
    there(tensorrt="8.6.1")
    with pytest.raises(EngineError, match="^it: tensorrt 8.6.1 is older than 10: pip install"):
        find_flavour("", "it")
    there(tensorrt="10.0.1")
    assert find_flavour().version == "10.0.1"


def test_none_at_all(there) -> None:
    there()
    with pytest.raises(
        EngineError, match=r"^it: TensorRT is not installed: pip install .*livefacs\[gpu\]"
    ) as caught:
        find_flavour("", "it")
    assert "\n" not in str(caught.value)


def test_what_does_not_load_says_why(there) -> None:
    there(tensorrt=OSError("no\nlibrary"))
    with pytest.raises(EngineError, match=r"^it: tensorrt cannot be imported \(no library\): pip install"):
        find_flavour("", "it")


def test_tensorrt_for_rtx_serves_no_data_centre(there) -> None:
    assert [sm for sm in ("7.0", "7.5", "8.6", "8.9", "9.0", "10.0", "12.0", "12.1") if serves(RTX, sm)] == [
        "7.5", "8.6", "8.9", "12.0", "12.1",
    ]  # fmt: skip
    assert serves("tensorrt", "9.0")
    there(tensorrt_rtx="1.7.1")
    with pytest.raises(
        EngineError, match=r"^it: tensorrt_rtx does not run on NVIDIA H200 of compute capability 9\.0: pip"
    ):
        find_flavour("NVIDIA H200", "it", "9.0")
    there(tensorrt="11.4.0", tensorrt_rtx="1.7.1")
    assert find_flavour("NVIDIA H200", "it", "9.0").name == "tensorrt"


def test_a_folder_of_that_name_is_no_tensorrt(tmp_path, monkeypatch) -> None:
    (tmp_path / "tensorrt").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.util.find_spec("tensorrt") is not None
    assert "tensorrt" not in installed()
