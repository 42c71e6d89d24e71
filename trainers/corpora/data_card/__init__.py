"""The data card of a corpus: README.md and card/*.png, made from its labels and pictures alone.

The same corpus gives the same bytes.
"""

from trainers.corpora.data_card.card import write_data_card
from trainers.corpora.data_card.sample_choice import choose_samples
from trainers.corpora.data_card.sample_sheet import sample_sheet

__all__ = ["choose_samples", "sample_sheet", "write_data_card"]
