"""The calls of the API, one class for each domain."""
