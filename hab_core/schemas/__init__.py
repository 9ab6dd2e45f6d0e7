"""The shapes HAB speaks: requests, answers and the core's own vocabulary. Pydantic and the standard library only."""
