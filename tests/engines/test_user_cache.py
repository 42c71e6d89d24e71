"""Where things are kept on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines import user_cache


def test_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVEFACS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    monkeypatch.setenv("LOCALAPPDATA", "/l")
    for platform, expected in (("linux", Path("/x/livefacs")), ("win32", Path("/l/livefacs"))):
        monkeypatch.setattr(user_cache.sys, "platform", platform)
        assert user_cache.cache_folder() == expected
    monkeypatch.setattr(user_cache.sys, "platform", "darwin")
    assert user_cache.cache_folder().parts[-3:] == ("Library", "Caches", "livefacs")


def test_a_folder_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEFACS_CACHE", "~/mine")
    assert user_cache.cache_folder() == Path.home() / "mine"
