"""Paddle Lite's optimiser: run in worker processes, its every end a typed error, its results byte for byte the same."""
