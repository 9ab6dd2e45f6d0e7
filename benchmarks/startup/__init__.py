"""Starting, and what an installation takes."""
