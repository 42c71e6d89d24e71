"""The faces of the corpora that a command line names, found once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainers.commands.progress_bars import Bar
    from trainers.corpora.corpus import Corpus
    from trainers.evaluation import Tracked
    from trainers.training.progress import Report


def find_faces(
    parts: Sequence[Corpus],
    folder: Path,
    face_model: Path | None,
    offline: bool,
    jobs: int | None,
    report: Report,
) -> Tracked:
    """Return the faces of all corpora, one after the other; each corpus' are kept in a file of the folder.

    Raises:
        LiveFacsError: there is no face model, a file fits other pictures, or a picture cannot be read.
    """
    from realtime.tracking.face_model import face_model as find_face_model
    from trainers.errors import CorpusError
    from trainers.evaluation import Tracked, track

    model = find_face_model(face_model, offline=offline)
    found = []
    for number, part in enumerate(parts):
        namesakes = sum(other.name == part.name for other in parts[:number])
        kept = folder / f"{part.name}{f'-{namesakes + 1}' if namesakes else ''}.npz"
        if kept.exists():
            found.append(Tracked.load(kept, part, model))
            continue
        with report.reading(f"finding faces in {part.name}", len(part)) as progress:
            faces = track(part, face_model=model, jobs=jobs, progress=progress)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CorpusError(f"folder {folder}: cannot be made ({error.strerror}): name another") from error
        faces.save(kept, part)
        found.append(faces)
    return Tracked.joined(found)


def faces_of_rows(
    corpus: Corpus, rows: NDArray[np.int64], model: Path, kept: Path | None, jobs: int | None, bar: Bar
) -> Tracked:
    """Return the faces of these rows. A file holds those of all rows, so that it serves every protocol."""
    from trainers.evaluation import Tracked, track

    if kept is not None and kept.exists():
        return Tracked.load(kept, corpus, model).select(rows)
    if kept is None:
        return track(
            corpus.select(rows), face_model=model, jobs=jobs, progress=bar("finding faces", len(rows))
        )
    faces = track(corpus, face_model=model, jobs=jobs, progress=bar("finding faces", len(corpus)))
    faces.save(kept, corpus)
    return faces.select(rows)
