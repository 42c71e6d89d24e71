"""The live page: the picture with what is read from it, in a browser.

    PageSink --Scene--> Stage --newest only--> Viewer (one WebSocket) --scene message--> page (static/)

The pipeline hands over references and goes on; pictures are encoded and sent in the server's own thread, and
only for pages that are open and ask for them.
"""
