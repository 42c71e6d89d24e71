"""What a user can choose of how networks run; imports nothing, so that `--help` stays quick."""

DEVICES = ("cpu", "cuda")
PRECISIONS = ("fp32", "int8")
"""What a model's file may compute in: the models that pose groups name are the first."""
CONVERTED = ("fp16", "fp32")
"""What a GPU computes in, made of a model in fp32 where it is loaded; the usual one first."""
MOST_AT_ONCE = 16
"""Rows that a network on a GPU takes at once; more go in pieces."""
AUTO = "auto"
"""Where a precision is asked for: the fastest one here."""
