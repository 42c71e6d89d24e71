"""Long clips for benchmarks, made from short ones without re-encoding."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av


def looped(clip: Path, out: Path, *, frames: int, fps: int = 30) -> Path:
    """Write `frames` frames or a few more of `clip` over and over at `fps`, stream-copied; return `out`.

    Decoding it costs what decoding the clip costs; only the time stamps are new.
    """
    time_base = Fraction(1, 90_000)
    with av.open(str(out), "w", format="mp4") as writer:
        stream = None
        written = 0
        while written < frames:
            with av.open(str(clip)) as reader:
                source = reader.streams.video[0]
                if stream is None:
                    stream = writer.add_stream_from_template(source)
                    stream.time_base = time_base
                step = 1 / (source.average_rate * source.time_base)  # pts units per frame of the clip
                packets = [packet for packet in reader.demux(source) if packet.dts is not None]
                first = min(packet.pts for packet in packets)
                for packet in packets:
                    for name in ("pts", "dts"):
                        position = written + round((getattr(packet, name) - first) / step)
                        setattr(packet, name, int(Fraction(position, fps) / time_base))
                    packet.time_base = time_base
                    packet.stream = stream
                    writer.mux(packet)
                written += len(packets)
    return out
