"""Cameras plugged into this machine: which there are, what they offer, how they are opened."""

from realtime.sources.webcam.cameras import Camera, list_cameras
from realtime.sources.webcam.modes import Mode, Wishes, choose_mode

__all__ = ["Camera", "Mode", "Wishes", "choose_mode", "list_cameras"]
