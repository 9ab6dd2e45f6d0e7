"""Answers of the chat."""
