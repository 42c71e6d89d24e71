"""FERA 2017: BP4D's 3D faces rendered in nine views, with AU occurrence and intensity, in partitions.

Valstar et al., "FERA 2017 - Addressing Head Pose in the Third Facial Expression Recognition and Analysis
Challenge" (FG 2017, arXiv:1702.04174); http://sspnet.eu/fera2017challenge-guidelines/. The release, as its
archives unpack; files are found by their names wherever they lie under the folder:

    FERA17_Train_MV/FERA17_TR_F001_T1_6.mp4     TR train, VA validation; subject, task, view 1 to 9
    Train_Occ/FERA17_TR_F001_T1.csv             first row: 0 and the AU numbers; then frame number and codes
    Train_Int/FERA17_TR_F001_T1_AU06_Int.csv    frame number and intensity 0-5, 9 where not coded, no header
    FERA17_Valid_MV/, Valid_Occ/, Valid_Int/    the same with VA

Row i of a label table belongs to frame i of each of the recording's nine videos. Training are BP4D's 41
subjects, validation 20 others whose codes begin anew (F007 of both are two people), so that the subject of
the corpus is "TR_F007" or "VA_F007".

The challenge's test partition is not covered.

Poses. Views 1 to 3 are pitched up, 4 to 6 not, 7 to 9 down, and three of one pitch differ in yaw (Zhou, Pi
and Shi, "Pose-independent Facial Action Unit Intensity Regression Based on Multi-task Deep Transfer
Learning", FG 2017, sections III-C and IV): `PITCH_GROUP`. Which yaw belongs to which view, and the degrees
of the pitch, could not be checked against the release, so that `pose` is NaN but for the pitch of views 4
to 6, which is 0. Who knows the degrees gives them as `view_pose`. They are the renderer's turns; how the
subjects themselves moved their heads comes on top.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import TOP_INTENSITY, Corpus
from trainers.corpora.licensed.layout import (
    UNLABELLED,
    as_codes,
    au_name,
    one_per_name,
    read_whole_numbers,
)
from trainers.corpora.licensed.recordings import UNKNOWN_POSE, Recording, corpus_of_recordings
from trainers.corpora.video_frames import VideoFrames, count_frames
from trainers.errors import CorpusError

NAME = "FERA 2017"
AUS = tuple(au_name(n) for n in (1, 4, 6, 7, 10, 12, 14, 15, 17, 23))
"""The AUs of the occurrence sub-challenge; the intensity sub-challenge has seven of them."""

INTENSITY_AUS = tuple(au_name(n) for n in (1, 4, 6, 10, 12, 14, 17))
VIEWS = tuple("123456789")
PITCH_GROUP = dict(zip(VIEWS, ("up",) * 3 + ("level",) * 3 + ("down",) * 3, strict=True))
"""View -> the name of its pose group."""

_LEVEL_POSE = (np.nan, 0.0, np.nan)
_PARTITIONS = {"TR": "train", "VA": "validation"}
_RECORDING = r"FERA17_(TR|VA)_(\w+?)_T0*(\d+)"
_VIDEO = re.compile(_RECORDING + r"_([1-9])\.(?:mp4|avi)")
_OCCURRENCE = re.compile(_RECORDING + r"\.csv")
_INTENSITY = re.compile(_RECORDING + r"_(AU\d\d)(?:_Int)?\.csv", flags=re.IGNORECASE)


def load(
    path: Path,
    views: Collection[str] = VIEWS,
    partitions: Collection[str] = ("train", "validation"),
    view_pose: Mapping[str, tuple[float, float, float]] | None = None,
    skip_missing: bool = False,
) -> Corpus:
    """Read FERA 2017.

    Args:
        path: the folder under which the archives were unpacked.
        views: those to read, "1" to "9"; each recording must have a video of each.
        partitions: those to read.
        view_pose: yaw, pitch, roll in degrees by view, axes as `realtime.types.Pose`.
        skip_missing: leave out recordings with labels but no video, labels beyond a video's end, and
            frames beyond its labels.

    Raises:
        CorpusError: if the tree is another or lacks something, or a label cannot be read.
    """
    path = Path(path)
    views = sorted({str(view) for view in views})
    if unknown := [view for view in views if view not in VIEWS]:
        raise CorpusError(f"{NAME}: no view {unknown[0]!r}; there are {', '.join(VIEWS)}")
    if unknown := [name for name in partitions if name not in _PARTITIONS.values()]:
        raise CorpusError(f"{NAME}: no partition {unknown[0]!r}; there are {', '.join(_PARTITIONS.values())}")
    if unknown := [view for view in view_pose or {} if view not in VIEWS]:
        raise CorpusError(f"{NAME}: view_pose has no view {unknown[0]!r}; there are {', '.join(VIEWS)}")
    found = _find(path, partitions)
    occurrence_there = any(files.occurrence for files in found.values())
    intensity_there = any(files.intensity for files in found.values())
    poses = {view: _LEVEL_POSE if PITCH_GROUP[view] == "level" else UNKNOWN_POSE for view in VIEWS}
    poses |= view_pose or {}

    videos: list[Path] = []
    recordings: list[Recording] = []
    for (code, subject, task), files in sorted(found.items()):
        if skip_missing and not files.videos:
            continue
        occurrence, intensity = files.labels(path, occurrence_there, intensity_there)
        for view in views:
            if view not in files.videos:
                raise CorpusError(
                    f"{NAME}: {files.name} has no video of view {view} under {path}; looked for "
                    f"{files.name}_{view}.mp4; pass views= to read fewer views"
                )
            length = count_frames(files.videos[view])
            rows = len(occurrence)
            if length != rows and not skip_missing:
                raise CorpusError(
                    f"{NAME}: {files.videos[view]} has {length} frames, its labels {rows} rows; "
                    "pass skip_missing=True to read those that have both"
                )
            rows = min(length, rows)
            videos.append(files.videos[view])
            recordings.append(
                Recording(
                    subject=f"{code}_{subject}",
                    sequence=f"{code}_{subject}/T{task}",
                    frame=np.arange(1, rows + 1),
                    intensity=intensity[:rows],
                    occurrence=occurrence[:rows],
                    pose=poses[view],
                    view=view,
                    partition=_PARTITIONS[code],
                )
            )
    images = VideoFrames(
        videos,
        np.repeat(np.arange(len(videos)), [len(recording.frame) for recording in recordings]),
        np.concatenate([recording.frame for recording in recordings]) - 1,
    )
    return corpus_of_recordings(NAME, AUS, images, recordings, domain="studio")


@dataclass
class _Files:
    """What there is of one recording."""

    name: str
    videos: dict[str, Path] = field(default_factory=dict)
    occurrence: Path | None = None
    intensity: dict[str, Path] = field(default_factory=dict)

    def labels(
        self, root: Path, occurrence_there: bool, intensity_there: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return occurrence and intensity, (rows, A) each; what the corpus has for none is NaN."""
        tables: list[tuple[Path, NDArray[np.float32]]] = []
        if occurrence_there:
            if self.occurrence is None:
                raise CorpusError(f"{NAME}: no labels {self.name}.csv under {root}")
            tables.append((self.occurrence, _read_occurrence(self.occurrence)))
        if intensity_there:
            for au in INTENSITY_AUS:
                if au not in self.intensity:
                    raise CorpusError(f"{NAME}: no labels {self.name}_{au}_Int.csv under {root}")
                table = self.intensity[au]
                numbers = read_whole_numbers(table, columns=2)[:, 1]
                tables.append((table, as_codes(numbers, int(TOP_INTENSITY), UNLABELLED, table)))
        rows = len(tables[0][1])
        for table, codes in tables:
            if len(codes) != rows:
                raise CorpusError(f"{table}: {len(codes)} labelled frames, {tables[0][0].name} has {rows}")
        occurrence = tables[0][1] if occurrence_there else np.full((rows, len(AUS)), np.nan, np.float32)
        intensity = np.full((rows, len(AUS)), np.nan, np.float32)
        if intensity_there:
            columns = [AUS.index(au) for au in INTENSITY_AUS]
            intensity[:, columns] = np.stack([codes for _, codes in tables[-len(columns) :]], axis=1)
        return occurrence, intensity


def _find(root: Path, partitions: Collection[str]) -> dict[tuple[str, str, int], _Files]:
    """Return the recordings under a folder, by partition code, subject and task."""
    example = "FERA17_TR_F001_T1_6.mp4"
    if not root.is_dir():
        raise CorpusError(f"{NAME}: {root} is not a folder; pass the one that holds files such as {example}")
    found: dict[tuple[str, str, int], _Files] = {}
    for path in one_per_name(sorted(root.rglob("FERA17_*"))).values():
        for pattern in (_VIDEO, _OCCURRENCE, _INTENSITY):
            if (match := pattern.fullmatch(path.name)) and _PARTITIONS[match[1]] in partitions:
                key = (match[1], match[2], int(match[3]))
                files = found.setdefault(key, _Files(match[0][: match.end(3)]))
                if pattern is _VIDEO:
                    files.videos[match[4]] = path
                elif pattern is _INTENSITY:
                    files.intensity[match[4].upper()] = path
                else:
                    files.occurrence = path
                break
    if not any(files.videos for files in found.values()):
        raise CorpusError(
            f"{NAME}: no video such as {example} of {' or '.join(sorted(partitions))} under {root}; "
            "pass the folder that holds FERA17_Train_MV, FERA17_Valid_MV and the label folders"
        )
    if not any(files.occurrence or files.intensity for files in found.values()):
        raise CorpusError(
            f"{NAME}: no labels under {root}; looked for FERA17_TR_F001_T1.csv and "
            "FERA17_TR_F001_T1_AU06_Int.csv; put the label folders beside the videos"
        )
    return found


def _read_occurrence(table: Path) -> NDArray[np.float32]:
    """Return (rows, A) codes."""
    numbers = read_whole_numbers(table)
    header = [au_name(number) for number in numbers[0, 1:]]
    if absent := [au for au in AUS if au not in header]:
        raise CorpusError(f"{table}: no column for {', '.join(absent)}; its first row names {numbers[0]}")
    columns = [1 + header.index(au) for au in AUS]
    return as_codes(numbers[1:, columns], 1, UNLABELLED, table)
