"""Tables against figures worked out by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from trainers.corpora.corpus import EXPRESSIONS
from trainers.reports.co_occurrence import co_occurrence_section
from trainers.reports.content import Measured, Share
from trainers.reports.expression import expression_section
from trainers.reports.faces import faces_section
from trainers.reports.intensity import intensity_section
from trainers.reports.occurrence import occurrence_section
from trainers.reports.per_view import per_view_section
from trainers.reports.rest import rest_section
from trainers.reports.subgroups import subgroups, subgroups_section

# AU01: four true positives of five, one false alarm: F1 0.8, accuracy 0.8. AU12 never occurs.
LABELS = np.array([[1, 0]] * 5 + [[0, 0]] * 5, np.float32)
SCORES = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.7], [0.2, 0.1]] * 2, np.float32)
SCORES[5:, 0] = (0.1, 0.1, 0.1, 0.1, 0.6)


def plain(row):
    return [round(cell.value, 6) if isinstance(cell, Measured | Share) else cell for cell in row]


def test_occurrence(make_corpus, make_predictions, compare) -> None:
    comparison = compare(make_corpus(10, occurrence=LABELS), make_predictions(10, occurrence=SCORES))
    section = occurrence_section(comparison)
    table = section.blocks[0]
    assert table.head == ("AU", "name", "F1", "accuracy", "AUC (2AFC)", "active", "frames")
    # 24 of the 25 pairs are won but for 0.2 against 0.6.
    assert plain(table.rows[0]) == ["AU01", "inner brow raiser", 0.8, 0.8, 0.96, 5, 10]
    assert plain(table.rows[1])[3:4] == [0.8]
    assert math.isnan(table.rows[1][2].value)
    assert plain(table.summary[0])[:4] == ["mean", "", 0.8, 0.8]
    assert any("F1 needs an active frame" in note for note in table.notes)
    assert table.rows[0][2].low <= 0.8 <= table.rows[0][2].high
    assert section.headlines[0].over == "mean of 1 AU"


def test_lost_faces_do_not_count_and_the_caption_says_how_many_do(
    make_corpus, make_predictions, compare
) -> None:
    predictions = make_predictions(10, occurrence=SCORES, lost=[0, 9])
    comparison = compare(make_corpus(10, occurrence=LABELS), predictions, protocol="3-fold")
    table = occurrence_section(comparison).blocks[0]
    assert table.rows[0][-2:] == (4, 8)
    assert table.caption == "2 AUs: AU01, AU12. Corpus hand-made; protocol 3-fold; 8 frames of 2 subjects."
    assert faces_section(comparison).blocks[0].summary[0] == ("all", 8, 10, Share(0.8))


def test_the_models_own_thresholds_decide(make_corpus, make_predictions, compare) -> None:
    comparison = compare(make_corpus(10, occurrence=LABELS), make_predictions(10, occurrence=SCORES))
    comparison.predictions.thresholds[:] = (0.15, 0.5)
    assert plain(occurrence_section(comparison).blocks[0].rows[0])[2] == round(10 / 11, 6)


def test_intensity(make_corpus, make_predictions, compare) -> None:
    labels = np.array([[0, 2], [1, 2], [2, 2], [3, np.nan]], np.float32)
    predicted = np.array([[1, 2], [2, 2], [3, 1], [4, 5]], np.float32)
    comparison = compare(make_corpus(4, intensity=labels), make_predictions(4, intensity=predicted))
    table = intensity_section(comparison).blocks[0]
    assert table.head[2:] == ("ICC(3,1)", "PCC", "RMSE", "MAE", "above 0", "frames")
    # A constant shift costs consistency nothing and every error one step.
    assert plain(table.rows[0]) == ["AU01", "inner brow raiser", 1, 1, 1, 1, 3, 4]
    assert math.isnan(table.rows[1][2].value)  # AU12 is always 2
    assert plain(table.rows[1])[4:] == [round(math.sqrt(1 / 3), 6), round(1 / 3, 6), 3, 3]
    assert any("ICC needs labels that vary" in note for note in table.notes)


def test_what_the_model_does_not_give_is_said(make_corpus, make_predictions, compare) -> None:
    both = make_corpus(4, occurrence=LABELS[:4], intensity=LABELS[:4], expression=np.full(4, "fear"))
    only = compare(both, make_predictions(4, intensity=LABELS[:4]))
    assert "model 1 gives none" in occurrence_section(only).blocks[0].text
    assert "gives none" in expression_section(only).blocks[0].text
    other = compare(both, make_predictions(4, occurrence=LABELS[:4]))
    assert "gives none" in intensity_section(other).blocks[0].text


def test_a_table_lists_the_aus_only_that_are_labelled_its_way(make_corpus, make_predictions, compare) -> None:
    occurrence = LABELS.copy()
    occurrence[:, 1] = np.nan
    comparison = compare(
        make_corpus(10, occurrence=occurrence, intensity=LABELS),
        make_predictions(10, occurrence=SCORES, intensity=SCORES),
    )
    assert [row[0] for row in occurrence_section(comparison).blocks[0].rows] == ["AU01"]
    assert [row[0] for row in intensity_section(comparison).blocks[0].rows] == ["AU01", "AU12"]


def test_what_is_not_labelled_has_no_section(make_corpus, make_predictions, compare) -> None:
    only = compare(make_corpus(4, occurrence=LABELS[:4]), make_predictions(4, occurrence=LABELS[:4]))
    assert intensity_section(only) is None
    assert expression_section(only) is None
    assert per_view_section(only) is None
    assert subgroups_section(only) is None


def test_figures_per_view_and_of_all_rows(make_corpus, make_predictions, compare) -> None:
    view = np.array(["2"] * 5 + ["10"] * 5)
    labels, decided = LABELS.copy(), SCORES.copy()
    labels[5:, 0], decided[5:, 0] = 1, (0.9, 0.1, 0.1, 0.1, 0.1)
    comparison = compare(
        make_corpus(10, occurrence=labels, view=view), make_predictions(10, occurrence=decided)
    )
    table = per_view_section(comparison).blocks[0]
    assert table.head == ("view", "2", "10", "VI")
    # View 2: 4 of 5 found; view 10: 1 of 5; together 5 of 10.
    assert table.rows[0] == ("AU01", pytest.approx(8 / 9), pytest.approx(2 / 6), pytest.approx(10 / 15))
    assert table.summary[1] == ("frames", 5, 5, 10)


def test_views_of_the_same_moments_are_compared(make_corpus, make_predictions, compare) -> None:
    seen = np.array([0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1, 0], np.float32)[:, None].repeat(2, axis=1)
    comparison = compare(
        make_corpus(
            12,
            intensity=seen,
            view=np.repeat(["a", "b", "c"], 4),
            subject=np.full(12, "S"),
            sequence=np.full(12, "S/1"),
            frame=np.tile([1, 2, 3, 4], 3),
        ),
        make_predictions(12, intensity=seen),
    )
    table = next(b for b in per_view_section(comparison).blocks if "between views" in b.title)
    assert table.rows == (("a", 1, 1, -1), ("b", 1, 1, -1), ("c", -1, -1, 1))
    assert "share up to 4 frames" in table.notes[0]


def test_confusion_and_the_accuracy_of_each_class(make_corpus, make_predictions, compare) -> None:
    labels = np.array(["neutral", "neutral", "fear", "fear", "fear", "", "anger"])
    said = np.array(["neutral", "fear", "fear", "fear", "neutral", "fear", "anger"])
    scores = (said[:, None] == np.array(["fear", "contempt", "neutral", "anger"])) * 0.4
    scores[:, 1] = 0.6  # a class that no corpus labels must not win
    comparison = compare(
        make_corpus(7, expression=labels),
        make_predictions(
            7, expressions=("fear", "contempt", "neutral", "anger"), expression=scores, lost=[6]
        ),
    )
    section = expression_section(comparison)
    accuracy, confusion = section.blocks[:2]
    by_class = {row[0]: row for row in accuracy.rows}
    assert plain(by_class["neutral"]) == ["neutral", 0.5, 2]
    assert plain(by_class["fear"]) == ["fear", round(2 / 3, 6), 3]
    assert math.isnan(by_class["anger"][1].value)  # its one face was lost
    assert plain(accuracy.summary[0])[1] == round((1 / 2 + 2 / 3) / 2, 6)
    assert plain(accuracy.summary[1])[1:] == [0.6, 5]
    fear = confusion.rows[EXPRESSIONS.index("fear")]
    assert plain(fear)[1 + EXPRESSIONS.index("neutral")] == round(1 / 3, 6)
    assert "disgust" in accuracy.notes[-1]
    assert section.figures["confusion"]["counts"].sum() == 5


def test_base_rates_and_their_distance_over_the_same_frames(make_corpus, make_predictions, compare) -> None:
    comparison = compare(
        make_corpus(10, occurrence=LABELS), make_predictions(10, occurrence=SCORES, lost=[0])
    )
    section = co_occurrence_section(comparison)
    # Of the nine frames left AU01 is active in four and called active in three and one.
    assert plain(section.blocks[0].rows[0]) == ["AU01", round(4 / 9, 6), round(4 / 9, 6), 0.0]
    assert plain(section.blocks[0].rows[1]) == ["AU12", 0.0, round(2 / 9, 6), round(2 / 9, 6)]
    phi = section.figures["phi"]
    assert phi["names"] == ("AU01", "AU12", "none")
    assert phi["labels"][0, 2] == pytest.approx(-1)  # AU01 is there exactly where not none is
    assert np.isnan(phi["labels"][0, 1])


def test_subgroups(make_corpus, make_predictions, compare) -> None:
    labels, decided = LABELS.copy(), SCORES.copy()
    labels[5:, 0], decided[5:, 0] = 1, (0.9, 0.1, 0.1, 0.1, 0.1)
    comparison = compare(
        make_corpus(10, occurrence=labels, attributes={"glasses": np.array(["no"] * 5 + ["yes"] * 5)}),
        make_predictions(10, occurrence=decided, lost=[9]),
    )
    (table,) = subgroups_section(comparison).blocks
    assert table.head == ("glasses", "found", "mean F1", "frames", "subjects")
    assert plain(table.rows[0]) == ["no", 1.0, round(8 / 9, 6), 5, 2]
    assert plain(table.rows[1]) == ["yes", 0.8, round(2 / 5, 6), 5, 2]


def test_pose_groups_that_served_are_subgroups(make_corpus, make_predictions, compare) -> None:
    made = make_predictions(10, occurrence=SCORES)
    made = dataclasses.replace(made, pose_group=np.array(["up"] * 4 + ["level"] * 6))
    (table,) = subgroups_section(compare(make_corpus(10, occurrence=LABELS), made)).blocks
    assert table.head[0] == "pose group"
    assert [plain(row)[0] for row in table.rows] == ["level", "up"]


def test_attributes_make_groups_by_their_kind() -> None:
    assert list(subgroups(np.array(["b", "", "a"]))) == ["a", "b"]
    assert {k: v.tolist() for k, v in subgroups(np.array([True, False])).items()} == {
        "yes": [True, False],
        "no": [False, True],
    }
    assert list(subgroups(np.array([3, 1, 3]))) == ["1", "3"]
    ages = np.append(np.arange(20.0, 60.0), np.nan)
    groups = subgroups(ages)
    assert list(groups) == ["20 to 29.8", "29.8 to 39.5", "39.5 to 49.2", "49.2 to 59"]
    assert [int(rows.sum()) for rows in groups.values()] == [10, 10, 10, 10]
    assert [int(rows.sum()) for rows in subgroups(np.arange(13)).values()] == [3, 3, 3, 4]
    assert subgroups(np.array([f"name {k}" for k in range(30)])) == {}
    assert subgroups(np.zeros((4, 2))) == {}


def test_faces_at_rest(make_corpus, make_predictions, compare) -> None:
    labels = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [0, 3], [0, np.nan]], np.float32)
    predicted = np.array([[2, 0], [1, 1], [1.5, 1.2], [4, 4], [5, 5], [5, 5]], np.float32)
    predictions = make_predictions(6, intensity=predicted, lost=[3])
    section = rest_section(compare(make_corpus(6, intensity=labels), predictions))
    table = section.blocks[0]
    assert [plain(row)[2] for row in table.rows] == [round(2 / 3, 6), round(1 / 3, 6)]
    assert plain(table.summary[0]) == ["any", "", round(2 / 3, 6)]
    assert "3 frames of" in table.caption
    assert section.figures["faces"] == 3
    assert section.headlines[0].figure.value == pytest.approx(2 / 3)


def test_nothing_is_said_of_rest_where_nobody_rests(make_corpus, make_predictions, compare) -> None:
    labels = np.array([[0, 1], [np.nan, 0]], np.float32)
    corpus, predictions = make_corpus(2, intensity=labels), make_predictions(2, intensity=labels)
    assert rest_section(compare(corpus, predictions)) is None
    assert rest_section(compare(corpus, make_predictions(2, occurrence=labels))) is None
