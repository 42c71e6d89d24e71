"""`livefacs keys`, and the keys at work in `run` and `watch`: processes, as a lab starts them."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from command_line import LIVEFACS, livefacs, livefacs_here
from wire_samples import result, status

from realtime.key_files import make_pair, read_pair, read_public
from realtime.sinks.zeromq import ZeroMQSink

CLIP = Path(__file__).parents[3] / "examples" / "rendered_face.mp4"


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, (done.returncode, done.stderr)
    (line,) = done.stderr.strip().splitlines()
    for word in words:
        assert word in line, (word, line)


def test_makes_a_pair_and_says_where_each_file_goes(tmp_path: Path) -> None:
    done = livefacs("keys", "door", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    secret, public = tmp_path / "keys" / "door.key_secret", tmp_path / "keys" / "door.key"
    assert read_pair(secret).public == read_public(public)
    for words in (
        "keys/door.key_secret   secret: stays here",
        "keys/door.key          public: for the other side",
        "--keys keys/door.key_secret --allow",
        "--keys keys/door.key_secret --server-key",
        "give door.key to",
    ):
        assert words in done.stdout
    assert read_pair(secret).secret.decode() not in done.stdout


def test_never_replaces_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "lab" / "keys"
    made = [livefacs_here("keys", "door", "--folder", folder) for _ in range(2)]
    assert made[0].returncode == 0, made[0].stderr
    refused(made[1], str(folder / "door.key"), "exists", "another name")


def test_a_name_that_is_a_path_is_refused(tmp_path: Path) -> None:
    refused(livefacs_here("keys", "../door", "--folder", tmp_path), "'../door'", "letters, digits")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ at work


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with keys of a publisher, of Anna whom it lets in, and of Eve whom it does not."""
    monkeypatch.chdir(tmp_path)
    for name in ("door", "anna", "eve"):
        make_pair(Path("keys"), name)
    Path("readers").mkdir()
    shutil.copy("keys/anna.key", "readers")
    return tmp_path


@pytest.fixture
def endpoint(lab: Path) -> Iterator[str]:
    """Where a publisher with keys repeats a frame, and then ends its stream."""
    over = threading.Event()
    with ZeroMQSink("tcp://127.0.0.1:*", keys=lab / "keys/door.key_secret", allow=lab / "readers") as sink:

        def speak() -> None:
            while not over.wait(0.02):
                sink.write(result())
                sink.status(status(state="ended" if over.wait(0.02) else "live"))

        thread = threading.Thread(target=speak)
        thread.start()
        yield sink.endpoint
        over.set()
        thread.join()


def test_watch_reads_with_the_keys_that_fit(lab: Path, endpoint: str) -> None:
    command = [
        str(LIVEFACS),
        "watch",
        endpoint,
        "--keys",
        "keys/anna.key_secret",
        "--server-key",
        "keys/door.key",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert "face 1" in watching.stdout.readline()
        watching.terminate()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ((), "is encrypted; give your own keys"),
        (("keys/eve.key_secret", "keys/door.key"), "does not let keys/eve.key_secret in"),
        (("keys/anna.key_secret", "keys/eve.key"), "server_key is not the key of"),
        (("keys/anna.key", "keys/door.key"), "name the .key_secret file"),
    ],
)
def test_watch_says_at_once_what_is_wrong_with_others(
    keys: tuple[str, ...], words: str, endpoint: str
) -> None:
    options = zip(("--keys", "--server-key"), keys, strict=False)
    refused(livefacs_here("watch", endpoint, "--timeout", 60, *chain(*options)), words)


def test_run_publishes_to_other_machines_with_keys_only(lab: Path, face_model_path) -> None:
    run = ("run", CLIP, "--quiet", "--publish", "tcp://0.0.0.0:*")
    refused(livefacs_here(*run), "tcp://0.0.0.0:*", "livefacs keys NAME", "--unencrypted")
    refused(livefacs_here(*run, "--allow", "readers", "--unencrypted"), "readers", "--keys")
    Path("lab.toml").write_text('keys = "keys/door.key_secret"\nallow = "readers"\n')
    done = livefacs(*run, "--config", "lab.toml")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "encrypted, for those in readers" in done.stdout


def test_the_key_file_is_never_written_over(lab: Path, face_model_path) -> None:
    secret = Path("keys/door.key_secret")
    before = secret.read_bytes()
    options = ("--keys", secret, "--csv", secret, "--overwrite")
    refused(livefacs_here("run", CLIP, "--publish", "none", *options), "--csv", "key file itself")
    assert secret.read_bytes() == before
