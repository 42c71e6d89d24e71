"""Confusion and accuracy of expressions, against a published table and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from trainers.corpora.corpus import EXPRESSIONS
from trainers.errors import ProtocolError
from trainers.metrics import class_accuracy, confusion, difference, mean_accuracy


def test_the_mean_is_over_classes_as_in_the_papers_table() -> None:
    # F. Zhang et al. Table 2, ResNet-50 on BU-3DFE: AN DI FE HA NE SA SU, and "Ave." 80.98.
    published = dict(
        zip(
            ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
            (71.41, 88.48, 61.65, 94.01, 80.74, 75.28, 95.32),
            strict=True,
        )
    )
    labels, predictions = [], []
    for k, (name, percent) in enumerate(published.items()):
        hits = round(percent * 100) * (k + 1)  # classes of different sizes
        misses = 10_000 * (k + 1) - hits
        labels += [name] * (hits + misses)
        predictions += [name] * hits + ["fear" if name != "fear" else "anger"] * misses
    accuracies = class_accuracy(np.array(labels), np.array(predictions))
    assert accuracies == pytest.approx([published[name] / 100 for name in EXPRESSIONS])
    assert round(100 * mean_accuracy(np.array(labels), np.array(predictions)), 2) == 80.98


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, predictions = rng.choice(EXPRESSIONS, (2, 500))
    assert mean_accuracy(labels, predictions) == pytest.approx(
        balanced_accuracy_score(labels, predictions), abs=1e-6
    )
    counts = confusion(labels, predictions)
    assert np.diag(counts) / counts.sum(axis=1) == pytest.approx(class_accuracy(labels, predictions))


def test_rows_are_the_labels_and_gaps_do_not_count() -> None:
    labels = np.array(["anger", "anger", "fear", "", "fear"])
    predictions = np.array(["anger", "fear", "fear", "fear", ""])
    assert confusion(labels, predictions, ("anger", "fear")).tolist() == [[1, 1], [0, 1]]
    assert class_accuracy(labels, predictions)[1] == 0.5
    assert mean_accuracy(labels, predictions) == 0.75
    absent = [k for k, name in enumerate(EXPRESSIONS) if name not in ("anger", "fear")]
    assert np.isnan(class_accuracy(labels, predictions)[absent]).all()


def test_nothing_labelled() -> None:
    nothing = np.array(["", ""])
    assert confusion(nothing, nothing).sum() == 0
    assert np.isnan(mean_accuracy(nothing, nothing))


def test_other_names_and_shapes_are_refused() -> None:
    with pytest.raises(ProtocolError, match="'joy'.*neutral, anger"):
        confusion(np.array(["anger"]), np.array(["joy"]))
    with pytest.raises(ProtocolError, match="'neutral'.*one of anger, fear"):
        confusion(np.array(["neutral"]), np.array(["fear"]), ("anger", "fear"))
    with pytest.raises(ProtocolError, match=r"\(2,\).*\(1,\)"):
        class_accuracy(np.array(["anger", "fear"]), np.array(["fear"]))


def test_a_gain_counts_the_faces_that_both_models_name() -> None:
    labels = np.array(["anger", "anger", "fear", "fear"])
    one = np.array(["fear", "anger", "", "anger"])
    other = np.array(["anger", "anger", "fear", ""])
    gain = difference(class_accuracy, labels, one, other, np.array(["A", "B", "A", "B"]), seed=0)
    assert gain.value[EXPRESSIONS.index("anger")] == 0.5
    assert np.isnan(gain.value[EXPRESSIONS.index("fear")])
