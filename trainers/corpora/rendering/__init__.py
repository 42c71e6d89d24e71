"""Faces drawn from a head model whose every Action Unit is known exactly."""
