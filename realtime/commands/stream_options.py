"""The options of every command that reads streams."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engines.choices import AUTO, CONVERTED, DEVICES, PRECISIONS
from realtime.page.defaults import DEFAULT_ADDRESS
from realtime.sinks.csv_columns import LAYOUTS
from realtime.tracking.landmarkers import landmarker_names

PAGE, BRIDGES = "Live page", "Bridges to other programs"
"""Panels of the help."""

BundlePath = Annotated[
    Path | None,
    typer.Option(
        help="Model bundle, a folder or .zip; default: the one built in. `blendshapes` is built in as "
        "well: a rule that costs next to nothing."
    ),
]
MaxFaces = Annotated[int, typer.Option(min=1, help="Most faces followed at once.")]
TrackerName = Annotated[
    str,
    typer.Option(
        metavar="|".join(landmarker_names()),
        help="What finds the faces: `native`, or the `mediapipe` package, whose networks it runs: "
        "the same landmarks in twice the time.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="|".join(DEVICES),
        help="What runs the networks: `cuda` is an NVIDIA GPU, by TensorRT or ONNX Runtime.",
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        metavar="|".join(dict.fromkeys((AUTO, *PRECISIONS, *CONVERTED))),
        help="Of the bundle's networks: `auto` tries which is the fastest here, once; fp16 is for GPUs.",
    ),
]
Window = Annotated[int, typer.Option(help="Frames in the temporal median, odd; 1 switches it off.")]
Calibrated = Annotated[
    bool, typer.Option("--calibration/--no-calibration", help="Measure AUs from each person's own rest.")
]
RealTime = Annotated[bool, typer.Option("--realtime", help="Play a file by its time stamps, like a camera.")]
Reconnect = Annotated[
    bool,
    typer.Option(
        "--reconnect/--no-reconnect",
        help="Open a camera or stream that is lost again, for as long as it takes.",
    ),
]
MaxFps = Annotated[
    float | None,
    typer.Option(help="Most frames a second of a live source; others are dropped.", show_default=False),
]
Keys = Annotated[
    Path | None,
    typer.Option(
        help="Encrypt what is published, with this .key_secret file; `livefacs keys` makes it. Needed "
        "where other machines can read.",
        show_default=False,
    ),
]
Allow = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the .key files of those who may read; default: whoever has the publisher's .key.",
        show_default=False,
    ),
]
Unencrypted = Annotated[
    bool, typer.Option("--unencrypted", help="Publish to other machines without keys, for all to read.")
]
Metrics = Annotated[
    str | None,
    typer.Option(
        help="Serve rates, drops, stage times and states to Prometheus: at HOST:PORT, or a port, such as "
        "9464, of this machine.",
        metavar="ADDRESS",
        show_default=False,
    ),
]
LivePage = Annotated[
    bool,
    typer.Option(
        "--view", help="Show everything on a page in a browser; its address is printed.", rich_help_panel=PAGE
    ),
]
PageAddress = Annotated[
    str | None,
    typer.Option(
        "--view-at",
        help="Serve the page at HOST:PORT, or a port of this machine; implies --view. Where other machines "
        f"can reach it, browsers need the token that is printed. [default: {DEFAULT_ADDRESS}]",
        metavar="ADDRESS",
        show_default=False,
        rich_help_panel=PAGE,
    ),
]
PageToken = Annotated[
    str | None,
    typer.Option(
        "--view-token",
        help="What browsers must show, in the address, to open the page. Made up where other machines can "
        "reach it; give one where other users of this machine shall not see the picture.",
        metavar="TOKEN",
        show_default=False,
        rich_help_panel=PAGE,
    ),
]
Recordings = Annotated[
    Path,
    typer.Option(help="Folder for what is recorded on the page.", metavar="FOLDER", rich_help_panel=PAGE),
]
CsvColumns = Annotated[
    str,
    typer.Option(
        "--csv-columns", help="Column names of the CSV: of OpenFace or of py-feat.", metavar="|".join(LAYOUTS)
    ),
]
Lsl = Annotated[
    bool,
    typer.Option("--lsl", help="Offer every stream to Lab Streaming Layer.", rich_help_panel=BRIDGES),
]
LslFaces = Annotated[
    int,
    typer.Option(
        "--lsl-faces", min=1, help="Faces that an LSL outlet has channels for.", rich_help_panel=BRIDGES
    ),
]
Osc = Annotated[
    str | None,
    typer.Option(
        help="Send every score by Open Sound Control to HOST:PORT, or a port of this machine.",
        metavar="ADDRESS",
        show_default=False,
        rich_help_panel=BRIDGES,
    ),
]
Vmc = Annotated[
    str | None,
    typer.Option(
        help="Move an avatar's 52 ARKit blendshapes by the VMC protocol, at HOST:PORT or a port of this "
        "machine; most programs listen on 39539.",
        metavar="ADDRESS",
        show_default=False,
        rich_help_panel=BRIDGES,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say what happens, but draw no running view in the terminal.")
]
