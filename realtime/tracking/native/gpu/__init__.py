"""Faces found with pictures that stay on the GPU."""
