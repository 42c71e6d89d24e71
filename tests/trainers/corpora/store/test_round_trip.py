"""Whatever is written comes back the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainers.corpora.corpus import EXPRESSIONS, PARTITIONS
from trainers.corpora.store import CorpusWriter, open_corpus

# NumPy's fixed-width text ends at trailing NULs; lone surrogates are no text.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(width=32, allow_infinity=False)


@st.composite
def rows(draw):
    """(n, A, columns, attributes) of a block that leaves out some of what may be left out."""
    n, a, marks = draw(st.integers(1, 6)), draw(st.integers(0, 3)), draw(st.integers(1, 3))

    def texts(values=TEXT):
        return draw(st.lists(values, min_size=n, max_size=n))

    def floats(*shape):
        return draw(hnp.arrays(np.float32, (n, *shape), elements=FLOATS))

    optional = {
        "expression": texts(st.sampled_from(("", *EXPRESSIONS))),
        "partition": texts(st.sampled_from(("", *PARTITIONS))),
        "view": texts(),
        "domain": texts(),
        "pose": floats(3),
        "landmarks": floats(marks, 2),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(optional))))
    columns = {
        "subject": texts(),
        "sequence": texts(),
        "frame": draw(hnp.arrays(np.int64, n)),
        "intensity": floats(a),
        "occurrence": floats(a),
        **{name: optional[name] for name in sorted(chosen)},
    }
    kinds = [np.float64, np.int16, np.uint8, np.bool_, ">f4", "<U5"]
    attributes = {
        f"attribute_{k}": draw(hnp.arrays(kind, n))
        for k, kind in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=3)))
    }
    attributes["gaze"] = floats(2)
    return n, a, columns, attributes


@settings(max_examples=60, deadline=None)
@given(rows(), st.integers(1, 4), st.booleans())
def test_every_column_comes_back(png, made, shard_size, verify):
    n, a, columns, attributes = made
    aus = [f"AU{k + 1:02d}" for k in range(a)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "corpus"
        with CorpusWriter(target, "round trip", aus, shard_size=shard_size) as writer:
            writer.add([png(k) for k in range(n)], columns, attributes)
        corpus = open_corpus(target, verify=verify)
        assert (corpus.name, corpus.aus, len(corpus)) == ("round trip", tuple(aus), n)
        for name, values in columns.items():
            found = getattr(corpus, name)
            np.testing.assert_array_equal(found, np.asarray(values, dtype=found.dtype), strict=True)
        assert {name: values.dtype.newbyteorder("=") for name, values in attributes.items()} == {
            name: values.dtype for name, values in corpus.attributes.items()
        }
        for name, values in attributes.items():
            np.testing.assert_array_equal(corpus.attributes[name], values)
        for name in {"expression", "partition", "view", "domain"} - columns.keys():
            assert set(getattr(corpus, name)) == {""}
        assert (corpus.landmarks is None) == ("landmarks" not in columns)
        assert len(list(target.glob("*.tar"))) == -(-n // shard_size)
        for k in range(n):
            np.testing.assert_array_equal(corpus.images[k], png.pixels(k), strict=True)


def test_several_blocks_follow_each_other(tmp_path, png):
    columns = {"sequence": "T1", "intensity": [2.0], "occurrence": [1.0], "frame": 1}
    with CorpusWriter(tmp_path / "made", "x", ["AU01"], shard_size=2) as writer:
        writer.add([png(0), png(1)], columns | {"subject": "S1"}, {"glasses": True})
        writer.add([png(2)], columns | {"subject": "a longer name"}, {"glasses": False})
    corpus = open_corpus(tmp_path / "made")
    assert corpus.subject.tolist() == ["S1", "S1", "a longer name"]
    assert corpus.attributes["glasses"].tolist() == [True, True, False]
    for k in range(3):
        np.testing.assert_array_equal(corpus.images[k], png.pixels(k))
