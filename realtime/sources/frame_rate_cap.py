"""Which pictures of a camera to take so that they are no more than so many a second."""

from __future__ import annotations


class FrameRateCap:
    """Admits pictures as they come, `fps` a second on the average.

    Chosen where pictures arrive, so those that are taken are as fresh as without a cap. A camera's pictures
    seldom fall on the very moment: what one comes late the next may come early, by up to a period.

    Args:
        fps: pictures a second, above 0.
    """

    def __init__(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._due = float("-inf")

    def admits(self, t: float) -> bool:
        """Whether to take the picture that was captured at `t` (s, any clock that rises)."""
        # A camera of exactly this rate must not lose every second picture to its jitter.
        if t < self._due - self._period / 4:
            return False
        late = t - self._due
        self._due = (self._due if late <= self._period else t) + self._period
        return True
