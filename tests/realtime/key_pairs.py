"""Key pairs for tests."""

import shutil

from realtime.key_files import make_pair


class Keys:
    """Key pairs by name, made when they are first asked for, and a folder of those who are allowed."""

    def __init__(self, folder):
        self._folder = folder / "keys"
        self.allowed = folder / "readers"
        self.allowed.mkdir()

    def public(self, name):
        path = self._folder / f"{name}.key"
        return path if path.exists() else make_pair(self._folder, name)[0]

    def secret(self, name):
        return self.public(name).with_suffix(".key_secret")

    def allow(self, name):
        shutil.copy(self.public(name), self.allowed)
