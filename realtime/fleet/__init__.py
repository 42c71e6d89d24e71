"""Streams on several machines: each an actor of Ray, all of them behind one endpoint.

    Fleet (supervisor) --lease, go, stop--> ServedStream (an actor: one camera, one pipeline)
    ServedStream --Uplink--> Exchange --> publisher, as of `livefacs run`

`livefacs fleet` puts them together. Needs `pip install "livefacs[fleet]"`.
"""
