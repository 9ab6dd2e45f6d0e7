"""Many users at once, for minutes."""
