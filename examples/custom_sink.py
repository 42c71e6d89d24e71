"""A sink of your own: count blinks (AU45) per person, and print them at the end.

python examples/custom_sink.py clip.mp4
"""

import sys
from collections import Counter

import realtime


class BlinkCounter(realtime.Sink):
    """Counts how often AU45 begins."""

    def __init__(self) -> None:
        self.blinks: Counter[int] = Counter()
        self._closed: dict[int, bool] = {}

    def write(self, result: realtime.FrameResult) -> None:
        for face in result.faces:
            closed = face.au_occurrence["AU45"] >= 0.5
            if closed and not self._closed.get(face.track_id, False):
                self.blinks[face.track_id] += 1
            self._closed[face.track_id] = closed

    def close(self) -> None:
        for track, count in sorted(self.blinks.items()):
            print(f"face {track}: {count} blinks")


if __name__ == "__main__":
    source = sys.argv[1] if len(sys.argv) > 1 else "webcam:0"
    realtime.build_pipeline(source, sinks=[BlinkCounter()]).run()
