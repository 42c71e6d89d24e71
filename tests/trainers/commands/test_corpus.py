"""`livefacs corpus info`, `check` and `track` as processes, on real folders."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import livefacs
from PIL import Image

from trainers.corpora.store import CorpusWriter

AUS = ("AU01", "AU12", "AU45")


def jpeg(value: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((64, 64, 3), value, dtype=np.uint8)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of each of two subjects: AU12 on the half of them, AU45 unlabelled."""
    intensity = np.zeros((10, 3), dtype=np.float32)
    intensity[:5, 1] = [1, 1, 2, 5, 4]
    intensity[:, 2] = np.nan
    occurrence = np.where(np.isnan(intensity), np.nan, intensity >= 1)
    with CorpusWriter(
        tmp_path / "made", "tiny", AUS, plan={"subjects": 2, "seed": 7}, shard_size=6
    ) as writer:
        for subject, partition in (("S1", "train"), ("S2", "test")):
            columns = {
                "subject": subject,
                "sequence": f"{subject}/T1",
                "frame": np.arange(1, 11),
                "intensity": intensity,
                "occurrence": occurrence,
                "expression": ["happiness"] * 5 + ["neutral"] * 5,
                "pose": [[-40.0, 0.2, 0.0]] * 4 + [[0.0, -0.2, 0.0]] * 6,
                "view": ["4"] * 4 + ["5"] * 6,
                "domain": "studio",
                "partition": partition,
            }
            writer.add([jpeg(20 * k) for k in range(10)], columns, {"age": 33.0})
    return tmp_path / "made"


def line_of(text: str, start: str) -> list[str]:
    """The words of the line that starts so."""
    found = [line for line in text.splitlines() if line.startswith(start)]
    assert len(found) == 1, text
    return found[0].split()


def failure(*args: object) -> str:
    """The one line that a command ends with."""
    done = livefacs("corpus", *args)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("livefacs: ")
    return done.stderr


# ------------------------------------------------------------------ info


def test_info_counts(folder: Path) -> None:
    done = livefacs("corpus", "info", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny: 20 pictures, made by LiveFACS ")
    assert "licence CC0-1.0" in done.stdout
    assert "made with subjects 2, seed 7" in done.stdout
    assert line_of(done.stdout, "train") == ["train", "studio", "1", "1", "10"]
    assert line_of(done.stdout, "test") == ["test", "studio", "1", "1", "10"]
    assert line_of(done.stdout, "AU12")[-8:] == ["50.0", "%", "█" * 10, "4", "2", "0", "2", "2"]
    assert line_of(done.stdout, "AU45")[-6:] == ["–", "0", "0", "0", "0", "0"]
    assert line_of(done.stdout, "happiness") == ["happiness", "10"]
    assert re.search(r"^ *4 +-40° +\+0° +8$", done.stdout, re.MULTILINE)
    assert re.search(r"^ *5 +\+0° +\+0° +12$", done.stdout, re.MULTILINE)


def test_info_fits_a_pipe(folder: Path) -> None:
    """No colours, and no line cut off for want of a terminal's width."""
    done = livefacs("corpus", "info", folder, env={"PATH": "", "COLUMNS": "40", "PYTHONUTF8": "1"})
    assert "\x1b" not in done.stdout
    assert str(folder) in done.stdout
    assert "…" not in done.stdout


# ------------------------------------------------------------------ check


def test_check_passes_a_whole_corpus(folder: Path) -> None:
    done = livefacs("corpus", "check", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        rf"{re.escape(str(folder))}: 20 pictures in 5 files, all as written \([0-9.]+ s\)\n", done.stdout
    )


def test_check_sees_one_changed_bit(folder: Path) -> None:
    shard = folder / "pictures-00001.tar"
    content = bytearray(shard.read_bytes())
    content[700] ^= 1
    shard.write_bytes(content)
    assert "pictures-00001.tar was changed or damaged" in failure("check", folder)
    assert livefacs("corpus", "info", folder).returncode == 0


def test_check_decodes_what_the_hashes_pass(tmp_path: Path) -> None:
    """A picture that was broken before it was written has the right hash."""
    row = {"subject": "S", "sequence": "T", "frame": 1, "intensity": [0.0] * 3, "occurrence": [0.0] * 3}
    with CorpusWriter(tmp_path / "made", "tiny", AUS) as writer:
        for picture in (jpeg(0), jpeg(1)[:300], jpeg(2)):
            writer.add([picture], row)
    assert "pictures-00000.tar: picture of row 1 is damaged" in failure("check", tmp_path / "made")


@pytest.mark.parametrize("command", ["info", "check", "track"])
def test_what_is_no_corpus_is_one_line(command: str, tmp_path: Path) -> None:
    assert f"corpus {tmp_path}: has no corpus.toml; name a folder" in failure(command, tmp_path)


def test_a_newer_corpus_is_one_line(folder: Path) -> None:
    manifest = folder / "corpus.toml"
    manifest.write_text(manifest.read_text().replace("schema = 1", "schema = 2"))
    assert "upgrade livefacs" in failure("info", folder)


# ------------------------------------------------------------------ track


def test_track_tells_what_was_found(folder: Path, tmp_path: Path, face_model_path: Path) -> None:
    kept = tmp_path / "tracked.npz"
    done = livefacs("corpus", "track", folder, "--face-model", face_model_path, "--jobs", 1, "--save", kept)
    assert done.returncode == 0, done.stderr
    assert line_of(done.stdout, "4") == ["4", "0.0", "%", "of", "8", "faces", "found"]
    assert line_of(done.stdout, "5") == ["5", "0.0", "%", "of", "12", "faces", "found"]
    assert "all poses: 0.0 % of 20 faces found" in " ".join(done.stdout.split())
    assert kept.exists()


# ------------------------------------------------------------------ clip


def test_clip_of_people_who_cross(tmp_path: Path) -> None:
    pytest.importorskip("anny")
    out = tmp_path / "x.mp4"
    options = ("--crossings", 1, "--seconds", 2, "--fps", 4, "--size", "96x64")
    done = livefacs("corpus", "clip", out, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{out} and {out.with_suffix('.csv')}: 8 frames in ")
    assert len(out.with_suffix(".csv").read_text().splitlines()) == 1 + 2 * 8


# ------------------------------------------------------------------ the command line as a whole


def test_help_names_every_command_and_stays_light() -> None:
    done = livefacs("corpus", "--help")
    assert done.returncode == 0
    for command in ("make", "clip", "info", "check", "track"):
        assert re.search(rf"^│ {command} ", done.stdout, re.MULTILINE)
    code = "import sys, trainers.commands.corpus; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"anny", "av", "matplotlib", "mediapipe", "numba", "PIL", "scipy", "torch"}
    assert not heavy & set(loaded.split())


def test_a_negative_seed_is_one_line() -> None:
    assert "--seed -1: seeds are 0 or more" in failure(
        "make", "x", "--subjects", 1, "--frames", 1, "--seed", -1
    )
