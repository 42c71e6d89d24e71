"""What the faces of the open corpus do: AU intensities, expressions, gaze and head poses, as numbers.

`statistics.toml` says how often each AU occurs, how strongly and with which others; `spontaneous` draws
behaviour with these statistics, `measure` counts what labels show. `expression` makes the basic expressions,
`posed` any AUs, `views` and `head_motion` the poses.
"""

from trainers.corpora.behaviour.expressions import expression, expression_sequence
from trainers.corpora.behaviour.measured import Measured, levels_of, measure
from trainers.corpora.behaviour.posed import posed
from trainers.corpora.behaviour.poses import View, head_motion, views
from trainers.corpora.behaviour.sequence import Sequence
from trainers.corpora.behaviour.spontaneous import spontaneous, spontaneous_sequences
from trainers.corpora.behaviour.statistics import AUS, Statistics, default_statistics, read_statistics

__all__ = [
    "AUS",
    "Measured",
    "Sequence",
    "Statistics",
    "View",
    "default_statistics",
    "expression",
    "expression_sequence",
    "head_motion",
    "levels_of",
    "measure",
    "posed",
    "read_statistics",
    "spontaneous",
    "spontaneous_sequences",
    "views",
]
