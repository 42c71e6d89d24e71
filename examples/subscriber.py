"""Print how strongly each face smiles (AU12, intensity 0-5), live.

Needs `pip install pyzmq msgpack`, nothing of LiveFACS:

    python subscriber.py [tcp://127.0.0.1:5560]
"""

import sys

import msgpack
import zmq

socket = zmq.Context.instance().socket(zmq.SUB)
socket.connect(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5560")
socket.subscribe("frame.")  # every stream; "frame.cam1." for one: the last dot matters

while True:
    topic, payload = socket.recv_multipart()
    result = msgpack.unpackb(payload)
    for face in result["faces"]:
        smile = face.get("au_intensity", {}).get("AU12")  # absent if the model does not know it
        if smile is not None:
            print(f"{result['stream']} face {face['track_id']}: AU12 {smile:.2f} {'#' * round(8 * smile)}")
