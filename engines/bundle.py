"""A model bundle, opened and checked: the way from a path to engines that run."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from engines.backends import DEFAULT_BACKEND, converted_precisions, create_engine
from engines.bundle_files import BundleFiles, open_files
from engines.choices import PRECISIONS
from engines.engine import Engine
from engines.errors import BundleError, EngineError
from engines.manifest import MANIFEST_NAME, CropInput, Manifest
from engines.manifest_reading import decode_manifest
from engines.model_rules import first_disagreement, first_misbehaviour


class Bundle:
    """The head models that share one `bundle.toml` (`docs/bundles.md`). Open one with `Bundle.open`.

        with Bundle.open("blendshapes.zip") as bundle, bundle.engine(bundle.models[0]) as engine:
            scores = engine.infer({"blendshapes": rows})

    Models are read from the bundle when they are needed, and their hash is checked each time.
    """

    def __init__(self, path: Path, files: BundleFiles) -> None:
        """`path` names the bundle in messages, `files` gives what is in it.

        Raises:
            BundleError: no manifest, or one that breaks its rules.
        """
        self._path = path
        self._files = files
        text = files.read(MANIFEST_NAME)
        if text is None:
            raise BundleError(
                f"bundle {path}: has no {MANIFEST_NAME}: give the path of a bundle (docs/bundles.md)"
            )
        self._text = text
        self._manifest = decode_manifest(text, str(path))
        self._agreeing: set[str] = set()  # files found to agree with the manifest
        self._spare: dict[str, Engine] = {}  # loaded for that check, and not handed out yet

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, models: bool = True) -> Self:
        """Open a bundle and check it.

        Args:
            path: a folder or a zip.
            models: whether to load each model (in fp32) and compare it with the manifest at once. If not,
                that happens at its first `engine` call.

        Raises:
            BundleError: not a bundle, damaged, newer than this program, or at odds with itself.
        """
        bundle = cls(Path(path), open_files(Path(path)))
        bundle.verify()
        if models:
            bundle.verify_models()
        return bundle

    @property
    def path(self) -> Path:
        """Where the bundle was opened."""
        return self._path

    @property
    def manifest(self) -> Manifest:
        """All that `bundle.toml` says."""
        return self._manifest

    @property
    def manifest_text(self) -> bytes:
        """`bundle.toml` itself."""
        return self._text

    @property
    def id(self) -> str:
        """Name and version, as in the `model` field of messages: "blendshapes 1.0.0"."""
        return f"{self._manifest.name} {self._manifest.version}"

    @property
    def aus(self) -> tuple[str, ...]:
        """Action Units in the order of the output columns."""
        return self._manifest.aus

    @property
    def expressions(self) -> tuple[str, ...]:
        """Expressions in the order of the output columns."""
        return self._manifest.expressions

    @property
    def thresholds(self) -> dict[str, float]:
        """AU -> probability, 0-1, from which it counts as present; every AU has one."""
        default = self._manifest.threshold_default
        return {au: self._manifest.thresholds.get(au, default) for au in self.aus}

    @property
    def models(self) -> tuple[str, ...]:
        """File names of the networks that serve pose groups, each once."""
        return self._manifest.models

    @property
    def precisions(self) -> tuple[str, ...]:
        """In which precisions the models are there, "fp32" first."""
        return (PRECISIONS[0], *(name for name in PRECISIONS[1:] if name in self._manifest.precisions))

    def file_bytes(self, name: str) -> bytes:
        """Return a file that `[files]` lists, its hash checked.

        Raises:
            BundleError: not listed, missing, or changed.
        """
        wanted = self._manifest.files.get(name)
        if wanted is None:
            raise self._error(f"{name!r} is not listed in [files]: add it with its sha256")
        content = self._files.read(name)
        if content is None:
            raise self._error(f"{name!r} is listed in [files] but missing: copy or download the bundle again")
        found = hashlib.sha256(content).hexdigest()
        if found != wanted:
            raise self._error(
                f"{name!r} has sha256 {found}, the manifest says {wanted}: "
                "the file was changed or damaged; copy or download the bundle again"
            )
        return content

    def form(self, filename: str, precision: str) -> str:
        """Return the name of the file that holds a model in this precision.

        Raises:
            BundleError: no such model, or not in this precision.
        """
        if filename not in self.models:
            raise self._error(f"no pose group uses {filename!r}: use one of {', '.join(self.models)}")
        if precision not in self.precisions:
            more = {"int8": ", or make them with livefacs compile", "fp16": "; fp16 is for --device cuda"}
            raise self._error(
                f"has no {precision} networks: choose one of {', '.join(self.precisions)}"
                + more.get(precision, "")
            )
        return self._manifest.precisions.get(precision, {}).get(filename, filename)

    def model_bytes(self, filename: str, precision: str = PRECISIONS[0]) -> bytes:
        """Return the .onnx file of a model in `models`, its hash checked.

        Raises:
            BundleError: no such model, not in this precision, or the file is missing or changed.
        """
        return self.file_bytes(self.form(filename, precision))

    def engine(
        self,
        filename: str,
        backend: str = DEFAULT_BACKEND,
        precision: str = PRECISIONS[0],
    ) -> Engine:
        """Return an engine of its own for the caller, who closes it.

        It may be loaded already (the model that was checked is not loaded a second time); `load` and
        `with` make sure in either case. The first `infer` binds it to its thread. On a GPU the caller may
        write crops where the network reads them (`Engine.resident`).

        Args:
            filename: one of `models`.
            backend: one of `engines.backend_names()`.
            precision: one of `precisions`, or one that the backend makes of fp32 by itself.

        Raises:
            BundleError: no such model, not in this precision, or it disagrees with the manifest.
            EngineError: no such backend.
        """
        converted = precision in converted_precisions(backend)
        form = self.form(filename, PRECISIONS[0] if converted else precision)
        if form not in self._agreeing:
            self._verify_model(filename, form)
        if backend == DEFAULT_BACKEND and form in self._spare:
            return self._spare.pop(form)
        crops = [each for each, spec in self._manifest.inputs.items() if isinstance(spec, CropInput)]
        engine = create_engine(backend, self.file_bytes(form), self._label(form), precision, resident=crops)
        if form in self._spare:
            self._spare.pop(form).close()  # served for the check only; another backend will run the model
        return engine

    def verify(self) -> None:
        """Check that every listed file is there and has its hash.

        Raises:
            BundleError: a file is missing or was changed.
        """
        for name in self._manifest.files:
            self.file_bytes(name)

    def verify_models(self, *, run: bool = False, precision: str = PRECISIONS[0]) -> None:
        """Check that every model's inputs and outputs are those of the manifest.

        Args:
            precision: which form of the models.
            run: also run each model on noise and judge the scores, which finds what names and shapes do
                not tell: frozen batch sizes, rows that influence each other, scores out of range.

        Raises:
            BundleError: a model cannot be loaded, disagrees, or misbehaves.
        """
        for filename in self.models:
            form = self.form(filename, precision)
            if form not in self._agreeing:
                self._verify_model(filename, form)
            if run:
                self._try_model(filename, precision)

    def close(self) -> None:
        """Free the networks loaded for checking. Engines handed out live on."""
        while self._spare:
            self._spare.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _verify_model(self, filename: str, form: str) -> None:
        engine = create_engine(DEFAULT_BACKEND, self.file_bytes(form), self._label(form))
        try:
            engine.load()
        except EngineError as error:
            raise BundleError(str(error)) from error
        problem = first_disagreement(self._manifest, filename, engine)
        if problem:
            engine.close()
        self._refuse(form, problem)
        self._agreeing.add(form)
        self._spare[form] = engine

    def _try_model(self, filename: str, precision: str) -> None:
        try:
            with self.engine(filename, precision=precision) as engine:
                self._refuse(filename, first_misbehaviour(self._manifest, filename, engine))
        except EngineError as error:
            raise BundleError(str(error)) from error

    def _refuse(self, filename: str, problem: str | None) -> None:
        if problem:
            raise self._error(f"{filename}: {problem}")

    def _error(self, problem: str) -> BundleError:
        return BundleError(f"bundle {self._path}: {problem}")

    def _label(self, filename: str) -> str:
        return f"bundle {self._path}: {filename}"
