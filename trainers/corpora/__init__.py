"""Labelled pictures of faces: the open corpus LiveFACS renders, and loaders for the licensed ones."""
