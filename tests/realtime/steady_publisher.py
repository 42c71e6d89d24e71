"""A publisher as a process: a frame every 5 ms until its input ends; then it says how that went, in JSON.

python steady_publisher.py [KEY_SECRET [ALLOW]]
"""

import json
import sys
import threading
import time

import psutil
from wire_samples import face, result, status

from realtime.sinks.zeromq import ZeroMQSink

PERIOD_S = 0.005


def publish(keys, allow):
    process = psutil.Process()
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    faces = (face(),)
    longest, seq = 0.0, 0
    with ZeroMQSink("tcp://127.0.0.1:*", *["tcp://127.0.0.1:*"] * 2, keys=keys, allow=allow) as sink:
        print(sink.endpoint, sink.newest_endpoint, sink.control_endpoint, flush=True)
        memory = process.memory_info().rss
        due = time.monotonic()
        while not over.is_set():
            start = time.perf_counter()
            sink.write(result(seq, faces=faces))
            longest = max(longest, time.perf_counter() - start)
            seq += 1
            due += PERIOD_S
            time.sleep(max(0.0, due - time.monotonic()))
        for _ in range(10):
            sink.status(status(state="ended"))
    grown = process.memory_info().rss - memory
    print(json.dumps({"sent": seq, "longest_write": longest, "memory_grown": grown}), flush=True)


if __name__ == "__main__":
    publish(*(*sys.argv[1:], None, None)[:2])
