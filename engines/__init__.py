"""What runs a network: model bundles and the engines that execute them. Knows nothing of cameras."""
