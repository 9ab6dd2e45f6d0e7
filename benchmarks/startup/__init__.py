"""What it costs to start: commands and imports against a bare interpreter."""
