"""What is checked before a process of HAB starts, so that a mistake is one Korean line and not a traceback."""

from __future__ import annotations

import errno
import json
import os
import socket
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime

from filelock import FileLock, Timeout
from pydantic import ValidationError

from hab_core.errors import CannotStart
from hab_server.settings import Settings

TRY_LATER = 75
"""Exit code of a process for which something it needs is down now (``EX_TEMPFAIL`` of sysexits.h)."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""
_FOLDER_TROUBLE = {
    errno.EACCES: "권한이 없습니다",
    errno.EPERM: "권한이 없습니다",
    errno.EROFS: "읽기 전용입니다",
    errno.ENOSPC: "디스크 공간이 없습니다",
    errno.ENOTDIR: "폴더가 아닙니다",
    errno.EEXIST: "폴더가 아닙니다",
}


def load_settings() -> Settings:
    """Returns the settings of the environment, ``HAB_HOME`` absolute.

    Raises:
        CannotStart: A variable has a value that is not allowed; the message names it, but not the value.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        raise CannotStart(f"설정 {name}의 값이 올바르지 않습니다: {first['msg']}") from error
    return settings.model_copy(update={"hab_home": settings.hab_home.expanduser().absolute()})


def prepare_home(settings: Settings) -> None:
    """Makes ``HAB_HOME``, for its owner only, and makes sure that files can be written there.

    Raises:
        CannotStart: It cannot be made or written.
    """
    home = settings.hab_home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"HAB")
    except OSError as error:
        trouble = _FOLDER_TROUBLE.get(error.errno or 0, error.strerror)
        raise CannotStart(
            f"HAB_HOME 폴더에 쓸 수 없습니다: {home} ({trouble}). HAB_HOME을 쓸 수 있는 폴더로 설정해주세요."
        ) from error


def listen(host: str, port: int, variable: str) -> socket.socket:
    """Returns a socket that listens.

    Args:
        host: Address, from ``BACKEND_HOST``.
        port: Port; 0 takes any free one.
        variable: The setting that ``port`` comes from, named in the message.

    Raises:
        CannotStart: The port is taken or not allowed, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise CannotStart.at_port(error, host, port, variable) from error
    return listener


def check_port(host: str, port: int, variable: str) -> int:
    """Returns ``port``, or a free one for 0, after making sure that it can be listened on; raises as :func:`listen`."""
    with listen(host, port, variable) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Holder:
    """The ``hab up`` that runs on a home: its process, since when (local time) and the address of its API."""

    pid: int
    since: str
    api_url: str


class HomeLock:
    """Makes sure that one ``hab up`` runs on a ``HAB_HOME``; the lock goes with the process, however it ends."""

    def __init__(self, settings: Settings) -> None:
        """Takes the place from ``settings``; the lock is taken by :meth:`acquire`."""
        self._home = settings.hab_home
        self._lock = FileLock(self._home / "up.lock", timeout=0, thread_local=False)
        self._note = self._home / "up.json"
        self._since = ""

    def acquire(self) -> None:
        """Takes the lock.

        Raises:
            CannotStart: Another ``hab up`` holds it; the message says which and since when.
        """
        try:
            self._lock.acquire()
        except Timeout as error:
            raise CannotStart(self._held_by_other()) from error
        self._since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
        self.note("")

    def note(self, api_url: str) -> None:
        """Writes down who holds the lock, for others to read."""
        draft = self._note.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(Holder(os.getpid(), self._since, api_url))), encoding="utf-8")
        draft.replace(self._note)

    def release(self) -> None:
        """Gives the lock back; nothing where it is not held."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()

    def holder(self) -> Holder | None:
        """Returns the ``hab up`` that runs on this home, or None; looking makes no file."""
        if not self._note.exists():
            return None
        try:
            with self._lock:
                return None
        except Timeout:
            return self._read_note()

    def _read_note(self) -> Holder | None:
        try:
            return Holder(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # the holder has taken the lock and not written its note yet
            return None

    def _held_by_other(self) -> str:
        holder = self._read_note()
        who = f"PID {holder.pid}, {holder.since}부터" if holder else "방금 시작됨"
        return (
            f"이 폴더에서 HAB가 이미 실행 중입니다: {self._home} ({who}). "
            "먼저 그것을 끝내거나 다른 HAB_HOME을 지정해주세요."
        )


def shown_host(host: str) -> str:
    """Returns the host under which a listener on ``host`` can be reached from this machine, ready for a URL."""
    if host in ("0.0.0.0", "::", "", "127.0.0.1", "localhost"):  # noqa: S104  # compared, not bound
        return "127.0.0.1" if host != "::" else "[::1]"
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on ``host``."""
    return host in ("localhost", "::1") or host.startswith("127.")
