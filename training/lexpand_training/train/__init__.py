"""How the student learns: warm-up, distillation, one run after the other."""
