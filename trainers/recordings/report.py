"""The page of charts: one HTML file that needs nothing else."""

from __future__ import annotations

import html
import math
from pathlib import Path

import numpy as np

from engines.whole_file import write_whole
from realtime.errors import OptionError, SourceError
from realtime.facs import AU_NAMES
from trainers.recordings.episodes import Activity, FaceScores, activities, faces_of

LEAST_FRAMES = 2
"""A face seen for less has no chart."""


def write_report(recording: Path, out: Path, *, most_faces: int = 8) -> int:
    """Write charts of a recorded run as one HTML file, whole or not at all; return how many faces it shows.

    Args:
        recording: what `livefacs run --csv` or `--jsonl` wrote, or OpenFace.
        out: the file.
        most_faces: of more than these only the ones longest seen are shown.

    Raises:
        SourceError: there is no such recording, or nobody is in it. OptionError: a package is missing, or the
            file cannot be written.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise OptionError('charts need packages: pip install "livefacs[plot]"') from None
    from realtime.tables import read_table

    table = read_table(recording)
    if "face_id" in table and table["face_id"].isna().all():
        raise SourceError(f"{recording}: nobody is in it; there is nothing to draw")
    try:
        faces = [face for face in faces_of(table) if len(face.seconds) >= LEAST_FRAMES]
    except SourceError as error:
        raise SourceError(f"{recording}: {error}") from None
    if not faces:
        raise SourceError(f"{recording}: nobody is in it for {LEAST_FRAMES} frames; there is nothing to draw")
    page = _page(recording.name, faces[:most_faces], left_out=max(0, len(faces) - most_faces))
    try:
        write_whole(out, page.encode())
    except OSError as error:
        raise OptionError(f"{out}: cannot be written ({error.strerror or error})") from None
    return min(len(faces), most_faces)


def _page(name: str, faces: list[FaceScores], left_out: int) -> str:
    title = html.escape(f"{name}: Action Units")
    contents = "".join(f'<a href="#face-{n}">{face.name}</a> ' for n, face in enumerate(faces))
    more = f"<p>{left_out} more faces, seen for less, are left out.</p>" if left_out else ""
    sections = "".join(_section(n, face) for n, face in enumerate(faces))
    return _PAGE.format(title=title, contents=contents, sections=sections, more=more)


def _section(number: int, face: FaceScores) -> str:
    from trainers.recordings import charts

    begun, seen = face.seconds[0], face.seconds[-1] - face.seconds[0]
    parts = [
        f'<section id="face-{number}"><h2>{face.name}</h2>',
        f"<p>Seen in {len(face.seconds)} frames, over {seen:.1f} seconds from {begun:.1f} s on.</p>",
        _table(activities(face)),
        f"<h3>Over time</h3>{charts.over_time(face)}",
    ]
    if face.expression:
        parts.append(f"<h3>Expression</h3>{charts.expressions_over_time(face)}")
    if not np.isnan(face.pose).all():
        parts.append(f"<h3>Head pose</h3>{charts.pose_over_time(face)}")
    parts.append(f"<h3>Together</h3>{charts.together(face)}</section>")
    return "\n".join(parts)


def _table(rows: list[Activity]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{row.au}</th><td class="name">{AU_NAMES.get(row.au, "")}</td>'
        f"<td>{100 * row.share:.1f}</td><td>{row.episodes}</td>"
        f"<td>{_number(row.seconds if row.episodes else None)}</td>"
        f"<td>{_number(row.mean)}</td><td>{_number(row.peak)}</td><td>{_number(row.strength)}</td></tr>"
        for row in rows
    )
    return f"<table>{_HEAD}<tbody>{cells}</tbody></table>"


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"


_HEAD = (
    "<thead><tr><th>AU</th><th></th><th>present, % of frames</th><th>episodes</th><th>mean length, s</th>"
    "<th>mean intensity</th><th>highest</th><th>mean while present</th></tr></thead>"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 14px/1.45 system-ui, sans-serif; color: #1b2330; }}
body {{ margin: 2rem auto; max-width: 1150px; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; }} h3 {{ font-size: 1rem; }}
h2 {{ margin-top: 2.2rem; border-bottom: 1px solid #d9dee6; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 2px 12px 2px 0; text-align: right; }} tbody th, .name {{ text-align: left; }}
thead th {{ font-weight: 500; color: #5b6676; vertical-align: bottom; max-width: 7em; }}
tbody tr:nth-child(odd) {{ background: #f6f7f9; }} svg {{ max-width: 100%; height: auto; }}
</style></head>
<body><h1>{title}</h1>
<p>{contents}</p>
<p>Intensities are 0 to 5 (FACS A to E as 1 to 5). An Action Unit is present from its threshold on; an episode
is a stretch of presence. What the numbers mean, and what they do not: the documentation's chapter of that
name.</p>
{sections}
{more}
</body></html>
"""
