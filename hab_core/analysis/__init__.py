"""The analysis tools: plain functions from a table and parameters to a typed result."""
