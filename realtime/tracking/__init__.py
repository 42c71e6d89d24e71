"""From frames to tracked faces: landmarks, pose, stable identity, aligned crop."""
