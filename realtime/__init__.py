"""The streaming runtime: a live face in, published Action Unit results out."""
