"""Pictures that stay on the GPU: uploaded once a frame, sampled and cropped where networks read them."""
