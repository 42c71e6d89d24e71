"""Models side by side, paired differences, the paper's figures, agreement between views."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.metrics import bootstrap, difference, icc, pcc, rmse
from trainers.pose_dependent.agreement import agreement_plots
from trainers.pose_dependent.model_comparison import compare_models
from trainers.pose_dependent.published import published, published_per_au, published_tables
from trainers.pose_dependent.tables import beside_paper, comparison_section
from trainers.reports.content import Report
from trainers.reports.markdown import as_markdown


def noisy(corpus, spread: float, seed: int = 1) -> np.ndarray:
    """The labels with an error that is each subject's own as well as each row's."""
    rng = np.random.default_rng(seed)
    _, subject = np.unique(corpus.subject, return_inverse=True)
    shared = rng.normal(0, 1, (8, 3))[subject] + rng.normal(0, 1, corpus.intensity.shape)
    return np.clip(corpus.intensity + spread * shared, 0, 5)


@pytest.fixture
def models(viewed, tested):
    """A poor model, one that is better by the same errors halved."""
    return [tested(viewed, "invariant", noisy(viewed, 1.0)), tested(viewed, "dependent", noisy(viewed, 0.5))]


def test_figures_by_hand(make_corpus, tested) -> None:
    corpus = make_corpus(4, ("AU12",), intensity=np.array([[0], [1], [2], [3]], np.float32))
    exact = tested(corpus, "exact", [[0], [1], [2], [3]])
    off = tested(corpus, "off", [[1], [2], [3], [4]])
    mirrored = tested(corpus, "mirrored", [[3], [2], [1], [0]])
    section = comparison_section([exact, off, mirrored])
    side_by_side, gains = section.blocks
    assert side_by_side.head == (
        "AU",
        *(f"{m} {x}" for m in ("exact", "off", "mirrored") for x in ("RMSE", "PCC", "ICC(3,1)")),
    )
    (row,) = side_by_side.rows
    # Mirrored: errors 3, 1, 1, 3. ICC(3,1) is of consistency: a shift costs nothing.
    assert row[1:] == pytest.approx([0, 1, 1, 1, 1, 1, math.sqrt(5), -1, -1])
    assert [figure.value for figure in gains.rows[0][1:]] == pytest.approx([0, -2])
    assert [figure.value for figure in gains.summary[0][1:]] == pytest.approx([0, -2])


def test_side_by_side_are_the_metrics_of_each_model(models, viewed) -> None:
    compared = compare_models(models)
    assert compared.models == ("invariant", "dependent")
    for model, comparison in zip(compared.models, models, strict=True):
        for metric in (rmse, pcc, icc):
            wanted = metric(viewed.intensity, comparison.predictions.intensity)
            got = [figure.value for figure in compared.figures[model][metric].each]
            assert got == pytest.approx(wanted, nan_ok=True)


def test_a_paired_interval_is_narrower_and_excludes_0(models, viewed) -> None:
    labels = viewed.intensity
    poor, good = (model.predictions.intensity for model in models)
    drawn = difference(icc, labels, poor, good, viewed.subject, resamples=400, seed=3)
    assert drawn.value == pytest.approx(icc(labels, good) - icc(labels, poor), nan_ok=True)
    low, high = drawn.interval()
    assert (low[:2] > 0).all() and np.isnan(low[2])
    alone = bootstrap(icc, labels, poor, viewed.subject, resamples=400, seed=3).interval()
    assert (high - low)[0] < (alone[1] - alone[0])[0]
    same = difference(icc, labels, poor, poor, viewed.subject, seed=3)
    assert (same.resampled[:, :2] == 0).all()


def test_only_cells_that_all_models_have_are_compared(models, viewed, tested) -> None:
    poor = models[0].predictions.intensity.copy()
    poor[:100, 0] = np.nan
    compared = compare_models([tested(viewed, "lame", poor), models[1]])
    wanted = icc(viewed.intensity[100:], models[1].predictions.intensity[100:])[0]
    assert compared.figures["dependent"][icc].each[0].value == pytest.approx(wanted)
    assert compared.gain("dependent").each[0].value == pytest.approx(
        wanted - icc(viewed.intensity[100:], poor[100:])[0]
    )


def test_the_section_tells_gains_and_poses(models) -> None:
    section = comparison_section(models)
    _, gains, per_pose = section.blocks
    assert "Intervals that exclude 0: dependent AU01, dependent AU12, dependent mean." in gains.notes[0]
    assert [row[0] for row in per_pose.rows] == ["1", "5", "9"]
    assert [row[0] for row in per_pose.summary] == ["VI", "worst / best"]
    columns = [[row[k].value for row in per_pose.rows] for k in (1, 2)]
    assert per_pose.summary[1][1:] == pytest.approx([min(c) / max(c) for c in columns])
    headline = section.headlines[0]
    assert headline.name == "mean ICC gained by dependent on invariant" and headline.figure.low > 0
    report = Report("t", (), (), (section,))
    assert report.as_json()["models"]["models"]["dependent"]["ICC(3,1)"]["AU28"]["value"] is None
    text = as_markdown(report)
    assert "(rendered faces)" in text and "ICC gained on invariant" in text


def test_what_cannot_be_compared_is_refused(models, viewed, tested, make_corpus) -> None:
    with pytest.raises(ProtocolError, match="give two or more"):
        comparison_section(models[:1])
    with pytest.raises(ProtocolError, match="each by its own name"):
        compare_models([models[0], models[0]])
    fewer = viewed.select(np.arange(30))
    with pytest.raises(ProtocolError, match="invariant and other were tested on different rows"):
        compare_models([models[0], tested(fewer, "other", noisy(viewed, 1.0)[:30])])
    binary = make_corpus(4, occurrence=np.ones((4, 2), np.float32))
    with pytest.raises(ProtocolError, match="no intensities to compare"):
        compare_models([tested(binary, "model", np.zeros((4, 2)))])


def test_published_means_are_those_of_the_aus() -> None:
    for model, partitions in published()["models"].items():
        for partition, figures in partitions.items():
            for metric in set(figures) - {"table"}:
                *values, mean = published_per_au(model, partition, metric).values()
                misprint = (model, partition, metric) == ("baseline", "validation", "PCC")
                assert np.mean(values) == pytest.approx(mean, abs=0.008 if misprint else 0.0011)


def test_published_poses_agree_with_the_totals() -> None:
    for model, partitions in published()["per_pose"].items():
        for partition, figures in partitions.items():
            for metric in ("RMSE", "ICC"):
                values = np.array(figures[metric])
                assert values.shape == (8, 10)
                assert values[:7].mean(axis=0) == pytest.approx(values[7], abs=0.0011)
                assert values[:, 9].tolist() == [*published_per_au(model, partition, metric).values()]


def test_published_tables_say_whose_they_are() -> None:
    tables = published_tables()
    assert len(tables) == 8
    for table in tables:
        assert table.title.startswith("Zhou, Pi and Shi (FG 2017), Table ")
        assert "Corpus FERA 2017" in table.caption and "not compared" in table.notes[0]
    first = tables[0]
    assert first.head[-1] == "pose-dependent ICC" and first.summary[0][-1] == 0.601
    assert first.rows[4][0] == "AU12" and first.rows[4][-1] == 0.816


def test_the_papers_figures_stand_beside_ours_with_their_corpus(models) -> None:
    table = beside_paper(dict(zip(("pose-invariant", "pose-dependent"), models, strict=True)))
    assert table.head == (
        "AU",
        "paper, FERA 2017 validation partition: pose-invariant",
        "paper, FERA 2017 validation partition: pose-dependent",
        "ours, livefacs-studio: pose-invariant",
        "ours, livefacs-studio: pose-dependent",
    )
    rows = {row[0]: row[1:] for row in table.rows}
    assert [cell.value for cell in rows["AU12"]][:2] == [0.800, 0.816]
    ours = icc(models[0].corpus.intensity, models[0].predictions.intensity)
    assert rows["AU12"][2].value == pytest.approx(ours[1]) and rows["AU12"][2].has_interval
    assert math.isnan(rows["AU06"][2].value) and rows["AU06"][0].value == 0.724
    name, *means = table.summary[0]
    # Of the paper's AUs, AU01 and AU12 are labelled.
    assert name == "mean of 2"
    assert means[:3] == pytest.approx([(0.444 + 0.800) / 2, (0.536 + 0.816) / 2, ours[:2].mean()])


def test_agreement_has_a_matrix_per_au(models, make_corpus, tested) -> None:
    (plot,) = agreement_plots(models[0])
    assert plot.title == "Agreement between views, invariant: AU01, AU12, AU28"
    assert plot.png.startswith(b"\x89PNG")
    flat = make_corpus(4, intensity=np.ones((4, 2), np.float32))
    assert agreement_plots(tested(flat, "model", np.zeros((4, 2)))) == ()
