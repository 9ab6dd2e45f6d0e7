"""The only file that knows the HTTP library: one request out, one answer or one error of the tree back."""

from __future__ import annotations

import logging
import os
import platform
import re
import ssl
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, TypeVar

import httpx

from hab_client._resolve import count_addresses
from hab_client._retries import NotAnswered, with_tries
from hab_client._wire import Received, require_type
from hab_client.uploads import Progress, Upload
from hab_core.errors import ConnectionFailed, HabError, InvalidInput, RequestTimeout, UnexpectedAnswer
from hab_core.schemas.version import VERSION

Result = TypeVar("Result")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_HEADER_TEXT = re.compile(r"[\x21-\x7e]{1,255}")
_LOST = re.compile("disconnected|closed|incomplete")
"""How the HTTP library words a connection that ended too early; its other protocol errors speak of another protocol."""
_SHARED = re.compile(r"(/api/shared/)[^/?]+")
_REPEATABLE = ("GET", "HEAD", "DELETE")
LAST_EVENT = "Last-Event-ID"
"""The header of a request that goes on with a stream."""


@dataclass(frozen=True)
class Options:
    """How requests are made.

    Attributes:
        timeout: Seconds that an answer may take.
        max_retries: How often a request is tried again.
        request_id: Sent as ``X-Request-ID``, so that one id goes through all systems.
    """

    timeout: float = 30.0
    max_retries: int = 2
    request_id: str | None = None


@dataclass(frozen=True)
class Call:
    """One request; ``path`` begins with a slash, a parameter may stand several times, ``body`` is JSON.

    ``headers`` may hold secrets, so no representation shows them. ``seconds`` is how long its answer takes at times:
    it is waited for that long where the options would give up sooner.
    """

    method: str
    path: str
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    body: bytes | None = None
    upload: Upload | None = None
    idempotency_key: str | None = None
    retry: bool = True
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = 0.0

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does the work once."""
        return self.method in _REPEATABLE or self.idempotency_key is not None or LAST_EVENT in self.headers


class Transport:
    """Connections to one server, safe to use from several threads."""

    def __init__(self, base_url: str, options: Options) -> None:
        """Checks the address; nothing is sent."""
        url = _checked(base_url)
        self.base_url = str(url).rstrip("/")
        self.options = options
        self._host, self._port = url.host, url.port or (443 if url.scheme == "https" else 80)
        local = url.host in _LOOPBACK
        self._looks_up = local or not any(os.environ.get(n) or os.environ.get(n.lower()) for n in _PROXIES)
        self._found = False
        logging.getLogger("httpx").addFilter(_hide_tokens)  # adding it again changes nothing
        self._http = httpx.Client(
            base_url=self.base_url,
            headers={"User-Agent": f"hab-client/{VERSION} python/{platform.python_version()}"},
            trust_env=not local,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.scheme == "http" and local else True,
        )

    def with_options(self, options: Options) -> Transport:
        """Returns a transport over the same connections with other options."""
        other = object.__new__(Transport)
        other.__dict__.update(self.__dict__, options=options)
        return other

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def request(self, call: Call, read: Callable[[Received], Result]) -> Result:
        """Returns the answer to ``call`` as ``read`` understands it.

        Raises:
            HabError: What failed; nothing of the HTTP library gets out.
        """

        def attempt(connecting: float) -> Result:
            # an upload's time is the network's; the limit of the answer begins when it is through
            deadline = None if call.upload else self._deadline(call)
            with self._opened(call, connecting) as response:
                received = _received(response, self._body(response, deadline or self._deadline(call)))
            return read(received)

        return self.with_tries(call, attempt)

    def download(self, call: Call, sink: IO[bytes], media_type: str, on_progress: Progress | None = None) -> None:
        """Writes the body of an answer into ``sink`` as it comes; a try after a failure begins anew.

        Raises:
            HabError: As :meth:`request`.
        """

        def attempt(connecting: float) -> None:
            sink.seek(0)
            sink.truncate()
            with self._opened(call, connecting) as response:
                is_file = response.status_code < 300
                body = b"" if is_file else self._body(response, self._deadline(call))
                require_type(_received(response, body), media_type)
                for chunk in response.iter_bytes():
                    sink.write(chunk)
                    if on_progress is not None:
                        on_progress(sink.tell(), None)

        self.with_tries(call, attempt)

    def stream(self, call: Call, media_type: str, connecting: float) -> Generator[Received | bytes]:
        """Makes one try; gives the head of the answer, then the body as it comes. Closing it ends the connection.

        Raises:
            HabError: What failed.
            NotAnswered: The connection failed, and the call may be repeated.
        """
        with self._opened(call, connecting) as response:
            body = b"" if response.status_code < 300 else self._body(response, self._deadline(call))
            head = _received(response, body)
            require_type(head, media_type)
            yield head
            yield from response.iter_bytes()

    def with_tries(self, call: Call, attempt: Callable[[float], Result]) -> Result:
        """Returns what ``attempt`` does, repeated as the options and the call allow."""
        if self._http.is_closed:
            raise RuntimeError("이미 닫힌 HabClient입니다. 새로 만들어주세요.")
        return with_tries(attempt, 1 + self.options.max_retries if call.retry else 1)

    @contextmanager
    def _opened(self, call: Call, connecting: float) -> Iterator[httpx.Response]:
        """Sends ``call`` and gives the answer with its body still to read."""
        with ExitStack() as stack:
            fields, files = None, None
            if call.upload:
                fields = call.upload.fields
                files = {"file": (call.upload.name, stack.enter_context(call.upload.opened()), "text/csv")}
            stack.enter_context(_failures_of_hab(call))
            request = self._http.build_request(
                call.method,
                call.path,
                params=call.params,
                content=call.body,
                data=fields,
                files=files,
                headers=self._headers(call),
                timeout=self._timeouts(call, connecting),
            )
            response = self._sent(request)
            stack.callback(response.close)
            yield response

    def _sent(self, request: httpx.Request) -> httpx.Response:
        """Returns the answer to a request; remembers whether the server is where it was."""
        try:
            response = self._http.send(request, stream=True)
        except httpx.TransportError:
            self._found = False
            raise
        self._found = True
        return response

    def _limit(self, call: Call) -> float:
        """Returns how many seconds the answer to a call may take."""
        return max(self.options.timeout, call.seconds)

    def _deadline(self, call: Call) -> float:
        """Returns when an answer that begins now has to be complete, on the monotonic clock."""
        return time.monotonic() + self._limit(call)

    def _timeouts(self, call: Call, connecting: float) -> httpx.Timeout:
        """Returns the limits of one try, its time for connecting shared among the server's addresses."""
        seconds = min(connecting, self.options.timeout)
        if not self._found and self._looks_up:
            started = time.monotonic()
            try:
                addresses = count_addresses(self._host, self._port, seconds)
            except OSError:
                raise NotAnswered(ConnectionFailed(), reached=False) from None
            seconds = max(seconds - (time.monotonic() - started), 0.05) / addresses
        return httpx.Timeout(self._limit(call), connect=seconds)

    def _headers(self, call: Call) -> dict[str, str]:
        """Returns the headers of a call beside those of every call."""
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        named = {"X-Request-ID": self.options.request_id, "Idempotency-Key": call.idempotency_key}
        for name, text in named.items():
            if text is not None and not _HEADER_TEXT.fullmatch(text):
                raise InvalidInput.of(name, f"{name}에는 공백 없는 영문자·숫자·기호만 1–255자 쓸 수 있습니다.")
        return {**headers, **call.headers, **{name: text for name, text in named.items() if text is not None}}

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        """Returns the whole body; a server that trickles does not get more time than one that is silent."""
        chunks = []
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            if time.monotonic() > deadline:
                raise RequestTimeout
        return b"".join(chunks)


@contextmanager
def _failures_of_hab(call: Call) -> Iterator[None]:
    """Turns whatever the HTTP library raises into HAB's own."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise NotAnswered(ConnectionFailed(), reached=False) from None
    except httpx.TimeoutException:
        raise RequestTimeout from None
    except (httpx.DecodingError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise UnexpectedAnswer from None
    except httpx.HTTPError as error:
        if isinstance(error, httpx.RemoteProtocolError) and not _LOST.search(str(error)):
            raise UnexpectedAnswer from None
        # the connection broke: the work may have been done, so only what is safe to repeat is repeated
        if call.repeatable:
            raise NotAnswered(ConnectionFailed(), reached=True) from None
        raise ConnectionFailed from None


def _hide_tokens(record: logging.LogRecord) -> bool:
    """Takes the tokens of share links out of what the HTTP library logs of a request: who has one, has the dataset."""
    if isinstance(record.args, tuple):
        record.args = tuple(_SHARED.sub(r"\1***", str(a)) if isinstance(a, httpx.URL) else a for a in record.args)
    return True


def _received(response: httpx.Response, body: bytes) -> Received:
    """Returns an answer in HAB's own terms."""
    return Received(response.status_code, dict(response.headers), body)


def _checked(base_url: str) -> httpx.URL:
    """Returns the server's address; raises where it is none. The message leaves out what may hold a password."""
    problem: HabError = InvalidInput.of(
        "base_url", "서버 주소가 올바르지 않습니다. BACKEND_URL을 http://localhost:8000 형식으로 지정해주세요."
    )
    try:
        url = httpx.URL(base_url.strip())
    except (httpx.InvalidURL, AttributeError, TypeError):
        raise problem from None
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise problem
    return url
