"""MediaPipe's face landmarker without MediaPipe: its three networks, and our own code between them.

picture -> detector -> regions -> mesh network -> 478 landmarks -> head matrix, blendshapes, next regions.
"""
