"""Batches by the thousand, and a million rows."""
