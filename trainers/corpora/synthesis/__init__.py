"""The open corpus: who acts what, drawn from a seed, rendered by all cores, written with its labels."""
