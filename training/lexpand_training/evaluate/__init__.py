"""How good a model, a file or a teacher ranks."""
