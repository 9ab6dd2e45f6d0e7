"""Datasets: bytes of a public office's CSV become a typed table with a profile, kept as Parquet."""
