"""The other servers of the comparison."""
