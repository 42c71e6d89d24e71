"""Read a webcam (or any source given) in this process and print who smiles."""

import sys

import realtime

for result in realtime.stream(sys.argv[1] if len(sys.argv) > 1 else "webcam:0"):
    for face in result.faces:
        smile = face.au_intensity["AU12"]
        print(f"frame {result.frame}  face {face.track_id}  AU12 {smile:.1f} {'#' * round(8 * smile)}")
