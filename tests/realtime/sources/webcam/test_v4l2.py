"""What the kernel's own test camera answered, byte for byte, and what is made of it."""

from __future__ import annotations

import errno
import os
from fractions import Fraction
from pathlib import Path

import pytest
from camera_machine import CAMERA, CAPTURE, META, STREAMING

from realtime.sources.webcam import v4l2
from realtime.sources.webcam.modes import Mode, Wishes


class Recording:
    """A driver that gives the recorded answer to each question, and EINVAL to any other."""

    def __init__(self, name: str) -> None:
        lines = Path(__file__).with_name(name).read_text().splitlines()
        self.answers = {}
        for line in lines:
            if not line.startswith("#"):
                request, question, answer = line.split()
                self.answers[int(request, 16), bytes.fromhex(question).rstrip(b"\0")] = answer

    def __call__(self, file: int, request: int, question: bytes) -> bytes:
        # the size of an ioctl's structure is part of its number
        assert len(question) == request >> 16 & 0x3FFF
        answer = self.answers.get((request, question.rstrip(b"\0")), f"errno={errno.EINVAL}")
        if answer.startswith("errno="):
            raise OSError(int(answer.removeprefix("errno=")), "as recorded")
        return bytes.fromhex(answer).ljust(len(question), b"\0")


def test_what_a_camera_is_and_offers(monkeypatch):
    monkeypatch.setattr(v4l2, "ioctl", Recording("vivid_webcam.txt"))
    capability = v4l2.capability(3)
    assert (capability.card, capability.flags) == ("vivid", 0x05200005)
    assert capability.sends_pictures and not capability.bare_sensor and capability.buffer_type == 1
    assert not v4l2.in_use(3, capability)
    modes = v4l2.modes(3, capability)
    assert {mode.format for mode in modes} == {"yuyv422"}
    fastest: dict[tuple[int, int], Fraction] = {}
    for mode in modes:
        size = mode.width, mode.height
        fastest[size] = max(fastest.get(size, Fraction(0)), mode.fps)
    assert fastest == {
        (320, 180): 60,
        (640, 360): 40,
        (640, 480): 25,
        (1280, 720): Fraction(25, 2),
        (1920, 1080): 5,
        (3840, 2160): 2,
    }
    assert len(modes) == len(set(modes)) == 42


def test_a_camera_that_scales_to_any_size(monkeypatch):
    monkeypatch.setattr(v4l2, "ioctl", Recording("vivid_any_size.txt"))
    capability = v4l2.capability(3)
    sizes = {(mode.width, mode.height) for mode in v4l2.modes(3, capability)}
    assert sizes == {
        (320, 240),
        (640, 360),
        (640, 480),
        (800, 600),
        (1280, 720),
        (1920, 1080),
        (16384, 8640),
    }
    wished = {(m.width, m.height) for m in v4l2.modes(3, capability, Wishes((722, 480)))}
    assert wished == sizes | {(722, 480)}
    assert {(m.width, m.height) for m in v4l2.modes(3, capability, Wishes((721, 480)))} == sizes, "steps of 2"


def test_any_rate_between_two(monkeypatch):
    def ioctl(file: int, request: int, question: bytes) -> bytes:
        words = [int.from_bytes(question[at : at + 4], "little") for at in range(0, len(question), 4)]
        if words[0]:
            raise OSError(errno.EINVAL, "no more")
        if request & 0xFF == 2:
            return question[:44] + b"NV12" + question[48:]
        # 74: 320x240 only; 75: stepwise, from 1/40 to 1/10 s
        words[{74: 2, 75: 4}[request & 0xFF]] = {74: 1, 75: 3}[request & 0xFF]
        at = {74: 3, 75: 5}[request & 0xFF]
        words[at : at + 4] = [320, 240, 0, 0] if request & 0xFF == 74 else [1, 40, 1, 10]
        return b"".join(word.to_bytes(4, "little") for word in words)

    monkeypatch.setattr(v4l2, "ioctl", ioctl)
    rates = [mode.fps for mode in v4l2.modes(3, v4l2.Capability("x", CAMERA), Wishes(fps=Fraction("17.5")))]
    assert rates == [15, Fraction(35, 2), 24, 25, 30, 40]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTTY, errno.ENODATA])
def test_a_driver_that_does_not_say_its_rates(monkeypatch, machine, code):
    camera = machine.plug(0)

    def ioctl(file: int, request: int, question: bytes) -> bytes:
        if request & 0xFF == 75:
            raise OSError(code, "not answered")
        return machine.ioctl(file, request, question)

    monkeypatch.setattr(v4l2, "ioctl", ioctl)
    file = os.open(camera.path, os.O_RDWR)
    assert v4l2.modes(file, v4l2.capability(file))[0] == Mode("yuyv422", 640, 480, None)
    os.close(file)


def test_a_list_that_does_not_end_and_formats_that_cannot_be_read(monkeypatch):
    def ioctl(file: int, request: int, question: bytes) -> bytes:
        if request & 0xFF == 2:
            return question[:44] + (b"Z16 " if question[0] % 2 else b"S5C ") + question[48:]
        raise AssertionError("no need to ask for the sizes of what cannot be read")

    monkeypatch.setattr(v4l2, "ioctl", ioctl)
    assert v4l2.modes(3, v4l2.Capability("x", CAMERA)) == ()


@pytest.mark.parametrize(
    ("flags", "sends"),
    [(CAMERA, True), (CAPTURE, False), (META | STREAMING, False), (0x1000 | STREAMING, True), (0x2, False)],
)
def test_not_every_device_file_sends_pictures(flags, sends):
    assert v4l2.Capability("x", flags).sends_pictures is sends


def test_a_file_that_is_no_device_is_told(tmp_path):
    (tmp_path / "video0").write_bytes(b"")
    file = os.open(tmp_path / "video0", os.O_RDWR)
    with pytest.raises(OSError) as refused:
        v4l2.capability(file)
    assert refused.value.errno == errno.ENOTTY
    assert not v4l2.in_use(file, v4l2.Capability("x", CAMERA))
    os.close(file)
