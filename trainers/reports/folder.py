"""The folder that a report is written to: `report.md`, `report.html`, `metrics.json` and `plots/`."""

from __future__ import annotations

import json
from pathlib import Path

from realtime.errors import OptionError
from trainers.reports.content import Report
from trainers.reports.markdown import as_markdown
from trainers.reports.page import as_page

MARKDOWN, PAGE, METRICS, PLOTS = "report.md", "report.html", "metrics.json", "plots"


def check_folder(folder: Path, *, overwrite: bool = False) -> None:
    """Refuse a folder that holds something else, or a report that is not to be replaced.

    Raises:
        OptionError: naming the folder and the way out.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or not (folder / METRICS).is_file():
        raise OptionError(f"--out {folder}: is there and holds no report; name another folder")
    if not overwrite:
        raise OptionError(f"--out {folder}: holds a report; name another folder, or use --overwrite")


def write_report(report: Report, folder: Path, *, overwrite: bool = False) -> Path:
    """Write a report and return the path of its page. The same report gives the same bytes.

    Raises:
        OptionError: see `check_folder`; or the folder cannot be written.
    """
    check_folder(folder, overwrite=overwrite)
    try:
        plots = folder / PLOTS
        plots.mkdir(parents=True, exist_ok=True)
        for stale in plots.glob("*.png"):
            stale.unlink()
        for plot in report.plots:
            (plots / f"{plot.name}.png").write_bytes(plot.png)
        text = json.dumps(report.as_json(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / METRICS).write_text(text + "\n", encoding="utf-8")
        (folder / MARKDOWN).write_text(as_markdown(report), encoding="utf-8")
        (folder / PAGE).write_text(as_page(report), encoding="utf-8")
    except OSError as error:
        raise OptionError(f"--out {folder}: cannot be written ({error})") from error
    return folder / PAGE
