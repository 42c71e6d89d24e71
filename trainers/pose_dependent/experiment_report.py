"""The report of the whole experiment: Zhou et al. Tables I to V, Fig. 2 and 3, and what came of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.pose_dependent.agreement import agreement_plots
from trainers.pose_dependent.claims import claims_of
from trainers.pose_dependent.compared import RESAMPLES, TEST, VALIDATION, Compared, compared
from trainers.pose_dependent.fields_by_pose import poses_of
from trainers.pose_dependent.gains import by_look, by_seed, gain, looks_of, mean_icc
from trainers.pose_dependent.held_out import DEPENDENT, INVARIANT, MIXED, Estimates, HeldOut
from trainers.pose_dependent.pose_groups import POSE_GROUPS
from trainers.pose_dependent.published import published, published_tables
from trainers.pose_dependent.receptive_fields import ReceptiveFields, field_sheet
from trainers.pose_dependent.run_tables import settings_table
from trainers.pose_dependent.tables import beside_paper, comparison_section
from trainers.pose_dependent.verdict import verdict
from trainers.reports import Report
from trainers.reports.content import Block, Cell, Headline, Measured, Plot, Section, Share, Table, Text
from trainers.reports.per_view import per_view_section
from trainers.reports.report import RENDERED
from trainers.reproduction.networks_table import networks_table
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import TrainedRun


@dataclass(frozen=True, eq=False)
class Results:
    """What the report is made of.

    Attributes:
        split: of the corpus, in words.
        estimates: one per seed of the request.
        fields: model -> receptive fields of its networks of the first seed.
        trained: all networks of single AUs.
        started: the networks of all AUs together that they start from, if they do.
    """

    request: Request
    material: Material
    split: str
    seen: HeldOut
    estimates: Sequence[Estimates]
    fields: dict[str, ReceptiveFields]
    trained: Sequence[TrainedRun]
    started: Sequence[TrainedRun] = ()


def experiment_report(results: Results) -> Report:
    """Return the report. Its tables are of the first seed, unless they say otherwise."""
    request, material, seen = results.request, results.material, results.seen
    networks = [*results.started, *results.trained]
    parts = {
        name: compared(
            name, seen, results.estimates, request.aus, rendered=material.rendered, seed=request.seeds[0]
        )
        for name in seen.partitions
    }
    validation = parts[VALIDATION]
    corpus = material.corpus.name
    bootstrap = f"percentile bootstrap over subjects, {RESAMPLES:,} draws, seed {request.seeds[0]}"
    facts = (
        ("Paper", "Zhou, Pi and Shi, Pose-independent Facial Action Unit Intensity Regression, FG 2017"),
        ("Corpus", f"{corpus} (rendered faces)" if material.rendered else corpus),
        ("Split", results.split),
        ("Size", f"{request.size}; every setting is in “What was run”"),
        ("Seeds", ", ".join(map(str, request.seeds))),
        ("Predictions", validation.base.predictions.settings),
        ("Intervals", f"95 %, {bootstrap}"),
    )
    sections = (
        _verdict_section(parts.values(), request.seeds),
        claims_of(list(parts.values())),
        *(_models_section(part, validation) for part in parts.values()),
        *_per_pose_sections(parts),
        *_agreement_sections(validation),
        _fields_section(results.fields, validation),
        _pose_section(results, parts.values()),
        _paper_section(parts),
        Section("run", "What was run", (settings_table(results.trained), networks_table(networks))),
    )
    return Report(
        title=f"Pose-dependent AU intensity on {corpus}",
        facts=facts,
        warnings=(RENDERED,) if material.rendered else (),
        sections=sections,
        settings={
            "paper": "pose-dependent",
            "size": request.size,
            "corpus": corpus,
            "rendered": material.rendered,
            "aus": request.aus,
            "seeds": request.seeds,
            "split": results.split,
            "caption": validation.caption,
        },
    )


def _verdict_section(parts: Iterable[Compared], seeds: Sequence[int]) -> Section:
    """The paper's question, answered for each partition over all seeds."""
    blocks: list[Block] = []
    figures: dict[str, Any] = {}
    headlines: list[Headline] = []
    for part in parts:
        pairs = part.pairs
        gained = gain(pairs)
        means = (mean_icc([one for one, _ in pairs]), mean_icc([other for _, other in pairs]))
        text = verdict(part.partition, part.base, means, gained, len(pairs))
        tables = (by_seed(pairs, seeds, part.caption), by_look(pairs, part.caption))
        blocks += [Text(text), *(table for table in tables if table is not None)]
        for model, mean in zip((INVARIANT, DEPENDENT), means, strict=True):
            headlines.append(Headline(f"mean ICC, {model}, {part.partition}", Measured(mean), gained.over))
        headlines.append(Headline(f"mean ICC gained, {part.partition}", gained.mean, gained.over))
        figures[part.partition] = {
            INVARIANT: means[0],
            DEPENDENT: means[1],
            "gained": gained.as_json(part.base.corpus.aus),
            "text": text,
        }
    return Section("verdict", "What came of it", tuple(blocks), figures, tuple(headlines))


def _models_section(part: Compared, validation: Compared) -> Section:
    """Tables I and IV. The mixed model was chosen on the validation people: only others can test it."""
    models = (INVARIANT, DEPENDENT, MIXED) if part.partition == TEST else (INVARIANT, DEPENDENT)
    section = comparison_section([part.first[model] for model in models])
    return dataclasses.replace(
        section,
        key=f"models_{part.partition}",
        title=f"Models on the {part.partition} people",
        blocks=(*section.blocks, Text(_mixture(validation))),
        headlines=(),  # those of the verdict are of all seeds
    )


def _mixture(validation: Compared) -> str:
    """How the mixed model was chosen."""
    aus = validation.base.corpus.aus
    rest = [au for au in aus if au not in validation.mixture]
    return (
        "The mixed model takes the better of the two by ICC on the validation people: "
        f"{DEPENDENT} for {', '.join(validation.mixture) or 'no AU'}, "
        f"{INVARIANT} for {', '.join(rest) or 'no AU'}. On these same people, which flatters it, its mean "
        f"ICC is {mean_icc([validation.first[MIXED]]):.3f} (the paper's: "
        f"{published()['mixed_validation_icc']:.3f} on {published()['corpus']})."
    )


def _per_pose_sections(parts: dict[str, Compared]) -> list[Section]:
    """Tables II and III on the validation people, V on the test people."""
    wanted = ((VALIDATION, INVARIANT), (VALIDATION, DEPENDENT), (TEST, MIXED))
    sections = []
    for partition, model in wanted:
        section = per_view_section(parts[partition].first[model]) if partition in parts else None
        if section is not None:
            name = f"{model}_{partition}"
            blocks = tuple(
                dataclasses.replace(block, name=f"{block.name}_{name}") if isinstance(block, Plot) else block
                for block in section.blocks
            )
            title = f"Per pose: {model}, {partition} people"
            sections.append(dataclasses.replace(section, key=f"per_pose_{name}", title=title, blocks=blocks))
    return sections


def _agreement_sections(validation: Compared) -> list[Section]:
    """Fig. 2; none where no moment is shown in two views."""
    plots = [plot for model in (INVARIANT, DEPENDENT) for plot in agreement_plots(validation.first[model])]
    return [Section("agreement", "Agreement between poses, AU by AU", tuple(plots))] if plots else []


def _fields_section(fields: dict[str, ReceptiveFields], validation: Compared) -> Section:
    """Fig. 3."""
    sheets = [field_sheet(each, model=model, caption=validation.caption) for model, each in fields.items()]
    return Section("receptive_fields", "Where the networks look", tuple(sheets))


def _pose_section(results: Results, parts: Iterable[Compared]) -> Section:
    """How often the first seed's pose estimators name the right group, by pose and look."""
    seen = results.seen
    name, order = poses_of(seen.corpus)
    looks = {"": np.ones(len(seen.corpus), dtype=np.bool_)} | looks_of(seen.corpus)
    tables = []
    figures: dict[str, Any] = {}
    headlines = []
    for part in parts:
        rows = seen.partitions[part.partition] & (seen.group >= 0)
        table_rows: list[tuple[Cell, ...]] = []
        everywhere = {}
        for au, logits in results.estimates[0].pose.items():
            right = logits.argmax(axis=1) == seen.group
            everywhere[au] = _share(right, rows)
            for look, of_look in looks.items():
                places = (*(rows & of_look & (name == pose) for pose in order), rows & of_look)
                table_rows.append(
                    (f"{au}{look and f', {look}'}", *(Share(_share(right, place)) for place in places))
                )
        tables.append(
            Table(
                title=f"Accuracy of the pose estimator, {part.partition} people",
                caption=part.base.caption(f"{len(POSE_GROUPS)} pose groups: {', '.join(POSE_GROUPS)}"),
                head=("on the network of", *order, "all"),
                rows=tuple(table_rows),
                notes=("The paper: 100 % on its validation set (section IV.B), of one on AU12's network.",),
            )
        )
        figures[part.partition] = everywhere
        headlines.append(
            Headline(
                f"pose estimator's accuracy, {part.partition}",
                Measured(float(np.mean(list(everywhere.values())))),
                f"on the network of {', '.join(everywhere)}",
                percent=True,
            )
        )
    return Section("pose", "Pose estimator", tuple(tables), figures, tuple(headlines))


def _share(right: NDArray[np.bool_], rows: NDArray[np.bool_]) -> float:
    """The share of these rows that are right; NaN without rows."""
    return float(right[rows].mean()) if rows.any() else math.nan


def _paper_section(parts: dict[str, Compared]) -> Section:
    """The paper's figures, beside ours and by themselves."""
    first = parts[VALIDATION].first
    tables = [beside_paper({model: first[model] for model in (INVARIANT, DEPENDENT)})]
    if TEST in parts:
        tables.append(beside_paper({MIXED: parts[TEST].first[MIXED]}))
    return Section("paper", "The paper's figures", (*tables, *published_tables()))
