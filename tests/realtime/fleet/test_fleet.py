"""A fleet on a cluster of several local machines of Ray: they join, freeze, and are killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from command_line import LIVEFACS, livefacs

from realtime.errors import SourceError
from realtime.subscriber import subscribe
from realtime.types import FrameResult, StreamStatus

pytest.importorskip("ray")

PATIENCE = 60.0
MOVED_WITHIN_S = 10.0


class LocalCluster:
    """A head without cores of its own, and machines with two each; all of them processes of this machine."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
        )
        self.address = self._cluster.address

    def join(self):
        return self._cluster.add_node(num_cpus=2, include_dashboard=False)

    def kill(self, node) -> None:
        self._cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()


class RunningFleet:
    """`livefacs fleet` in a process, what it says, and all that it publishes."""

    def __init__(self, cluster: LocalCluster, config: Path, endpoint: str) -> None:
        command = [LIVEFACS, "fleet", config, "--address", cluster.address, "--publish", endpoint]
        environment = os.environ | {"RAY_DEDUP_LOGS": "0"}
        self.process = subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []
        self.frames: dict[str, list[FrameResult]] = {"a": [], "b": []}
        self.arrived: dict[str, list[float]] = {"a": [], "b": []}
        self.statuses: list[StreamStatus] = []
        self._over = threading.Event()
        self._endpoint = endpoint
        self._threads = [threading.Thread(target=self._listen), threading.Thread(target=self._read)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def _listen(self) -> None:
        with subscribe(self._endpoint, "", timeout=0.5) as messages:
            while not self._over.is_set():
                try:
                    message = next(messages)
                except SourceError:
                    continue
                if isinstance(message, FrameResult):
                    self.frames[message.stream].append(message)
                    self.arrived[message.stream].append(time.monotonic())
                elif isinstance(message, StreamStatus):
                    self.statuses.append(message)

    def place(self, stream: str) -> str:
        """The machine that a stream was last said to run on."""
        said = [found[1] for line in self.lines if (found := re.match(rf"{stream}: runs on \S+#(\w+)", line))]
        return said[-1] if said else ""

    def comes(self, stream: str) -> bool:
        return bool(self.arrived[stream]) and time.monotonic() - self.arrived[stream][-1] < 0.5

    def until(self, truth: Callable[[], bool], seconds: float = PATIENCE) -> float:
        began = time.monotonic()
        while not truth():
            assert time.monotonic() - began < seconds, "\n".join(self.lines[-30:])
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.02)
        return time.monotonic() - began

    def check_served_once(self) -> None:
        """No stream came from two at once: numbers rise without a step back, and so does the capture time."""
        for frames in self.frames.values():
            seqs = [frame.seq for frame in frames]
            assert seqs == sorted(set(seqs))
            generations = [frame.generation for frame in frames]
            assert generations == sorted(generations)
            captured = [frame.t_capture for frame in frames]
            assert captured == sorted(captured)

    def drain(self) -> str:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=30) == 0, self.process.stderr.read()
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.process.stderr.read()

    def close(self) -> None:
        self._over.set()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    cluster = LocalCluster()
    yield cluster
    cluster.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "cameras.toml"
    endless = 'source = "lavfi:testsrc2=size=320x240:rate=25"\ncpus = 1\n'
    path.write_text(f'bundle = "blendshapes"\n[cameras.a]\n{endless}[cameras.b]\n{endless}')
    return path


def served_by(node_id: str) -> list[psutil.Process]:
    """The processes of a machine that serve streams."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "_Remote" in " ".join(process.info["cmdline"] or []) and node_of(process) == node_id
    ]


def node_of(process: psutil.Process) -> str:
    parent = process.parent()
    found = re.search(r"--node_id=(\w+)|--node-id=(\w+)", " ".join(parent.cmdline() if parent else []))
    return (found[1] or found[2]) if found else ""


def test_streams_move_to_who_joins_and_away_from_who_is_killed(
    cluster, config, face_model_path, tmp_path
) -> None:
    first = cluster.join()
    fleet = RunningFleet(cluster, config, f"ipc://{tmp_path}/fleet")
    try:
        fleet.until(lambda: fleet.comes("a") and fleet.comes("b"))
        fleet.until(lambda: {fleet.place("a"), fleet.place("b")} == {first.node_id[:6]})
        second = cluster.join()
        fleet.until(lambda: fleet.place("a") != fleet.place("b"))
        fleet.until(lambda: fleet.comes("a") and fleet.comes("b"))
        moved = next(stream for stream in "ab" if fleet.place(stream) == second.node_id[:6])
        stayed = "b" if moved == "a" else "a"
        cluster.kill(second)
        fleet.until(lambda: not fleet.comes(moved))
        back = fleet.until(lambda: fleet.comes(moved), MOVED_WITHIN_S)
        fleet.until(lambda: fleet.place(moved) == first.node_id[:6])
        last = max(b - a for a, b in zip(fleet.arrived[stayed], fleet.arrived[stayed][1:], strict=False))
        assert back < MOVED_WITHIN_S and last < MOVED_WITHIN_S
        errors = fleet.drain()
    finally:
        fleet.close()
    assert not errors
    fleet.check_served_once()
    assert [s.state for s in fleet.statuses if s.stream == moved and s.state != "connecting"].count(
        "reconnecting"
    ) >= 1
    for stream in "ab":
        assert [s for s in fleet.statuses if s.stream == stream][-1].state == "ended"


def test_one_that_freezes_is_served_elsewhere_and_ends_itself(
    cluster, config, face_model_path, tmp_path
) -> None:
    nodes = {node.node_id[:6]: node for node in (cluster.join(), cluster.join())}
    fleet = RunningFleet(cluster, config, f"ipc://{tmp_path}/fleet")
    try:
        fleet.until(lambda: fleet.comes("a") and fleet.comes("b"))
        fleet.until(lambda: fleet.place("a") and fleet.place("b"))
        place = fleet.place("a")
        frozen = served_by(nodes[place].node_id)
        assert len(frozen) == 1
        frozen[0].suspend()
        fleet.until(lambda: not fleet.comes("a"))
        fleet.until(lambda: fleet.comes("a"), MOVED_WITHIN_S)
        fleet.until(lambda: fleet.place("a") != place)
        if frozen[0].is_running():
            frozen[0].resume()
        fleet.until(lambda: not frozen[0].is_running())
        fleet.until(lambda: fleet.comes("a") and fleet.comes("b"))
        fleet.drain()
    finally:
        fleet.close()
    fleet.check_served_once()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('publish = "none"', "names no cameras: write [cameras.door]"),
        ('[cameras.a]\nsource = ""', "the source is empty"),
        ("[cameras.a]\nsource = 'a.mp4'\ncpus = -1", "camera 'a': cpus and gpus must be 0 or more"),
        ("maxfaces = 2", "unknown option 'maxfaces'; did you mean 'max-faces'"),
    ],
)
def test_what_cannot_be_is_told_before_machines_are_asked(text: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "cameras.toml"
    path.write_text(text)
    done = livefacs("fleet", path)
    assert done.returncode == 2
    assert line in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense"])
def test_a_cluster_that_is_not_there(address: str, config, face_model_path) -> None:
    done = livefacs("fleet", config, "--address", address)
    assert done.returncode == 2
    assert f"cluster {address}: cannot be joined" in done.stderr and done.stderr.count("\n") == 1


def test_a_cluster_of_this_machine_reports_to_nobody() -> None:
    code = (
        "from realtime.fleet.cluster import Cluster\n"
        "with Cluster() as cluster:\n"
        "    from ray._common.usage.usage_lib import usage_stats_enabled\n"
        "    print(len(cluster.nodes()), cluster.own_address(), usage_stats_enabled())\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RAY_USAGE_STATS_ENABLED"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.stdout.split() == ["1", "127.0.0.1", "False"], done.stderr
