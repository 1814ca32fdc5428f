"""What should rank where: vectors, BM25, candidates, and what the student is asked for."""
