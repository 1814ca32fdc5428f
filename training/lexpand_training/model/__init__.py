"""What is trained: body, head and query table, the weights that they begin with, checkpoints."""
