"""The schema's history: `NNNN_words.py`, one head, forward only."""
