"""An open corpus on disk: a folder of picture shards, labels and a manifest with the hash of every file.

    corpus.toml          what it is, how it was made, and the sha256 and size of every other file
    labels.npz           every column of `Corpus`, and where each picture lies
    pictures-00000.tar   pictures as JPEG, WebP or PNG, named by row: 00000012.jpg
    README.md, card/     the data card

All of it opens with common tools (tar, NumPy, any editor). `CorpusWriter` makes such a folder,
`open_corpus` reads it. The same rows in the same order give the same bytes.
"""

from trainers.corpora.store.manifest import MANIFEST_NAME, Manifest, read_manifest
from trainers.corpora.store.reading import open_corpus
from trainers.corpora.store.shards import ShardImages
from trainers.corpora.store.writing import CorpusWriter

__all__ = ["MANIFEST_NAME", "CorpusWriter", "Manifest", "ShardImages", "open_corpus", "read_manifest"]
