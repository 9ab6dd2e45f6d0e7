"""The analysis tools beside the same analyses in pandas."""
