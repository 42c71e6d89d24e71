"""Where results go: ZeroMQ, CSV, JSON lines, the terminal."""
