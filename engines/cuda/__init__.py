"""Networks on NVIDIA GPUs: what every way of running them there shares."""
