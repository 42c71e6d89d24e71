"""Other forms of a bundle's networks: fewer bits, measured against the networks as they were trained."""
