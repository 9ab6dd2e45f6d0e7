"""HAB without anything beside Python: SQLite and its own Valkey in ``HAB_HOME``, the server in a thread."""

from __future__ import annotations

from hab_server.valkey import ValkeyProcess

__all__ = ["ValkeyProcess"]
