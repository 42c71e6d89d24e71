"""The weights that LiveFACS ships: made from nothing by `python -m trainers.embedded`."""
