"""Protocols by the names that a command line takes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.protocols import PROTOCOLS, protocol


@pytest.mark.parametrize(
    ("name", "splits", "first"),
    [
        ("3-fold", 3, "3-fold, fold 1 of 3 (seed 5): train"),
        ("5-fold", 5, "5-fold, fold 1 of 5 (seed 5): train"),
        ("60-20-20", 1, "60-20-20 (seed 5): train"),
        ("90-10", 1, "90-10 (seed 5): train"),
        ("loso", 6, "leave one subject out, S00 (seed 5): train"),
        ("partitions", 1, "partitions of open: train"),
        ("all", 1, "all: test 6 subjects, 60 frames"),
    ],
)
def test_names(corpus, name, splits, first) -> None:
    data = corpus([10] * 6)
    data = dataclasses.replace(data, partition=np.where(data.subject < "S04", "train", "test"))
    made = protocol(name, data, 5)
    assert len(made) == splits
    assert made[0].description.startswith(first)


@pytest.mark.parametrize("name", ["", "fold", "k-fold", "-3-fold", "3-fold ", "LOSO", "70-20-10"])
def test_unknown_names_get_the_list(corpus, name) -> None:
    with pytest.raises(ProtocolError, match=f"'{name}'") as error:
        protocol(name, corpus([5, 5, 5]), 0)
    assert all(known in str(error.value) for known in PROTOCOLS)
    assert "\n" not in str(error.value)
