"""Lets the tests of sinks import `wire_samples`, which they share with their neighbours one folder up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
