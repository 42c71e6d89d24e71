"""What makes models: corpora, protocols, metrics, methods, and the scripts that write bundles."""
