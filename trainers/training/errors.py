"""The errors of recipes and runs that a user can mend, each a single line."""

from __future__ import annotations

from trainers.errors import LiveFacsError


class RecipeError(LiveFacsError):
    """A recipe is missing, malformed, or asks for what there is not."""


class TrainingError(LiveFacsError):
    """A run cannot start, go on, be loaded or be exported; or its loss is no number any more."""
