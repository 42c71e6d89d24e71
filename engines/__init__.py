"""What runs a network: model bundles and the engines that execute them. Knows nothing of cameras.

Importing this package imports no backend: ONNX Runtime comes in when the first engine loads.
"""

import os

# ONNX Runtime reports its use to its maker from version 1.32 on, unless this is set before it is imported.
# Who reads faces sends nothing that the user did not ask for.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from engines.backends import DEFAULT_BACKEND, backend_names, create_engine
from engines.bundle import Bundle
from engines.bundle_writing import pack, write_bundle
from engines.engine import Engine, TensorSpec
from engines.errors import BundleError, EngineError, LiveFacsError
from engines.manifest import (
    INPUT_KINDS,
    MANIFEST_NAME,
    SCHEMA,
    CropInput,
    Manifest,
    Metric,
    Outputs,
    Parity,
    PlainInput,
    PoseGroup,
    Training,
)
from engines.manifest_reading import decode_manifest

__all__ = [
    "DEFAULT_BACKEND",
    "INPUT_KINDS",
    "MANIFEST_NAME",
    "SCHEMA",
    "Bundle",
    "BundleError",
    "CropInput",
    "Engine",
    "EngineError",
    "LiveFacsError",
    "Manifest",
    "Metric",
    "Outputs",
    "Parity",
    "PlainInput",
    "PoseGroup",
    "TensorSpec",
    "Training",
    "backend_names",
    "create_engine",
    "decode_manifest",
    "pack",
    "write_bundle",
]
