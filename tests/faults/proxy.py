"""A TCP proxy that can be told to misbehave: late, silent, cut, reset, half closed."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

Mode = Literal["pass", "refuse", "reset", "silence", "half_close"]
_PART = 65_536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends a reset."""


class Proxy:
    """Passes connections on to a port of this machine, until it is told otherwise.

    Modes: ``pass``; ``refuse`` closes what is open and every new connection at once; ``reset`` does so by a reset, as
    when a cable is pulled out and in; ``silence`` keeps all connections and passes nothing on; ``half_close`` says the
    end to the caller while it still reads from it. ``delay`` is the time that every part waits before it is passed on;
    ``cuts`` ends the next connections in the middle of an answer, each after so many of its bytes.
    """

    def __init__(self, target: int) -> None:
        """Keeps the port to pass on to; ``with`` starts it."""
        self.delay = 0.0
        self.cuts: list[int] = []
        self.connections = 0
        self._target = target
        self._mode: Mode = "pass"
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Starts it."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it with all its connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def turn(self, mode: Mode) -> None:
        """Changes the mode, also for the connections that are open."""
        done = threading.Event()

        def change() -> None:
            self._mode = mode
            for writer in list(self._open) if mode in ("refuse", "reset", "half_close") else ():
                self._end(writer)
            done.set()

        self._loop.call_soon_threadsafe(change)
        assert done.wait(10)

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._listener))
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end_all())
        self._loop.close()

    async def _end_all(self) -> None:
        """Ends every connection, and gives the loop the turns in which it closes their sockets."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(5):
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes one connection on, both ways, until one side has ended."""
        self.connections += 1
        if self._mode != "pass" and self._mode != "silence":
            self._end(writer)
            with suppress(OSError):
                await reader.read()
            writer.close()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._open.add(writer)
        tasks = [
            asyncio.ensure_future(self._pass_on(reader, back, None)),
            asyncio.ensure_future(self._pass_on(there, writer, self.cuts.pop(0) if self.cuts else None)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(writer)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()
            back.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None) -> None:
        with suppress(OSError):
            while part := await reader.read(_PART):
                while self._mode == "silence":
                    await asyncio.sleep(0.02)
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(part[:left])
                await writer.drain()
                if left is not None:
                    left -= len(part)
                    if left <= 0:
                        return

    def _end(self, writer: asyncio.StreamWriter) -> None:
        """Ends one connection in the way of the mode."""
        with suppress(OSError):
            if self._mode == "half_close":
                writer.write_eof()
                return
            if self._mode == "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort() if self._mode == "reset" else writer.close()
