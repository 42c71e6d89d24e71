"""Recorded runs as pandas tables, one row for each face in each frame, and as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.whole_file import write_whole
from realtime.errors import OptionError, SourceError

if TYPE_CHECKING:
    import pandas as pd

    from realtime.types import FaceResult, FrameResult

SCORES = {"au_intensity": "{}_r", "au_occurrence": "{}_p", "expression": "{}"}
"""Fields of a face that become columns, and what these are called."""


def read_table(path: str | Path) -> pd.DataFrame:
    """Return a recorded run as a table; needs pandas (`livefacs[pandas]`).

    Args:
        path: what `livefacs run --jsonl` or `--csv` wrote, or a `.parquet` of `write_parquet`.

    Returns:
        Of JSON lines: `stream`, `generation`, `frame` (from 1), `timestamp` (s since the first frame), `time`
        (UTC, when the frame was read), `face_id`, `bbox_x, bbox_y, bbox_width, bbox_height` (px),
        `pose_pitch, pose_yaw, pose_roll` (rad), `pose_group`, `confidence`, `AUxx_r` (0-5), `AUxx_p` (0-1),
        expressions by name (0-1); NaN where a model gives no such score. A frame without a face has one row
        without scores, so that times have no gaps. Of a CSV: its columns.

    Raises:
        SourceError: the file is not there or is no recording. OptionError: pandas is missing.
    """
    pandas = _pandas()
    path = Path(path)
    try:
        if path.suffix == ".parquet":
            return pandas.read_parquet(path)
        if path.suffix == ".csv":
            return pandas.read_csv(path, skipinitialspace=True)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: {error.strerror or 'no such file'}") from None
    except ImportError:
        raise OptionError('Parquet needs a package: pip install "livefacs[pandas]"') from None
    except (ValueError, OSError) as error:
        raise SourceError(f"{path}: is no table ({str(error).splitlines()[0]})") from None
    from realtime.recorded import RecordedResults

    with RecordedResults(path) as results:
        rows = [
            row
            for seconds, result in zip(results.seconds, results, strict=True)
            for row in _rows(seconds, result)
        ]
    table = pandas.DataFrame(rows)
    table["time"] = pandas.to_datetime(table["time"], unit="s", utc=True)
    table["face_id"] = table["face_id"].astype("Int64")
    return table


def write_parquet(recording: str | Path, out: str | Path) -> int:
    """Write a recorded run as Parquet, whole or not at all; return its rows. Raises as `read_table`."""
    table = read_table(recording)
    try:
        write_whole(Path(out), table.to_parquet(index=False))
    except ImportError:
        raise OptionError('Parquet needs a package: pip install "livefacs[pandas]"') from None
    except OSError as error:
        raise OptionError(f"{out}: cannot be written ({error.strerror or error})") from None
    return len(table)


def _rows(seconds: float, result: FrameResult) -> list[dict[str, Any]]:
    frame = {
        "stream": result.stream,
        "generation": result.generation,
        "frame": result.frame,
        "timestamp": seconds,
        "time": result.t_capture + result.wall_offset,
        "face_id": None,
    }
    return [frame | _columns(face) for face in result.faces] or [frame]


def _columns(face: FaceResult) -> dict[str, Any]:
    row: dict[str, Any] = {"face_id": face.track_id}
    row |= zip(("bbox_x", "bbox_y", "bbox_width", "bbox_height"), face.bbox, strict=True)
    row |= {f"pose_{angle}": getattr(face.pose, angle) for angle in ("pitch", "yaw", "roll")}
    row |= {"pose_group": face.pose_group, "confidence": face.confidence}
    for field, name in SCORES.items():
        row |= {name.format(key): value for key, value in (getattr(face, field) or {}).items()}
    return row


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise OptionError('tables need a package: pip install "livefacs[pandas]"') from None
    return pandas
