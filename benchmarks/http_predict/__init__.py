"""Durable predictions over HTTP beside model servers that store nothing."""
