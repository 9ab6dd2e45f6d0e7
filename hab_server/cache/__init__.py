"""The cache: get-or-compute and its keys."""
