"""HAB's user interface; it talks to the server only through ``hab_client``."""
