"""A run on disk: where each file of it lies, and its record `run.toml`.

run.toml            the recipe as used, seed, corpora, split, environment, facts of the data
metrics.jsonl       one line per look at the validation rows: losses by name, figures, rates
curves.png          learning curves
best.safetensors    the weights to use
last.safetensors    the weights and the state to resume from
examples.safetensors  a few validation inputs, on which an export is checked; pictures are uint8
pictures/           what the task drew on the way
tracked/            the faces found, one .npz per corpus (`livefacs train`)
"""

from __future__ import annotations

import os
import platform
import tomllib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from engines.manifest_writing import encode_manifest
from trainers.training.errors import TrainingError
from trainers.training.facts import Facts
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import decode_recipe, encode_recipe, without_nothing

HEADER = (
    "# A LiveFACS training run: what was trained, on what, by which program. Written once; do not edit.\n"
)
PACKAGES = ("livefacs", "torch", "lightning-fabric", "numpy", "ai-edge-litert")


class CorpusOrigin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a training corpus came from.

    Attributes:
        name: of the corpus.
        source: as the command line named it.
        manifest: sha256 of the open corpus' `corpus.toml`, which holds the hash of every file; "" of others.
        licence: of its pictures and labels, as its manifest says; "" if it says none.
    """

    name: str
    source: str = ""
    manifest: str = ""
    licence: str = ""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What was trained on.

    Attributes:
        corpora: joined in this order.
        split: `Split.description`.
        rows: of training and of validation.
        command: what trains these weights again; "" if nobody said.
    """

    corpora: tuple[CorpusOrigin, ...]
    split: str
    rows: tuple[int, int]
    command: str = ""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures may depend on besides recipe and corpus; `date` is the day of the start, ISO 8601."""

    date: str
    device: str
    devices: int
    threads: int
    python: str
    platform: str
    packages: dict[str, str]


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What `run.toml` says."""

    recipe: Recipe
    origin: Origin
    facts: Facts
    environment: Environment


class RunFolder:
    """The files of one run."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.record = self.folder / "run.toml"
        self.metrics = self.folder / "metrics.jsonl"
        self.curves = self.folder / "curves.png"
        self.best = self.folder / "best.safetensors"
        self.last = self.folder / "last.safetensors"
        self.examples = self.folder / "examples.safetensors"
        self.pictures = self.folder / "pictures"
        self.tracked = self.folder / "tracked"

    def __str__(self) -> str:
        return str(self.folder)

    def begin(self, record: RunRecord) -> None:
        """Make the folder and write its record; files of an earlier run in it go.

        Raises:
            TrainingError: it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in (self.metrics, self.curves, self.best, self.last, self.examples):
                path.unlink(missing_ok=True)
            for path in self.pictures.glob("*.png"):
                path.unlink()
            partial = self.record.with_name("run.toml.part")
            partial.write_text(encode_record(record), encoding="utf-8")
            partial.replace(self.record)
        except OSError as error:
            raise TrainingError(f"run {self}: cannot be written ({error}): name another folder") from error


def check_free(run: RunFolder, *, overwrite: bool) -> None:
    """Raise TrainingError if a new run may not be begun in this folder."""
    if run.folder.exists() and not run.folder.is_dir():
        raise TrainingError(f"run {run}: is a file: name a folder")
    if run.record.exists() and not overwrite:
        raise TrainingError(
            f"run {run}: holds a run already: go on with it by --resume, replace it by --overwrite, "
            "or name another folder"
        )


def encode_record(record: RunRecord) -> str:
    """Return the text of `run.toml`."""
    name = record.recipe.name
    fields: dict[str, Any] = {
        "recipe_name": name,
        "recipe": encode_recipe(record.recipe),
        "origin": msgspec.to_builtins(record.origin),
        "facts": msgspec.to_builtins(record.facts),
        "environment": msgspec.to_builtins(record.environment),
    }
    return encode_manifest(without_nothing(fields), HEADER)


def read_record(run: RunFolder) -> RunRecord:
    """Read `run.toml`.

    Raises:
        TrainingError: no run there, or a record that cannot be read.
        RecipeError: its recipe is not one that this program takes.
    """
    where = f"run {run}"
    try:
        document = tomllib.loads(run.record.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TrainingError(f"{where}: has no run.toml: name a folder that `livefacs train` wrote") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(f"{where}: run.toml cannot be read ({error}): train again") from error
    try:
        name, recipe = document["recipe_name"], document["recipe"]
        origin = msgspec.convert(document["origin"], Origin)
        facts = msgspec.convert(document["facts"], Facts)
        environment = msgspec.convert(document["environment"], Environment)
    except (KeyError, msgspec.ValidationError) as error:
        raise TrainingError(f"{where}: run.toml is incomplete or damaged ({error}): train again") from error
    return RunRecord(
        recipe=decode_recipe(recipe, name, f"{where}: run.toml"),
        origin=origin,
        facts=facts,
        environment=environment,
    )


def environment_of(device: str, devices: int) -> Environment:
    """Return the environment of this process."""
    import torch

    return Environment(
        date=datetime.now(UTC).date().isoformat(),
        device=device,
        devices=devices,
        threads=torch.get_num_threads(),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={name: found for name in PACKAGES if (found := _version(name))},
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
