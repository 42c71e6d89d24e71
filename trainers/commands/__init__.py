"""The commands that `trainers` adds to `livefacs` (entry points, see pyproject.toml)."""
