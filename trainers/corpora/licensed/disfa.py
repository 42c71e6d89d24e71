"""DISFA: 27 adults watching a video, 4,845 frames each, twelve AUs coded 0 to 5.

Mavadati et al., "DISFA: A Spontaneous Facial Action Intensity Database", IEEE Transactions on Affective
Computing 4(2), 2013; http://mohammadmahoor.com/disfa/. The release:

    Videos_LeftCamera/LeftVideoSN001_comp.avi      or Video_LeftCamera/; the right camera is not read
    ActionUnit_Labels/SN001/SN001_au1.txt          lines "frame,intensity", frames counted from 1

The makers coded intensities only. From which intensity on an AU counts as present differs between papers:
1 in Zhang, Zhai and Yin, "Identity-based Adversarial Training of Deep CNNs for Facial Action Unit
Recognition" (BMVC 2018); 2 in Wang, Chang, Peng and Pan's semi-supervised recognition by adversarial
learning, and in most work on eight of the AUs.

Videos need not be as long as their labels: `skip_missing` leaves labels beyond a video's end out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import TOP_INTENSITY, Corpus
from trainers.corpora.licensed.layout import (
    SKIP_MISSING,
    au_name,
    check_active_from,
    check_frames,
    find_folder,
    read_whole_numbers,
)
from trainers.corpora.licensed.recordings import Recording, corpus_of_recordings
from trainers.corpora.video_frames import VideoFrames, count_frames
from trainers.errors import CorpusError

NAME = "DISFA"
AU_NUMBERS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
AUS = tuple(au_name(number) for number in AU_NUMBERS)
_WANTED = "Videos_LeftCamera and ActionUnit_Labels"


def load(path: Path, active_from: int = 2, skip_missing: bool = False) -> Corpus:
    """Read DISFA's left camera.

    Args:
        path: the folder that holds Videos_LeftCamera and ActionUnit_Labels.
        active_from: intensity, 1 to 5, from which on an AU counts as present.
        skip_missing: leave out subjects without a video, and labels beyond a video's end.

    Raises:
        CorpusError: if the tree is another or lacks something, or a label cannot be read.
    """
    path = Path(path)
    check_active_from(NAME, active_from)
    example = "ActionUnit_Labels/SN001/SN001_au1.txt"
    labels = find_folder(NAME, path, ("ActionUnit_Labels",), example, _WANTED)
    cameras = ("Videos_LeftCamera", "Video_LeftCamera")
    videos = find_folder(NAME, path, cameras, f"{cameras[0]}/LeftVideoSN001_comp.avi", _WANTED)
    subjects = sorted(folder for folder in labels.glob("SN*") if folder.is_dir())
    if not subjects:
        raise CorpusError(f"{NAME}: no subject's folder in {labels}; looked for {example}")
    files: list[Path] = []
    recordings: list[Recording] = []
    for folder in subjects:
        video = videos / f"LeftVideo{folder.name}_comp.avi"
        frames, intensity = _intensity(folder)
        if not video.is_file():
            if skip_missing:
                continue
            raise CorpusError(f"{NAME}: {folder} has no video {video}; {SKIP_MISSING}")
        length = count_frames(video)
        there = (frames >= 1) & (frames <= length)
        if not there.all() and not skip_missing:
            raise CorpusError(
                f"{NAME}: {folder} labels frame {frames[~there][0]}, {video} has frames 1 to {length}; "
                f"{SKIP_MISSING}"
            )
        frames, intensity = frames[there], intensity[there]
        files.append(video)
        recordings.append(
            Recording(
                subject=folder.name,
                sequence=folder.name,
                frame=frames,
                intensity=intensity,
                occurrence=(intensity >= active_from).astype(np.float32),
            )
        )
    if not recordings:
        raise CorpusError(f"{NAME}: no video in {videos} of any subject in {labels}")
    images = VideoFrames(
        files,
        np.repeat(np.arange(len(files)), [len(recording.frame) for recording in recordings]),
        np.concatenate([recording.frame for recording in recordings]) - 1,
    )
    return corpus_of_recordings(NAME, AUS, images, recordings, domain="studio")


def _intensity(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return a subject's frame numbers (m,) and intensities (m, A)."""
    tables = [folder / f"{folder.name}_au{number}.txt" for number in AU_NUMBERS]
    absent = [table for table in tables if not table.is_file()]
    if absent:
        raise CorpusError(f"{NAME}: no {absent[0]}; each subject has one for each of {', '.join(AUS)}")
    labels = [read_whole_numbers(table, columns=2) for table in tables]
    frames = labels[0][:, 0]
    check_frames(frames, tables[0])
    for table, values in zip(tables, labels, strict=True):
        if not np.array_equal(frames, values[:, 0]):
            raise CorpusError(f"{table}: labels other frames than {tables[0].name}")
        wrong = values[(values[:, 1] < 0) | (values[:, 1] > TOP_INTENSITY)]
        if wrong.size:
            raise CorpusError(f"{table}: frame {wrong[0, 0]} has intensity {wrong[0, 1]}, expected 0 to 5")
    return frames, np.stack([values[:, 1] for values in labels], axis=1).astype(np.float32)
