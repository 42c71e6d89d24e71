"""`livefacs run` with several streams, as a user meets it."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import av
import pytest
from command_line import LIVEFACS, livefacs

from realtime.subscriber import subscribe
from realtime.types import FrameResult, StreamStatus


def test_several_files_give_a_file_each_in_a_folder(clip, face_model_path, tmp_path: Path) -> None:
    one = clip("single_face.mp4")
    out = tmp_path / "scores"
    done = livefacs("run", one, one, clip("no_face.mp4"), "--csv", out, "--jsonl", out, "--max-faces", 1)
    assert done.returncode == 0, done.stderr
    names = ("no_face", "single_face", "single_face-2")
    written = {f"{name}.{kind}" for name in names for kind in ("csv", "jsonl")}
    assert {path.name for path in out.iterdir()} == written
    alone = livefacs("run", one, "--csv", tmp_path / "alone.csv", "--max-faces", 1, "--quiet")
    assert alone.returncode == 0
    with (tmp_path / "alone.csv").open() as expected, (out / "single_face-2.csv").open() as found:
        assert list(csv.reader(found)) == list(csv.reader(expected))
    for line in (out / "single_face-2.jsonl").open():
        assert json.loads(line)["stream"] == "single_face-2"
    rows = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[-4:-1]}
    assert rows == {"single_face": "72", "single_face-2": "72", "no_face": "95"}


def test_cameras_of_a_file_share_a_publisher(clip, face_model_path, tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/faces"
    config = tmp_path / "cameras.toml"
    config.write_text(
        f'publish = "{endpoint}"\nrealtime = true\nmax-faces = 1\n'
        f'[cameras.door]\nsource = "{clip("single_face.mp4")}"\n'
        f'[cameras.desk]\nsource = "{clip("single_face.mp4")}"\nmax-fps = 5\n'
    )
    frames: dict[str, list[FrameResult]] = {"door": [], "desk": []}
    last: dict[str, StreamStatus] = {}
    run = subprocess.Popen([LIVEFACS, "run", "--config", config], stdout=subprocess.PIPE, text=True)
    try:
        with subscribe(endpoint, "", timeout=30.0) as messages:
            for message in messages:
                if isinstance(message, FrameResult):
                    frames[message.stream].append(message)
                elif isinstance(message, StreamStatus):
                    last[message.stream] = message
                    if {status.state for status in last.values()} == {"ended"} and len(last) == 2:
                        break
    finally:
        said = run.communicate(timeout=30)[0]
    assert run.returncode == 0, said
    assert len(frames["door"]) > 3 * len(frames["desk"]) > 15
    for stream, results in frames.items():
        status = last[stream]
        assert status.captured == status.frames + status.dropped == 72
        assert [result.seq for result in results] == list(range(results[0].seq, status.frames))
        assert status.stages is not None and status.stages["latency"].p50 > 0
    assert (last["door"].max_fps, last["desk"].max_fps) == (None, 5.0)
    assert said.count("ZeroMQ") == 1


def test_ctrl_c_ends_all_with_a_summary(clip, face_model_path, tmp_path: Path) -> None:
    path = clip("WolfgangLanger_Pexels.mp4")
    command = [LIVEFACS, "run", path, path, "--realtime", "--publish", "none", "--jsonl", tmp_path / "out"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as run:
        files = [tmp_path / "out" / f"WolfgangLanger_Pexels{end}.jsonl" for end in ("", "-2")]
        end = time.monotonic() + 60
        while not all(file.exists() and file.stat().st_size for file in files) and time.monotonic() < end:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=20)[0]
    assert run.returncode == 0
    for file in files:
        lines = file.read_text().splitlines()
        assert lines and json.loads(lines[-1])["seq"] == len(lines) - 1
    assert "milliseconds from capture to publish" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("a.mp4", "b.mp4", "--name", "x"), "--name x: there are several streams"),
        (("a.mp4", "no/such.mp4"), "does not exist: check the path"),
        (("a.mp4", "a.mp4", "--csv", "a.mp4"), "--csv a.mp4: several streams write into a folder"),
        (("--config", "cameras.toml", "a.mp4"), "SOURCE and the cameras in cameras.toml: name one"),
        (("a.mp4", "a.mp4", "--max-fps", "5"), "a.mp4 is a file, which gives every frame"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    words: tuple[str, ...], line: str, clip, face_model_path, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").symlink_to(clip("single_face.mp4"))
    (tmp_path / "cameras.toml").write_text('[cameras.a]\nsource = "a.mp4"')
    done = livefacs("run", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_what_one_has_lost_is_told_by_its_name(clip, face_model_path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mkv"
    with av.open(str(clip("single_face.mp4"))) as source, av.open(str(whole), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done = livefacs("run", tmp_path / "cut.mkv", whole, "--quiet")
    assert done.returncode == 0
    assert "cut: warning: " in done.stdout
    assert "whole: warning" not in done.stdout
    assert "whole" in done.stdout and " 72 " in done.stdout


def test_all_streams_can_be_watched_and_scraped(clip, face_model_path, tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/faces"
    path = clip("WolfgangLanger_Pexels.mp4")
    command = [
        LIVEFACS,
        "run",
        path,
        path,
        "--realtime",
        "--publish",
        endpoint,
        "--metrics",
        "0",
        "--quiet",
    ]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as run:
        said = ""
        while "metrics" not in said:
            said = run.stdout.readline()
            assert said, "it ended"
        watch = subprocess.Popen(
            [LIVEFACS, "watch", "--streams", endpoint],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        rows: set[str] = set()
        while rows != {"WolfgangLanger_Pexels", "WolfgangLanger_Pexels-2"}:
            line = watch.stdout.readline()
            assert line, watch.stderr.read()
            rows.add(line.split(" | ")[0])
        with urllib.request.urlopen(said.split()[1], timeout=5) as answer:
            text = answer.read().decode()
        assert text.count("livefacs_frames_processed_total{") == 2
        run.send_signal(signal.SIGINT)
        assert watch.wait(timeout=20) == 0  # all have ended
        assert run.wait(timeout=20) == 0


def test_a_camera_that_is_away_does_not_keep_the_others(clip, face_model_path, tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/faces"
    config = tmp_path / "cameras.toml"
    config.write_text(
        f'publish = "{endpoint}"\n'
        '[cameras.away]\nsource = "rtsp://127.0.0.1:1/none"\n'
        f'[cameras.here]\nsource = "{clip("single_face.mp4")}"\nrealtime = true\n'
    )
    states: dict[str, set[str]] = {"away": set(), "here": set()}
    details: set[str] = set()
    with subprocess.Popen([LIVEFACS, "run", "--config", config], stdout=subprocess.PIPE, text=True) as run:
        with subscribe(endpoint, "status.", timeout=30.0) as messages:
            for message in messages:
                states[message.stream].add(message.state)
                if message.stream == "away":
                    details.add(message.detail or "")
                if "ended" in states["here"]:
                    break
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=20)[0]
    assert run.returncode == 0
    assert "reconnecting" in states["away"] and "live" in states["here"]
    assert any("refused the connection" in detail for detail in details)
    assert "away: reconnecting: rtsp://127.0.0.1:1/none refused the connection" in said


def test_an_avatar_follows_one_stream(tmp_path: Path) -> None:
    done = livefacs("run", tmp_path / "a.mp4", tmp_path / "b.mp4", "--vmc", "39539")
    assert done.returncode == 2
    assert "one stream" in done.stderr
