"""The pages, one module each; ``page()`` shows it."""
