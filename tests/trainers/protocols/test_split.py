"""A split refuses leakage, whoever makes it, and describes itself."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.protocols import Sample, Split

SUBJECT = np.array(["Ann", "Bob", "Ann", "Cyd", "Bob"])


def rows(*indices: int) -> np.ndarray:
    return np.array(indices, dtype=np.int64)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": rows(0), "test": rows(1, 2)}, "subject Ann is in both train and test"),
        ({"train": rows(0, 3), "validation": rows(2)}, "subject Ann is in both train and validation"),
        ({"validation": rows(1), "test": rows(4)}, "subject Bob is in both validation and test"),
        ({"train": rows(0), "test": rows(0)}, "subject Ann"),
        ({"train": rows(5)}, "train row 5 is not in the corpus of 5 rows"),
        ({"test": rows(-1)}, "test row -1"),
        ({"test": rows(0, 0)}, "test rows repeat"),
    ],
)
def test_wrong_parts_are_refused(parts, message) -> None:
    with pytest.raises(ProtocolError, match=f"^by hand: {message}") as error:
        Split("by hand", SUBJECT, **parts)
    assert "\n" not in str(error.value)


def test_it_says_what_is_in_it() -> None:
    split = Split("by hand", SUBJECT, train=rows(0, 2, 1), test=rows(3), seed=7)
    assert split.description == "by hand (seed 7): train 2 subjects, 3 frames; test 1 subject, 1 frame"
    assert Split("empty", SUBJECT).description == "empty: no frames"


def test_other_training_rows_may_repeat_but_not_leak() -> None:
    split = Split("by hand", SUBJECT, train=rows(0, 1), test=rows(3))
    more = split.with_training(Sample(rows(0, 0, 0, 4), "thrice"))
    assert more.train.tolist() == [0, 0, 0, 4]
    assert more.description == "by hand: train 2 subjects, 4 frames; test 1 subject, 1 frame; thrice"
    with pytest.raises(ProtocolError, match="subject Cyd"):
        split.with_training(Sample(rows(0, 3), "leaks"))
