"""The default model: Action Units and expressions from MediaPipe's blendshapes, by rule, without training."""
