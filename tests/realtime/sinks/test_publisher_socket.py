import os
import threading
import time

import pytest
import zmq
from wire_samples import connected, received

from realtime.sinks import publisher_socket
from realtime.sinks.endpoints import bind, context
from realtime.sinks.publisher_socket import PublisherSocket


@pytest.fixture
def publisher():
    pub = context().socket(zmq.PUB)
    endpoint = bind(pub, "tcp://127.0.0.1:*")
    publisher = PublisherSocket(pub)
    publisher.endpoint = endpoint
    yield publisher
    if publisher._thread.is_alive():
        publisher.finish(0)
        publisher.wait()


@pytest.fixture
def subscriber(publisher):
    with zmq.Context() as other, connected(other, zmq.SUB, publisher.endpoint) as subscriber:
        deadline = time.monotonic() + 20
        while not subscriber.poll(10):
            assert time.monotonic() < deadline
            publisher.send_one(b"hello")
        while subscriber.poll(100):
            subscriber.recv_multipart()
        yield subscriber


def test_publishes_both_forms_in_order(publisher, subscriber):
    for number in range(100):
        publisher.send(b"topic.", b"%d" % number)
        publisher.send_one(b"one.%d" % number)
    messages = received(subscriber, lambda parts: parts == [b"one.99"])
    assert messages[::2] == [[b"topic.", b"%d" % number] for number in range(100)]
    assert messages[1::2] == [[b"one.%d" % number] for number in range(100)]


def test_what_was_sent_last_still_leaves(publisher, subscriber):
    messages = []
    last = [b"topic.", b"499"]
    reading = threading.Thread(target=lambda: messages.extend(received(subscriber, lambda one: one == last)))
    reading.start()
    for number in range(500):
        publisher.send(b"topic.", b"%d" % number)
    publisher.finish(20000)
    publisher.wait()
    reading.join()
    assert len(messages) == 500


def test_ten_thousand_subscriptions_hold_up_nobody_who_sends(publisher, subscriber):
    """Sent straight to the PUB, they hold it up for some 300 ms at a stretch; each then costs memory."""
    longest, over = [0.0], threading.Event()

    def send():
        while not over.is_set():
            start = time.perf_counter()
            publisher.send(b"topic.", b"x")
            longest[0] = max(longest[0], time.perf_counter() - start)
            time.sleep(0.001)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        with zmq.Context() as other, other.socket(zmq.SUB) as flooding:
            flooding.linger = 0
            flooding.sndhwm = 0
            flooding.connect(publisher.endpoint)
            for _ in range(10_000):
                flooding.subscribe(os.urandom(400))
            flooding.subscribe(b"last.")
            deadline = time.monotonic() + 20
            while not flooding.poll(10):  # entered are then all of them
                assert time.monotonic() < deadline
                publisher.send_one(b"last.")
    finally:
        over.set()
        sending.join()
    assert longest[0] < 0.1


def test_a_full_queue_loses_whole_messages_and_blocks_nobody(publisher, subscriber):
    sent = 0
    before = time.monotonic()
    while sent < 3 * publisher_socket.QUEUE:
        publisher.send(b"topic.", b"%d" % sent)
        publisher.send_one(b"one")
        sent += 1
    assert time.monotonic() - before < 10
    publisher.send_one(b"end")
    deadline = time.monotonic() + 20
    messages = []
    while messages[-1:] != [[b"end"]]:
        assert time.monotonic() < deadline
        publisher.send_one(b"end")
        while subscriber.poll(10):
            messages.append(subscriber.recv_multipart())
    assert {len(parts) for parts in messages} == {1, 2}
    assert all(parts[0] == b"topic." for parts in messages if len(parts) == 2)
