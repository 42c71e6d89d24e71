"""What runs a network: model bundles and the engines that execute them. Knows nothing of cameras.

Importing this package imports no backend: ONNX Runtime comes in when the first engine loads, and the names
below when they are first used.
"""

import os
from typing import TYPE_CHECKING

from engines.lazy_names import lazy_names

# ONNX Runtime reports its use to its maker from version 1.32 on, unless this is set before it is imported.
# Who reads faces sends nothing that the user did not ask for.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
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
    from engines.sharing import SharedNetworks

_HOMES = {
    "Bundle": "bundle",
    "BundleError": "errors",
    "CropInput": "manifest",
    "DEFAULT_BACKEND": "backends",
    "Engine": "engine",
    "EngineError": "errors",
    "INPUT_KINDS": "manifest",
    "LiveFacsError": "errors",
    "MANIFEST_NAME": "manifest",
    "Manifest": "manifest",
    "Metric": "manifest",
    "Outputs": "manifest",
    "Parity": "manifest",
    "PlainInput": "manifest",
    "PoseGroup": "manifest",
    "SCHEMA": "manifest",
    "SharedNetworks": "sharing",
    "TensorSpec": "engine",
    "Training": "manifest",
    "backend_names": "backends",
    "create_engine": "backends",
    "decode_manifest": "manifest_reading",
    "pack": "bundle_writing",
    "write_bundle": "bundle_writing",
}

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
    "SharedNetworks",
    "TensorSpec",
    "Training",
    "backend_names",
    "create_engine",
    "decode_manifest",
    "pack",
    "write_bundle",
]

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
