"""Networks on NVIDIA GPUs as TensorRT plans: half precision, built once per machine, run as CUDA graphs."""
