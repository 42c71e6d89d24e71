"""Loaders of the corpora that their owners license: each reads the owner's layout from the user's copy."""

from trainers.corpora.licensed.registry import LOADERS, Loader, load

__all__ = ["LOADERS", "Loader", "load"]
