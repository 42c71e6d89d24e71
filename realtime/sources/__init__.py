"""Where frames come from: files, webcams, network streams."""
