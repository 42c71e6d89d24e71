"""What no publisher should be given: requests, subscriptions, raw bytes and config files; seeded."""

import string

# ------------------------------------------------------------------ what a control socket is asked


def request(random):
    """The parts of a message: noise, too long, too many, without envelope, or nearly right."""
    kinds = (
        lambda: [b"", random.randbytes(random.randrange(300))],
        lambda: [b"", random.randbytes(random.choice((257, 4096, 65000)))],
        lambda: [random.randbytes(random.randrange(20)) for _ in range(random.randrange(1, 30))],
        lambda: [b"", *(b"clock" for _ in range(random.randrange(2, 9)))],
        lambda: [b""] * random.randrange(1, 30),
        lambda: [b"", b"last " + text(random).encode()],
        lambda: [b"", mutated(random, random.choice((b"schema", b"clock", b"streams", b"last cam1")))],
        lambda: [b"", text(random).encode("utf-16")],
    )
    return random.choice(kinds)()


# ------------------------------------------------------------------ what ZMTP (RFC 23, 37) does not foresee

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
CURVE_GREETING = GREETING.replace(b"NULL\0", b"CURVE")


def frame(body, flags=0, length=None):
    """A frame of ZMTP: flags 1 for more parts, 2 for a long one, 4 for a command."""
    length = len(body) if length is None else length
    if length < 256 and not flags & 2:
        return bytes([flags, length]) + body
    return bytes([flags | 2]) + length.to_bytes(8, "big") + body


def command(name, body, **options):
    return frame(bytes([len(name)]) + name + body, 4, **options)


def ready(kind=b"SUB"):
    return command(b"READY", b"\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind)


def connection(random):
    """Everything that somebody sends on a connection, from noise to a handshake that goes wrong late."""
    noise = random.randbytes(random.randrange(1, 200))
    greeting = random.choice((GREETING, GREETING, CURVE_GREETING))
    kinds = (
        lambda: noise,
        lambda: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        lambda: mutated(random, greeting) + noise,
        lambda: greeting[: random.randrange(64)],
        lambda: b"\x01\x00",  # ZMTP 1
        lambda: b"\xff" + bytes(8) + b"\x7f\x01" + random.randbytes(1) + noise,  # ZMTP 2
        lambda: greeting + noise,
        lambda: greeting + mutated(random, ready()),
        lambda: greeting + command(random.choice((b"READY", b"HELLO", b"INITIATE", b"ERROR", b"")), noise),
        lambda: greeting + frame(b"", 2, random.choice((2**63 - 1, 2**63, 2**64 - 1, 513, 65537))) + noise,
        lambda: greeting + ready(random.choice((b"", b"PUB", b"SUB" * 50, b"REQ", b"\0" * 9))) + frame(noise),
        lambda: greeting + b"\x04\x0e\x05READY\x0bSocket-" + noise,
        lambda: CURVE_GREETING + command(b"HELLO", b"\x01\x00" + bytes(72) + random.randbytes(120)),
        lambda: GREETING + ready() + subscriptions(random),
        lambda: GREETING + ready(b"DEALER") + b"".join(frame(noise, random.randrange(8)) for _ in range(20)),
    )
    return random.choice(kinds)()


def subscriptions(random):
    """Frames that a subscriber sends after its handshake, in ZMTP 3.0's form and 3.1's."""
    return b"".join(subscription(random) for _ in range(random.randrange(1, 20)))


def subscription(random):
    topic = random.choice((random.randbytes(random.randrange(480)), b"frame." + text(random).encode()))
    kinds = (
        lambda: frame(b"\x01" + topic),
        lambda: frame(b"\x00" + topic),  # of what was never subscribed to
        lambda: frame(b"\x01" + topic, 1),  # with more parts to come
        lambda: frame(random.randbytes(random.randrange(20)), random.randrange(8)),
        lambda: frame(b""),
        lambda: command(b"SUBSCRIBE", topic),
        lambda: command(b"CANCEL", topic),
        lambda: command(b"PING", random.randbytes(random.randrange(30))),
        lambda: frame(b"\x01" + bytes(600)),  # ZeroMQ hangs up on this one
    )
    return random.choice(kinds)()


# ------------------------------------------------------------------ config files

OPTIONS = ("source", "publish", "keys", "allow", "unencrypted", "csv", "max-faces", "window", "view", "name")


def config(random):
    """The bytes of a config file that is none, or of one with unusable options."""
    kinds = (
        lambda: random.randbytes(random.randrange(500)),
        lambda: text(random).encode(),
        lambda: mutated(random, b"".join(_assignment(random) for _ in range(random.randrange(1, 6)))),
        lambda: b"".join(_assignment(random) for _ in range(random.randrange(1, 6))),
        lambda: b"window = " + random.choice((b"[" * 5000, b"{a=" * 5000, b"9" * 5000, b"1e" + b"9" * 400)),
        lambda: b"[" * random.randrange(300) + b"a" + b"]" * random.randrange(300),
    )
    return random.choice(kinds)()


def _assignment(random):
    key = random.choice(
        (*OPTIONS, text(random), "a.b.c", '"' + text(random) + '"', "[window]\nx", "[[csv]]\nx")
    )
    return f"{key} = {_value(random)}\n".encode()


def _value(random, depth=0):
    kinds = (
        lambda: repr(text(random)),
        lambda: (
            '"' + random.choice(("\\u0000", "\\u001b[2J", "${", "${}", "${PATH}", "${NOT_SET}", "$${")) + '"'
        ),
        lambda: str(random.randrange(-(10**30), 10**30)),
        lambda: random.choice(("nan", "-inf", "1e999", "0x" + "f" * 40, "0b2", "1__0")),
        lambda: random.choice(("true", "false", "null", "None")),
        lambda: random.choice(("2024-01-01", "2024-13-41T99:99:99Z", "07:32:00")),
        lambda: "[" + ", ".join(_value(random, depth + 1) for _ in range(3)) + "]" if depth < 3 else "[]",
        lambda: "{a = " + _value(random, depth + 1) + "}" if depth < 3 else "{}",
        lambda: '"""' + text(random) + '"""',
    )
    return random.choice(kinds)()


# ------------------------------------------------------------------ what they are made of


def text(random):
    alphabet = string.printable + "äß€𝄞\u202e\u2028\x1b\0"
    return "".join(random.choice(alphabet) for _ in range(random.randrange(40)))


def mutated(random, data):
    """Bytes with up to four of them changed, doubled, left out or put in."""
    data = bytearray(data)
    for _ in range(random.randrange(1, 5)):
        place = random.randrange(len(data) + 1)
        match random.randrange(4):
            case 0:
                data[place : place + 1] = random.randbytes(1)
            case 1:
                data[place:place] = data[max(0, place - random.randrange(20)) : place]
            case 2:
                del data[place : place + random.randrange(5)]
            case _:
                data[place:place] = random.randbytes(random.randrange(5))
    return bytes(data)
