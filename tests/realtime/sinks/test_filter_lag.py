"""The lag of a causal filter undone: against the centred filter, over gaps, ends, restarts and late faces."""

from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st
from wire_samples import face, result

from realtime.sinks.filter_lag import FilterLag


def causal(levels: list[float], n: int, window: int) -> float:
    return statistics.median(levels[max(0, n - window + 1) : n + 1])


def smiling(track_id: int, level: float, delay: int, **changes):
    return face(track_id, au_intensity={"AU12": level}, filter_delay=delay, **changes)


def smiles(results, track_id: int = 1) -> list[float]:
    return [one.au_intensity["AU12"] for each in results for one in each.faces if one.track_id == track_id]


def passed(results) -> list:
    lag = FilterLag()
    return [each for one in results for each in lag.push(one)] + lag.flush()


levels = st.lists(st.floats(0, 5), min_size=1, max_size=20)


@given(levels, st.sampled_from([1, 3, 5, 7]))
def test_rows_are_those_of_the_centred_median(levels, window) -> None:
    delay = window // 2
    frames = [result(n, faces=(smiling(1, causal(levels, n, window), delay),)) for n in range(len(levels))]
    out = passed(frames)
    assert [one.seq for one in out] == list(range(len(levels)))
    centred = [statistics.median(levels[max(0, n - delay) : n + delay + 1]) for n in range(len(levels))]
    inside = max(0, len(levels) - delay)
    assert smiles(out)[:inside] == centred[:inside]
    assert smiles(out)[inside:] == [causal(levels, len(levels) - 1, window)] * (len(levels) - inside)
    assert {one.faces[0].filter_delay for one in out} == {0}


@given(st.lists(st.sets(st.integers(1, 3)), max_size=12), st.integers(0, 3))
def test_every_result_comes_once_in_order_with_its_faces(shown, delay) -> None:
    frames = [
        result(n, faces=tuple(smiling(track, 1.0, delay) for track in sorted(tracks)))
        for n, tracks in enumerate(shown)
    ]
    lag = FilterLag()
    out = []
    for n, one in enumerate(frames):
        out += lag.push(one)
        assert len(out) >= n + 1 - delay, "nothing is held longer than the filter takes"
    out += lag.flush()
    assert [one.seq for one in out] == list(range(len(shown)))
    assert [{one.track_id for one in each.faces} for each in out] == shown
    assert lag.flush() == []


def test_scores_of_before_a_gap_stay_before_it() -> None:
    frames = [
        result(0, faces=(smiling(1, 1.0, 1),)),
        result(1, faces=(smiling(1, 2.0, 1),)),
        result(2, faces=()),
        result(3, faces=(smiling(1, 5.0, 1),)),
    ]
    out = passed(frames)
    assert [len(one.faces) for one in out] == [1, 1, 0, 1]
    assert smiles(out) == [2.0, 2.0, 5.0]


def test_a_restart_keeps_people_of_the_same_number_apart() -> None:
    frames = [result(0, faces=(smiling(1, 1.0, 1),)), result(1, generation=1, faces=(smiling(1, 5.0, 1),))]
    assert smiles(passed(frames)) == [1.0, 5.0]


def test_each_face_takes_the_scores_of_its_own_track() -> None:
    frames = [
        result(0, faces=(smiling(1, 1.0, 1), smiling(2, 3.0, 1))),
        result(1, faces=(smiling(2, 4.0, 1),)),
        result(2, faces=(smiling(2, 5.0, 1), smiling(3, 0.5, 1))),
    ]
    out = passed(frames)
    assert smiles(out, 1) == [1.0]
    assert smiles(out, 2) == [4.0, 5.0, 5.0]
    assert smiles(out, 3) == [0.5]


def test_only_filtered_scores_move() -> None:
    first, second = smiling(1, 1.0, 1, bbox=(1, 2, 3, 4)), smiling(1, 2.0, 1, bbox=(5, 6, 7, 8))
    (one, _) = passed([result(0, faces=(first,)), result(1, faces=(second,))])
    assert one.faces[0].bbox == (1, 2, 3, 4)
    assert one.faces[0].raw == first.raw
    assert one.faces[0].au_intensity == {"AU12": 2.0}


def test_without_a_filter_nothing_is_held() -> None:
    lag = FilterLag()
    assert [one.seq for one in lag.push(result(0, faces=(smiling(1, 1.0, 0),)))] == [0]
    assert [one.seq for one in lag.push(result(1, faces=()))] == [1]
