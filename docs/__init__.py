"""The documentation; ``generate`` renders its generated pages."""
