"""Expressions: the accuracy of each class and the confusion matrix (F. Zhang et al. Tables 2 to 8)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import EXPRESSIONS
from trainers.evaluation.predicting import Predictions
from trainers.metrics import class_accuracy, confusion
from trainers.metrics.metric import ratio
from trainers.reports.comparison import Comparison
from trainers.reports.content import Headline, Measured, Plot, Section, Share, Table, Text
from trainers.reports.plots import SHARE, maps


def expression_section(comparison: Comparison) -> Section | None:
    """Return the section, None if no expression is labelled."""
    labels = comparison.corpus.expression
    if not (labels != "").any():
        return None
    title = "Expression"
    predicted = predicted_expressions(comparison.predictions)
    if predicted is None:
        text = f"The corpus labels expressions, but model {comparison.predictions.model} gives none of them."
        return Section("expression", title, (Text(text),))
    known = (labels != "") & (predicted != "")
    accuracies = comparison.figures(class_accuracy, labels, predicted, known)
    counts = confusion(labels, predicted)
    of_class = counts.sum(axis=1)
    frames = int(of_class.sum())
    right = Measured(np.trace(counts) / frames if frames else np.nan)
    caption = comparison.caption(f"7 expressions: {', '.join(EXPRESSIONS)}", known)
    notes = ["A frame's expression is the most probable one. The mean weighs all classes alike."]
    if not of_class.all():
        notes.append("–: undefined. No frame of the class is labelled, or no face was found in any.")
    never = [name for name in EXPRESSIONS if name not in comparison.predictions.expressions]
    if never:
        notes.append(f"The model does not know {', '.join(never)}.")
    accuracy_table = Table(
        title="Accuracy per expression",
        caption=caption,
        head=("expression", "accuracy", "frames"),
        rows=tuple((name, accuracies.each[k], int(of_class[k])) for k, name in enumerate(EXPRESSIONS)),
        summary=(("mean of classes", accuracies.mean, frames), ("all frames", right, frames)),
        notes=tuple(notes),
    )
    shares = ratio(counts, of_class[:, None])
    matrix = Table(
        title="Confusion",
        caption=caption,
        head=("labelled \\ predicted", *EXPRESSIONS, "frames"),
        rows=tuple(
            (name, *(Share(float(share)) for share in shares[k]), int(of_class[k]))
            for k, name in enumerate(EXPRESSIONS)
        ),
        notes=("Rows sum to 100 %: the share of the labelled class that gets each prediction.",),
        matrix=True,
    )
    plot = Plot(
        name="confusion",
        title="Confusion map",
        caption=caption,
        text="Confusion of expressions, rows labelled, columns predicted, as shares of the row.",
        png=maps(
            {"": shares},
            EXPRESSIONS,
            EXPRESSIONS,
            scale=(0.0, 1.0),
            colours=SHARE,
            label="share of the labelled class",
            axis_names=("labelled", "predicted"),
        ),
    )
    figures = {
        "accuracy": accuracies.as_json(EXPRESSIONS),
        "accuracy of all frames": right.value,
        "confusion": {"classes": EXPRESSIONS, "counts": counts},
    }
    classes = int((of_class > 0).sum())
    headline = Headline("expression accuracy", accuracies.mean, f"mean of {classes} classes", percent=True)
    return Section("expression", title, (accuracy_table, matrix, plot), figures, (headline,))


def predicted_expressions(predictions: Predictions) -> NDArray[np.str_] | None:
    """Return (n,) the most probable of `EXPRESSIONS`, "" where no face was found; None if it knows none.

    A model's other classes ("contempt") are left out of the choice: no corpus here labels them.
    """
    columns = [k for k, name in enumerate(predictions.expressions) if name in EXPRESSIONS]
    if predictions.expression is None or not columns:
        return None
    names = np.array([predictions.expressions[k] for k in columns])
    best = names[np.nan_to_num(predictions.expression[:, columns]).argmax(axis=1)]
    return np.where(predictions.found, best, "")
