"""HAB as production runs it: PostgreSQL, Redis, two API processes and two workers, each to be killed at will."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine
from tests.faults.own_redis import OwnRedis
from tests.running import Command, ask, free_port, wait_until
from tests.server.own_postgres import OwnPostgres

APIS = ("api 1", "api 2")
WORKERS = ("worker 1", "worker 2")
SERVICES = ("postgres", "redis")


class Stack:
    """The processes by name. What was killed comes back only by :meth:`revive`, as ``restart: always`` would do it."""

    def __init__(self, home: Path, postgres: OwnPostgres, redis: OwnRedis, environment: Mapping[str, str]) -> None:
        """Starts everything at once, on a database that is still empty; returns when both APIs are ready.

        Args:
            home: Where the model and the files of datasets are; all processes share it.
            postgres: A running server.
            redis: A running server.
            environment: Further variables, which win.
        """
        self.postgres, self.redis, self._home = postgres, redis, home
        self._environment = {"DATABASE_URL": postgres.dsn, "REDIS_URL": redis.url, **environment}
        self._commands: dict[str, Command] = {}
        self._ports = {name: str(free_port()) for name in (*APIS, *WORKERS)}
        self.revive()

    @property
    def urls(self) -> list[str]:
        """The addresses of both APIs."""
        return [f"http://127.0.0.1:{self._ports[name]}" for name in APIS]

    @property
    def engine(self) -> Engine:
        """An engine on the database, to look behind the API; the caller disposes of it."""
        return create_store_engine(Settings(hab_home=self._home, database_url=self.postgres.dsn))

    def kill(self, name: str) -> None:
        """Kills one part by SIGKILL."""
        if name in SERVICES:
            (self.postgres if name == "postgres" else self.redis).kill()
        else:
            self._commands[name].process.send_signal(signal.SIGKILL)
            self._commands[name].process.wait()

    def bring_back(self, name: str) -> None:
        """Starts one part again."""
        if name in SERVICES:
            (self.postgres if name == "postgres" else self.redis).start()
        else:
            self._start(name)

    def revive(self) -> None:
        """Starts what does not run and waits until both APIs are ready and both workers are there."""
        for name in (*APIS, *WORKERS):
            if name not in self._commands or self._commands[name].process.poll() is not None:
                self._start(name)
        wait_until(self.ready)

    def ready(self) -> bool:
        """Whether both APIs say that everything is well."""
        return all(ask(f"{url}/health")[1].get("status") == "ok" for url in self.urls)

    def alive(self) -> dict[str, int]:
        """The process ids of the APIs and workers that run."""
        running = {name: command.process for name, command in self._commands.items()}
        return {name: process.pid for name, process in running.items() if process.poll() is None}

    def output(self) -> str:
        """What all processes wrote."""
        return "".join(command.output() for command in self._commands.values())

    def clear(self) -> None:
        """Kills everything."""
        for command in self._commands.values():
            command.clear()

    def _start(self, name: str) -> None:
        part = "serve" if name in APIS else "worker"
        environment = {**self._environment, "BACKEND_PORT": self._ports[name]}
        self._commands[name] = Command(self._home, part, **environment)


@contextmanager
def running_stack(
    home: Path, address: Callable[[OwnPostgres, OwnRedis], Mapping[str, str]] | None = None
) -> Iterator[Stack]:
    """Yields a stack on a PostgreSQL and a Redis of its own; ``address`` may lead the processes there by a detour."""
    with ExitStack() as cleaning:
        postgres, redis = OwnPostgres(), OwnRedis()
        cleaning.callback(postgres.remove)
        cleaning.callback(redis.remove)
        postgres.start()
        redis.start()
        stack = Stack(home, postgres, redis, {} if address is None else address(postgres, redis))
        cleaning.callback(stack.clear)
        yield stack
