"""HAB's core: values in, values out. No web, database, cache, queue or user interface."""
