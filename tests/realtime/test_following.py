"""Frames with their faces, in turn or one ahead: order, how far ahead, errors, restarts, closing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from parts import GivenFaces, GivenFrames, Kept, face, frame, tiny_bundle

from engines.bundle import Bundle
from realtime.errors import EndOfStream, SourceError
from realtime.following import Follower, FollowerAhead
from realtime.pipeline import Pipeline

LONG = 20.0
"""Seconds that nothing here takes unless it is broken."""


class Watched(GivenFaces):
    """Tells which frames it has seen."""

    def __init__(self) -> None:
        super().__init__(lambda n: [face(n)])
        self.seen: list[int] = []
        self.news = threading.Condition()

    def track(self, frame):
        faces = super().track(frame)
        with self.news:
            self.seen.append(frame.number)
            self.news.notify_all()
        return faces

    def has_seen(self, number: int) -> bool:
        with self.news:
            return self.news.wait_for(lambda: number in self.seen, LONG)


@pytest.mark.parametrize("kind", [Follower, FollowerAhead])
def test_every_frame_comes_with_its_faces_in_order(kind) -> None:
    follower = kind(GivenFrames([frame(n) for n in range(1, 6)]), Watched())
    for number in range(1, 6):
        followed = follower.read(LONG)
        assert followed.frame.number == number
        assert [one.track_id for one in followed.faces] == [number]
        assert followed.alive == {number}, "of this frame, not of the one that is tracked meanwhile"
        assert followed.seconds > 0 and followed.handover >= 0
    for _ in range(2):
        with pytest.raises(EndOfStream):
            follower.read(LONG)
    follower.close()


def test_one_frame_is_tracked_ahead_and_no_more() -> None:
    tracker = Watched()
    follower = FollowerAhead(GivenFrames([frame(n) for n in range(1, 6)]), tracker)
    follower.read(LONG)
    assert tracker.has_seen(2)
    assert follower._thread.submit(lambda: list(tracker.seen)).result(LONG) == [1, 2]
    follower.close()


def test_of_a_live_source_nothing_is_tracked_before_it_is_asked_for(tmp_path: Path) -> None:
    source, tracker = GivenFrames([frame(n) for n in range(1, 4)]), Watched()
    source.live = True
    pipeline = Pipeline(source, tracker, Bundle.open(tiny_bundle(tmp_path / "tiny")), sinks=[Kept()])
    with pipeline:
        for result in pipeline:
            assert tracker.seen[-1] == source.captured == result.frame
    assert tracker.seen == [1, 2, 3]


def test_a_recording_is_tracked_while_its_results_are_used(tmp_path: Path) -> None:
    tracker, kept = Watched(), Kept()
    source = GivenFrames([frame(n) for n in range(1, 4)])
    with Pipeline(source, tracker, Bundle.open(tiny_bundle(tmp_path / "tiny")), sinks=[kept]) as pipeline:
        for result in pipeline:
            assert result.frame == 3 or tracker.has_seen(result.frame + 1)
    assert [result.frame for result in kept.results] == [1, 2, 3]


def test_a_new_generation_resets_the_tracker_before_its_first_frame() -> None:
    tracker = Watched()
    resets = []
    reset = tracker.reset
    tracker.reset = lambda: (reset(), resets.append(list(tracker.seen)))
    frames = [frame(1), frame(2), frame(3, generation=1), frame(4, generation=1)]
    follower = FollowerAhead(GivenFrames(frames), tracker)
    for _ in frames:
        follower.read(LONG)
    assert resets == [[1, 2]]
    follower.close()


class Lost(GivenFrames):
    """Breaks off after its frames."""

    def read(self, timeout: float | None = None):
        try:
            return super().read(timeout)
        except EndOfStream:
            if self.detail:
                raise
            self.detail = "lost"
            raise SourceError("given: lost") from None


def test_what_goes_wrong_ahead_is_told_in_its_turn() -> None:
    follower = FollowerAhead(Lost([frame(1)]), Watched())
    assert follower.read(LONG).frame.number == 1
    with pytest.raises(SourceError, match="^given: lost$"):
        follower.read(LONG)
    with pytest.raises(EndOfStream):
        follower.read(LONG)
    follower.close()


class Waiting(GivenFrames):
    """Has no frame until it is closed."""

    def __init__(self) -> None:
        super().__init__([])
        self.closed = threading.Event()

    def read(self, timeout: float | None = None):
        if self.closed.wait(timeout):
            raise EndOfStream

    def close(self) -> None:
        super().close()
        self.closed.set()


def test_waiting_ends_in_time_and_with_the_source() -> None:
    source = Waiting()
    follower = FollowerAhead(source, Watched())
    assert follower.read(0.01) is None
    assert follower.read(0.01) is None
    source.close()
    with pytest.raises(EndOfStream):
        follower.read(LONG)
    follower.close()
    follower.close()


def test_a_pipeline_closes_while_the_source_is_read(tmp_path: Path) -> None:
    source, tracker = Waiting(), Watched()
    pipeline = Pipeline(source, tracker, Bundle.open(tiny_bundle(tmp_path / "tiny")), sinks=[Kept()])
    threading.Timer(0.1, pipeline.stop).start()
    pipeline.run()
    assert tracker.log == ["open", "close"]
    assert pipeline._follower._thread._shutdown
