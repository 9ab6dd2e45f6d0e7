"""The store: one engine, the tables, and one query module per domain. SQL stays in this folder."""
