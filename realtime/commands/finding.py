"""One line of `livefacs doctor`'s report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        verdict: `broken` stops LiveFACS from running; `note` is good to know.
        subject: what was looked at.
        text: what was found.
        mend: what to do about it, "" if nothing.
    """

    verdict: Verdict
    subject: str
    text: str
    mend: str = ""
