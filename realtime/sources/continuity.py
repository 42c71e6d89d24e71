"""Whether a stream goes on as it was or has begun anew, which is what its frames' `generation` counts."""

from __future__ import annotations

from fractions import Fraction

LEAP_S = 30.0
"""A live stream's time stamps that run ahead of our clock by so much from one picture to the next were set
anew. Longer than any connection is silent, so that pictures which were held back on their way are none."""


class Continuity:
    """Numbers the stretches of a stream in which times, places and sizes can be compared.

    A new one begins where the time stamps step back or leap, and where pictures of another size come: tracks
    and landmarks are in pixels, so nothing known of the people before can be carried over.

    Args:
        live: the stream comes by the clock; of a file the time at which it is read means nothing.

    Attributes:
        generation: number of the stretch at hand, from 0.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self.generation = 0
        self._last_pts: int | None = None
        self._last_t = 0.0  # capture time of the picture that had it
        self._shape: tuple[int, ...] | None = None
        # Whether this generation is timed by the capture clock (True) or by PTS (False); None: not known yet.
        self._untimed: bool | None = None

    def follow(
        self, pts: int | None, time_base: Fraction | None, t_capture: float, shape: tuple[int, ...]
    ) -> int | None:
        """Take the next picture and return the PTS to deliver: None where there is none, or the same again.

        A live source without a usable PTS once gets none for the rest of the generation: whoever measures
        time never changes from one clock to the other in between. Files keep theirs.

        Args:
            pts: as the picture has it, in units of `time_base`.
            time_base: seconds.
            t_capture: s, monotonic clock.
            shape: of the picture; whatever differs between pictures that cannot be compared.
        """
        last = self._last_pts
        if self._has_jumped(pts, time_base, t_capture) or self._shape not in (None, shape):
            self._begin(untimed=None)
        self._shape = shape
        if pts is not None:
            self._last_pts, self._last_t = pts, t_capture
        usable = None if pts == last else pts
        if not self._live:
            return usable
        if self._untimed is None:
            self._untimed = usable is None
        elif usable is None and not self._untimed:
            self._begin(untimed=True)
        return None if self._untimed else usable

    def _begin(self, *, untimed: bool | None) -> None:
        self.generation += 1
        self._untimed = untimed

    def _has_jumped(self, pts: int | None, time_base: Fraction | None, t_capture: float) -> bool:
        if pts is None or self._last_pts is None:
            return False
        if pts < self._last_pts or not self._live or time_base is None:
            return pts < self._last_pts
        return float((pts - self._last_pts) * time_base) - (t_capture - self._last_t) > LEAP_S
