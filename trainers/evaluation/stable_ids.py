"""How well track ids hold while people move, cross and hide each other, against the truth of a clip.

Tracks are matched to people as in the CLEAR MOT measures (Bernardin and Stiefelhagen, EURASIP Journal on
Image and Video Processing 2008): who had a track keeps it while the two overlap enough, the rest are paired
by overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import combinations

import numpy as np

from realtime.tracking.assignment import cheapest_pairs
from realtime.tracking.extent import Box, overlap
from trainers.corpora.synthesis.truth import TruePlace

LEAST_OVERLAP = 0.3
"""Intersection over union from which a track may be of a person."""
VISIBLE = 0.5
"""A face of which at least this share of landmarks is hidden need not be found, but may be."""
ROOM = 0.3
"""People are apart while none is hidden at all and this share of a face's width lies between any two."""


@dataclass(frozen=True, slots=True)
class IdStability:
    """How ids held.

    Attributes:
        crossings: times two people changed sides.
        swaps: times people came apart again and one of them went on under an id that another had had.
        switches: times a person's id changed between two frames in which it was found, for however short.
        fragments: those of them to an id that nobody had had.
        visible: faces to be found, over all frames; found: those that were.
        extra: faces reported of nobody, or of somebody who was reported already.
    """

    crossings: int = 0
    swaps: int = 0
    switches: int = 0
    fragments: int = 0
    visible: int = 0
    found: int = 0
    extra: int = 0

    def __add__(self, other: IdStability) -> IdStability:
        return IdStability(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def id_stability(truth: Sequence[Sequence[TruePlace]], tracked: Sequence[Mapping[int, Box]]) -> IdStability:
    """Return how the ids of a clip's tracks held.

    Args:
        truth: the people of each frame.
        tracked: for each frame the bounding box (x, y, width, height; px) of each track id in it.
    """
    total = IdStability()
    last_id: dict[int, int] = {}
    known: set[int] = set()
    meetings = _Meetings()
    for people, tracks in zip(truth, tracked, strict=True):
        seen = [person for person in people if person.hidden < VISIBLE]
        found = _matched(seen, tracks, last_id)
        rest = {track: box for track, box in tracks.items() if track not in found.values()}
        besides = _matched([person for person in people if person.hidden >= VISIBLE], rest, last_id)
        changed = [track for person, track in found.items() if last_id.get(person, track) != track]
        total += IdStability(
            switches=len(changed),
            fragments=sum(track not in known for track in changed),
            visible=len(seen),
            found=len(found),
            extra=len(rest) - len(besides),
        )
        last_id |= found
        known.update(found.values())
        meetings.frame(people, found)
    meetings.end()
    return total + IdStability(crossings=meetings.crossings, swaps=meetings.swaps)


def _matched(
    people: Sequence[TruePlace], tracks: Mapping[int, Box], last_id: Mapping[int, int]
) -> dict[int, int]:
    """Return the track of each person that has one in this frame."""
    # Whoever keeps a track costs nothing: less than any overlap does.
    cost = np.array(
        [
            [
                0.0 if last_id.get(person.number) == track and enough else 1.0 - share
                for track, box in tracks.items()
                for share in [overlap(person.bbox, box)]
                for enough in [share >= LEAST_OVERLAP]
            ]
            for person in people
        ]
    )
    if not cost.size:
        return {}
    ids = list(tracks)
    return {
        people[row].number: ids[column]
        for row, column in cheapest_pairs(cost)
        if cost[row, column] <= 1.0 - LEAST_OVERLAP
    }


class _Meetings:
    """Compares who was where under which id whenever people are apart, before and after they meet.

    Attributes:
        crossings, swaps: so far.
    """

    def __init__(self) -> None:
        self.crossings = self.swaps = 0
        self._owner: dict[int, int] = {}
        self._before: dict[int, float] = {}
        self._ids: dict[int, int] = {}
        self._places: dict[int, float] = {}

    def frame(self, people: Sequence[TruePlace], found: Mapping[int, int]) -> None:
        """Take a frame's people and the tracks of those found."""
        if not _apart(people):
            self.end()
            return
        # What counts is how they part again, and under which ids they went into the meeting.
        self._ids |= found
        self._places = {person.number: person.bbox[0] + person.bbox[2] / 2 for person in people}

    def end(self) -> None:
        """Settle what was seen while people were apart."""
        places = self._places
        self.crossings += sum(
            (places[a] < places[b]) != (self._before[a] < self._before[b])
            for a, b in combinations(places.keys() & self._before.keys(), 2)
        )
        self.swaps += any(self._owner.get(track, person) != person for person, track in self._ids.items())
        self._owner |= {track: person for person, track in self._ids.items()}
        self._before |= places
        self._ids, self._places = {}, {}


def _apart(people: Sequence[TruePlace]) -> bool:
    if any(person.hidden > 0.0 for person in people):
        return False
    spans = sorted((person.bbox[0], person.bbox[2]) for person in people)
    return all(
        right - (left + width) > ROOM * min(width, other)
        for (left, width), (right, other) in zip(spans, spans[1:], strict=False)
    )
