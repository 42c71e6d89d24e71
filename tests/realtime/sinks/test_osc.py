"""Open Sound Control and VMC, read by python-osc's server."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer
from wire_samples import face, result

from realtime.errors import SinkError
from realtime.sinks.osc import OSCSink
from realtime.sinks.udp_bundles import LONGEST, UdpBundles
from realtime.sinks.vmc import ARKIT, ARKIT_OF_AU, VMCSink, blendshapes, quaternion
from realtime.types import Pose


class Receiver:
    """What a program of that world gets, in order, until the last message of a frame."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, tuple]] = []
        self._news = threading.Condition()
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._take)
        self._server = ThreadingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        # One packet after the other, as most programs of that world read them.
        self._server.process_request = lambda request, address: self._server.finish_request(  # type: ignore[method-assign]
            request, address
        )
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, address: str, *arguments: object) -> None:
        with self._news:
            self.messages.append((address, arguments))
            self._news.notify()

    def until(self, last: str) -> dict[str, tuple]:
        """The messages up to the one of this address."""
        with self._news:
            assert self._news.wait_for(lambda: any(name == last for name, _ in self.messages), 10)
            found, self.messages = self.messages, []
        return {name if name != "/VMC/Ext/Blend/Val" else args[0]: args for name, args in found}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def test_every_score_has_an_address(receiver: Receiver) -> None:
    with OSCSink(receiver.address) as sink:
        sink.write(result(6, "cam1", faces=(face(3, 0.5), face(4, 1.0))))
        got = receiver.until("/livefacs/cam1/4/box")
    assert got["/livefacs/cam1/frame"] == (7, 2)
    assert got["/livefacs/cam1/3/au/AU45"] == (2.5,)
    assert got["/livefacs/cam1/4/occurrence/AU45"] == (1.0,)
    assert got["/livefacs/cam1/3/expression/happiness"] == pytest.approx((1 / 7,))
    assert got["/livefacs/cam1/3/pose"] == pytest.approx([math.degrees(a) for a in (0.1, -0.2, 0.3)])
    assert got["/livefacs/cam1/3/box"] == pytest.approx((100.5 / 640, 50.25 / 480, 200 / 640, 0.5))


def test_an_empty_frame_says_so(receiver: Receiver) -> None:
    with OSCSink(receiver.address) as sink:
        sink.write(result(0, faces=()))
        assert receiver.until("/livefacs/cam1/frame")["/livefacs/cam1/frame"] == (1, 0)


def test_an_avatar_does_as_the_face_does(receiver: Receiver) -> None:
    with VMCSink(receiver.address) as sink:
        sink.write(result(0, faces=(face(1, au_intensity={"AU12": 2.5, "AU26": 5.0}),)))
        got = receiver.until("/VMC/Ext/Blend/Apply")
        assert got["/VMC/Ext/OK"] == (1,)
        assert got["mouthSmileLeft"] == ("mouthSmileLeft", 0.5)
        assert got["MouthSmileRight"] == ("MouthSmileRight", 0.5)
        assert got["jawOpen"][1] == pytest.approx(0.6)
        assert set(ARKIT) <= set(got)
        name, *place = got["/VMC/Ext/Bone/Pos"]
        assert name == "Head"
        assert place[3:] == pytest.approx(quaternion(Pose(yaw=0.1, pitch=-0.2, roll=0.3)))
        sink.write(result(1, faces=()))
        got = receiver.until("/VMC/Ext/Blend/Apply")
        assert got["mouthSmileLeft"][1] == 0.0
        assert got["/VMC/Ext/Bone/Pos"][4:] == (0.0, 0.0, 0.0, 1.0)


def test_the_avatar_follows_one_face_while_it_is_there(receiver: Receiver) -> None:
    def smiling(track: int, level: float, width: float):
        return face(track, au_intensity={"AU12": level}, bbox=(0.0, 0.0, width, width))

    with VMCSink(receiver.address) as sink:
        for faces, wanted in (
            ((smiling(1, 1.0, 50.0),), 0.2),
            ((smiling(1, 2.0, 50.0), smiling(2, 5.0, 300.0)), 0.4),  # a larger one comes: not for him
            ((smiling(2, 5.0, 300.0),), 1.0),
        ):
            sink.write(result(0, faces=faces))
            assert receiver.until("/VMC/Ext/Blend/Apply")["mouthSmileLeft"][1] == pytest.approx(wanted)


def test_there_are_arkits_52() -> None:
    assert len(set(ARKIT)) == len(ARKIT) == 52
    assert {name for shapes in ARKIT_OF_AU.values() for name in shapes} <= set(ARKIT)


@given(st.dictionaries(st.sampled_from(sorted(ARKIT_OF_AU)), st.floats(0, 5)))
def test_blendshapes_stay_in_range_and_rise_with_their_aus(levels: dict[str, float]) -> None:
    shapes = blendshapes(face(1, au_intensity=levels))
    assert all(0.0 <= value <= 1.0 for value in shapes.values())
    more = blendshapes(face(1, au_intensity={au: min(5.0, level + 1) for au, level in levels.items()}))
    assert all(more[name] >= value for name, value in shapes.items())


angles = st.floats(-1.5, 1.5)


@given(angles, angles, angles)
def test_the_quaternion_is_the_rotation_of_the_pose(yaw: float, pitch: float, roll: float) -> None:
    """Axes that all point the other way leave a rotation matrix as it is."""
    x, y, z, w = quaternion(Pose(yaw=yaw, pitch=pitch, roll=roll))
    got = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    (cp, sp), (cy, sy), (cr, sr) = [(math.cos(a), math.sin(a)) for a in (pitch, yaw, roll)]
    rx = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rz = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    np.testing.assert_allclose(got, rx @ ry @ rz, atol=1e-9)


def test_packets_fit_into_one_piece(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    put = UdpBundles._put
    monkeypatch.setattr(
        UdpBundles, "_put", lambda self, bundle: (sent.append(bundle.build().size), put(self, bundle))
    )
    with VMCSink(receiver.address) as sink:
        sink.write(result(0))
        receiver.until("/VMC/Ext/Blend/Apply")
    assert len(sent) > 1
    assert max(sent) <= LONGEST


def test_nobody_listening_is_no_error() -> None:
    with OSCSink("127.0.0.1:9") as sink:
        for seq in range(20):
            sink.write(result(seq))


@pytest.mark.parametrize(("address", "words"), [("nonsense", "HOST:PORT"), ("no.such.host.invalid:9", "OSC")])
def test_wrong_addresses_are_one_line(address: str, words: str) -> None:
    with pytest.raises(SinkError, match=words) as caught, OSCSink(address):
        pass
    assert "\n" not in str(caught.value)


def test_without_the_package_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pythonosc", None)
    with pytest.raises(SinkError, match=r"livefacs\[osc\]"):
        VMCSink().open()
