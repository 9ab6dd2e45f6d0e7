"""HAB's server: HTTP, storage, cache and queue around the core, and nothing else."""
