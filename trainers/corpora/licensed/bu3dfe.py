"""BU-3DFE: 100 adults, six posed expressions at four levels and neutral, as 3D scans.

Yin et al., "A 3D Facial Expression Database for Facial Behavior Research", FG 2006;
https://www.cs.binghamton.edu/~lijun/Research/3DFE/3DFE_Analysis.html. The release:

    F0001/F0001_AN01WH_F2D.bmp        subject F0001-F0056, M0001-M0044; expression AN anger, DI disgust, FE
    F0001/F0001_AN01WH_F3D.wrl        fear, HA happiness, SA sadness, SU surprise, NE neutral; level 01-04
    F0001/F0001_NE00WH_F2D.bmp        (00 for neutral); two letters of ethnic origin

It holds no pictures from the side: papers render the scans, Zhang et al., "Facial Expression Recognition in
the Wild: A Cycle-Consistent Adversarial Attention Transfer Approach" (ACM MM 2018), section 4.1, at levels 3
and 4 in 143 poses: yaw 0, 5, 15, 25, 35, 45 and pitch 0, 5, ..., 30 degrees either way. LiveFACS reads

    pictures="textures"   the release's own _F2D.bmp, which are frontal
    pictures="renders"    renders of yours, named in a layout that LiveFACS sets:
                          F0001/F0001_AN03WH_<yaw>_<pitch>.png (or .jpg), degrees with sign, axes as
                          `realtime.types.Pose`: F0001_AN03WH_+15_-30.png is turned 15 to the left of the
                          image and 30 up

In both no AU is labelled. A sequence is a subject's expression and its frame the level (neutral: 1);
attribute "level" is 1 to 4, 0 of neutral.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ImageFiles
from trainers.corpora.licensed.layout import pictures_in
from trainers.errors import CorpusError

NAME = "BU-3DFE"
CODES = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
LEVELS = (1, 2, 3, 4)
Pictures = Literal["textures", "renders"]

_SCAN = r"([FM]\d{4})_(AN|DI|FE|HA|NE|SA|SU)(\d\d)[A-Z]{2}"
_DEGREES = r"([+-]?\d+(?:\.\d+)?)"
_NAMES = {
    "textures": re.compile(_SCAN + r"_F2D\.bmp", flags=re.IGNORECASE),
    "renders": re.compile(rf"{_SCAN}_{_DEGREES}_{_DEGREES}\.(?:png|jpe?g|webp|bmp)", flags=re.IGNORECASE),
}
_EXAMPLES = {"textures": "F0001/F0001_AN01WH_F2D.bmp", "renders": "F0001/F0001_AN03WH_+15_-30.png"}


def load(path: Path, pictures: Pictures = "renders", levels: Collection[int] | None = None) -> Corpus:
    """Read BU-3DFE.

    Args:
        path: the folder that holds the subjects' folders.
        pictures: "textures" of the release, or "renders" of yours.
        levels: of the six expressions, those to read, by default those that there are; neutral has none and
            is always read.

    Raises:
        CorpusError: if the tree is another, or a subject lacks an expression, level or pose that others
            have.
    """
    path = Path(path)
    if pictures not in _NAMES:
        raise CorpusError(f"{NAME}: pictures={pictures!r}, expected {' or '.join(_NAMES)}")
    if unknown := [level for level in levels or () if level not in LEVELS]:
        raise CorpusError(f"{NAME}: no level {unknown[0]}; there are {', '.join(map(str, LEVELS))}")
    scans = _find(path, pictures)
    if levels is None:
        levels = {scan.level for scan in scans if scan.code != "NE"}
    scans = [scan for scan in scans if scan.code == "NE" or scan.level in levels]
    _check_complete(path, scans, levels)
    n = len(scans)
    unlabelled = np.zeros((n, 0), dtype=np.float32)
    return Corpus(
        name=NAME,
        aus=(),
        images=ImageFiles([scan.path for scan in scans]),
        subject=np.array([scan.subject for scan in scans], dtype=np.str_),
        sequence=np.array([f"{scan.subject}/{scan.code}" for scan in scans], dtype=np.str_),
        frame=np.array([max(scan.level, 1) for scan in scans], dtype=np.int64),
        intensity=unlabelled,
        occurrence=unlabelled,
        expression=np.array([CODES[scan.code] for scan in scans], dtype=np.str_),
        pose=np.array([(*scan.pose, 0.0) for scan in scans], dtype=np.float32),
        view=np.array([scan.view if pictures == "renders" else "" for scan in scans], dtype=np.str_),
        domain=np.full(n, "studio"),
        attributes={"level": np.array([scan.level for scan in scans], dtype=np.int8)},
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    """One picture: of whom, of what, from where (yaw and pitch in degrees)."""

    path: Path
    subject: str
    code: str
    level: int
    pose: tuple[float, float]

    @property
    def view(self) -> str:
        yaw, pitch = self.pose
        return f"{yaw:+g}_{pitch:+g}"


def _find(root: Path, pictures: Pictures) -> list[_Scan]:
    if not root.is_dir():
        raise CorpusError(f"{NAME}: {root} is not a folder; pass the one that holds {_EXAMPLES[pictures]}")
    scans = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for path in pictures_in(folder):
            if (match := _NAMES[pictures].fullmatch(path.name)) is None:
                continue
            subject, code, level, *degrees = match.groups()
            # + 0.0 makes "-0" the same pose as "+0"
            pose = (float(degrees[0]) + 0.0, float(degrees[1]) + 0.0) if degrees else (0.0, 0.0)
            scans.append(_Scan(path, subject.upper(), code.upper(), int(level), pose))
    if not scans:
        other = "renders" if pictures == "textures" else "textures"
        raise CorpusError(
            f"{NAME}: no picture such as {_EXAMPLES[pictures]} in {root}; pass the folder that holds the "
            f"subjects' folders, or pictures={other!r} to read {_EXAMPLES[other]}"
        )
    return scans


def _check_complete(root: Path, scans: list[_Scan], levels: Collection[int]) -> None:
    """Refuse a tree in which a subject lacks a picture, for then the expressions are not balanced."""
    there: dict[tuple[str, str, int, tuple[float, float]], Path] = {}
    for scan in scans:
        other = there.setdefault((scan.subject, scan.code, scan.level, scan.pose), scan.path)
        if other is not scan.path:
            raise CorpusError(f"{NAME}: {scan.path} and {other.name} are the same face in the same pose")
    poses = sorted({scan.pose for scan in scans})
    wanted = [(code, level) for code in CODES if code != "NE" for level in sorted(levels)] + [("NE", 0)]
    for subject in sorted({scan.subject for scan in scans}):
        for code, level in wanted:
            for pose in poses:
                if (subject, code, level, pose) not in there:
                    yaw, pitch = pose
                    raise CorpusError(
                        f"{NAME}: {root / subject} lacks {CODES[code]} at level {level}, yaw {yaw:+g}, pitch "
                        f"{pitch:+g}, which others have; complete it, or pass levels= to read fewer"
                    )
