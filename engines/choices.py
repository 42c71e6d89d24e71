"""What a user can choose of how networks run; imports nothing, so that `--help` stays quick."""

DEVICES = ("cpu", "cuda")
PRECISIONS = ("fp32", "int8")
"""What a model's file may compute in: the models that pose groups name are the first."""
CONVERTED = ("fp16", "fp32")
"""What TensorRT computes in, made by itself of a model in fp32; the usual one first."""
AUTO = "auto"
"""Where a precision is asked for: the fastest one here."""
