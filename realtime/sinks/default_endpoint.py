"""Where results are published unless told otherwise; apart from ZeroMQ, which `--help` need not load."""

DEFAULT_PORT = 5560
DEFAULT_ENDPOINT = f"tcp://127.0.0.1:{DEFAULT_PORT}"
DEFAULT_PORTS = (DEFAULT_PORT, DEFAULT_PORT + 1, DEFAULT_PORT + 2)
"""Every message, the newest only, questions."""
