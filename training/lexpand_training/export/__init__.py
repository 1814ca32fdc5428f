"""Checkpoint to the folder that `models/` reads, and back."""
