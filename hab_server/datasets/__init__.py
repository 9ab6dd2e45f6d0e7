"""Datasets on the server: how they are received, kept, opened, swept up and shown to newcomers."""
