"""Every failure HAB knows, as one tree.

The server turns these into answers, the client turns answers back into these, so a failure has one class
and one stable ``code`` wherever it is met::

    HabError
    ├── InvalidInput            422  invalid_input
    │   └── UnknownChatModel    422  llm_model_not_found
    ├── MalformedJson           400  malformed_json
    ├── InvalidApiKey           401  invalid_api_key
    ├── NotFound                404  not_found
    ├── MethodNotAllowed        405  method_not_allowed
    ├── Conflict                409  conflict
    │   ├── DatasetInUse        409  dataset_in_use
    │   └── RequestInProgress   409  request_in_progress
    ├── ShareLinkExpired        410  share_link_expired
    ├── TooLarge
    │   ├── BodyTooLarge        413  body_too_large
    │   └── FileTooLarge        413  file_too_large
    ├── UnsupportedFileType     415  unsupported_file_type
    ├── Busy
    │   ├── QueueFull           429  queue_full
    │   ├── RateLimited         429  rate_limited
    │   └── LlmRateLimited      429  llm_rate_limited
    ├── InternalError           500  internal_error
    ├── Unavailable
    │   ├── DatabaseUnavailable 503  database_unavailable
    │   ├── QueueUnavailable    503  queue_unavailable
    │   ├── ModelUnavailable    503  model_unavailable
    │   ├── StorageUnavailable  503  storage_unavailable
    │   └── LlmUnavailable      503  llm_unavailable
    ├── AnalysisTimeout         504  analysis_timeout
    ├── LlmTimeout              504  llm_timeout
    ├── ConnectionFailed             (client only: no connection)
    ├── RequestTimeout               (client only: no answer in time)
    ├── JobFailed                    (client only: a job ended without a result)
    ├── MissingExtra                 (client only: a part of HAB is not installed)
    ├── UnexpectedAnswer             (client only: not an answer of HAB)
    └── CannotStart                  (server only: a process of HAB cannot start)
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Any, ClassVar, NotRequired

from typing_extensions import TypedDict


class ErrorDetail(TypedDict):
    """One thing that is wrong with the input: where, what, and what would be right."""

    field: str
    message: str
    valid_values: NotRequired[list[Any]]


class HabError(Exception):
    """The root of the tree.

    Attributes:
        status: HTTP status, or 0 for failures that only a client meets.
        code: Stable English name of the failure.
        message: Korean sentence that says what to do.
        details: What is wrong, field by field.
        request_id: The request that failed, where it is known.
        retry_after: Seconds after which another try makes sense, where that is known.
    """

    status: ClassVar[int] = 0
    code: ClassVar[str] = "error"
    default_message: ClassVar[str] = "요청을 처리할 수 없습니다."
    default_retry_after: ClassVar[int | None] = None

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Iterable[ErrorDetail] = (),
        request_id: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Keeps the facts of the failure; ``message`` defaults to the class's own sentence."""
        self.message = message or self.default_message
        self.details = list(details)
        self.request_id = request_id
        self.retry_after = self.default_retry_after if retry_after is None else retry_after
        super().__init__(self.message)


class InvalidInput(HabError):
    """The input breaks a rule; ``details`` names the fields and their valid values."""

    status = 422
    code = "invalid_input"
    default_message = "입력값이 올바르지 않습니다."

    @classmethod
    def of(cls, field: str, message: str, valid_values: Iterable[Any] | None = None) -> InvalidInput:
        """Returns the error of one field, whose message is that field's message."""
        detail: ErrorDetail = {"field": field, "message": message}
        if valid_values is not None:
            detail["valid_values"] = list(valid_values)
        return cls(message, details=[detail])


class UnknownChatModel(InvalidInput):
    """The language model that was asked for does not exist."""

    code = "llm_model_not_found"
    default_message = "지정한 Claude 모델을 찾을 수 없습니다. 다른 모델을 선택해주세요."


class MalformedJson(HabError):
    """The body cannot be read as JSON."""

    status = 400
    code = "malformed_json"
    default_message = "요청 본문을 JSON으로 읽을 수 없습니다. 형식을 확인해주세요."


class InvalidApiKey(HabError):
    """The language model's service refused the caller's key."""

    status = 401
    code = "invalid_api_key"
    default_message = "API 키가 유효하지 않습니다. 다시 확인해주세요."


class NotFound(HabError):
    """The address or the thing named in it does not exist."""

    status = 404
    code = "not_found"
    default_message = "요청한 항목을 찾을 수 없습니다. 주소를 확인해주세요."


class MethodNotAllowed(HabError):
    """The address exists, but not for this HTTP method."""

    status = 405
    code = "method_not_allowed"
    default_message = "이 주소에서는 지원하지 않는 요청 방식입니다. API 문서를 확인해주세요."


class Conflict(HabError):
    """The request contradicts the present state."""

    status = 409
    code = "conflict"
    default_message = "현재 상태에서는 처리할 수 없는 요청입니다."


class DatasetInUse(Conflict):
    """The dataset is used by a job or a recent conversation."""

    code = "dataset_in_use"
    default_message = "사용 중인 데이터셋은 삭제할 수 없습니다"


class RequestInProgress(Conflict):
    """The first request with this idempotency key has not been answered yet."""

    code = "request_in_progress"
    default_message = "같은 요청이 아직 처리 중입니다. 잠시 후 다시 확인해주세요."


class ShareLinkExpired(HabError):
    """The share link has expired or was revoked."""

    status = 410
    code = "share_link_expired"
    default_message = "이 링크는 만료되었습니다"


class TooLarge(HabError):
    """More bytes were sent than the server accepts."""

    status = 413
    code = "too_large"


class BodyTooLarge(TooLarge):
    """The JSON body is over the limit."""

    code = "body_too_large"
    default_message = "요청 본문이 너무 큽니다. 20MB 이하로 나누어 보내주세요."


class FileTooLarge(TooLarge):
    """The uploaded file is over the limit."""

    code = "file_too_large"
    default_message = "파일 크기는 50MB를 초과할 수 없습니다"

    @classmethod
    def over(cls, limit_mb: int) -> FileTooLarge:
        """Returns the error that names the limit in force, in MB."""
        return cls(f"파일 크기는 {limit_mb}MB를 초과할 수 없습니다")


class UnsupportedFileType(HabError):
    """The content of the file is not CSV."""

    status = 415
    code = "unsupported_file_type"
    default_message = "CSV 형식만 지원됩니다."


class Busy(HabError):
    """More is asked for than can be done now; try again after ``retry_after`` seconds."""

    status = 429
    code = "busy"
    default_retry_after = 5


class QueueFull(Busy):
    """As many jobs wait as the queue may hold."""

    code = "queue_full"
    default_message = "서버가 혼잡합니다. 잠시 후 다시 시도해주세요"


class RateLimited(Busy):
    """The caller sent more requests than the server's limit per minute."""

    code = "rate_limited"
    default_message = "요청이 너무 많습니다. 잠시 후 다시 시도해주세요."


class LlmRateLimited(Busy):
    """The language model's service limits the caller's key."""

    code = "llm_rate_limited"
    default_message = "Claude 사용 한도에 도달했습니다. 잠시 후 다시 시도해주세요."


class InternalError(HabError):
    """A mistake of HAB's own; the log holds it under the request id."""

    status = 500
    code = "internal_error"
    default_message = "서버 내부 오류가 발생했습니다. 요청 번호와 함께 관리자에게 문의하세요."


class Unavailable(HabError):
    """A part of the server is down; it recovers by itself when the part is back."""

    status = 503
    code = "unavailable"
    default_retry_after = 2


class DatabaseUnavailable(Unavailable):
    """The database does not answer or refuses to write."""

    code = "database_unavailable"
    default_message = "데이터베이스에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."


class QueueUnavailable(Unavailable):
    """The job queue does not answer."""

    code = "queue_unavailable"
    default_message = "작업 대기열에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."


class ModelUnavailable(Unavailable):
    """No verified prediction model is loaded."""

    code = "model_unavailable"
    default_message = "예측 모델을 사용할 수 없습니다. hab doctor로 상태를 확인해주세요."


class StorageUnavailable(Unavailable):
    """The place where datasets are kept is full, cannot be written or does not answer."""

    code = "storage_unavailable"
    default_message = "데이터 저장소를 사용할 수 없습니다. 저장 공간과 권한을 확인하고 다시 시도해주세요."


class LlmUnavailable(Unavailable):
    """The language model's service cannot be reached or is overloaded."""

    code = "llm_unavailable"
    default_message = "Claude에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."


class AnalysisTimeout(HabError):
    """An analysis was given up because it took too long."""

    status = 504
    code = "analysis_timeout"
    default_message = "분석이 너무 오래 걸려 중단했습니다. 조건이나 열을 줄여 다시 시도해주세요."


class LlmTimeout(HabError):
    """The language model did not answer in time."""

    status = 504
    code = "llm_timeout"
    default_message = "Claude의 응답이 늦어지고 있습니다. 잠시 후 다시 시도해주세요."


class ConnectionFailed(HabError):
    """The client cannot reach the server."""

    code = "connection_failed"
    default_message = "서버에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."


class RequestTimeout(HabError):
    """The server did not answer within the client's time limit."""

    code = "request_timeout"
    default_message = "요청 시간 초과. 다시 시도해주세요"


class JobFailed(HabError):
    """A job the client waited for failed or was cancelled."""

    code = "job_failed"
    default_message = "작업이 완료되지 않았습니다."


class MissingExtra(HabError):
    """What was asked for needs a package that is not installed."""

    code = "missing_extra"
    default_message = '이 기능에는 HAB 서버가 필요합니다. 설치: pip install "hab-client[server]"'


class UnexpectedAnswer(HabError):
    """What answered is not a HAB server, or one of another version."""

    code = "unexpected_answer"
    default_message = "HAB 서버의 응답이 아닙니다. BACKEND_URL을 확인해주세요."


class CannotStart(HabError):
    """A process of HAB cannot start: a port is taken, a folder is not writable, another HAB holds the home."""

    code = "cannot_start"
    default_message = "HAB를 시작할 수 없습니다. hab doctor로 상태를 확인해주세요."

    @classmethod
    def at_port(cls, error: OSError, host: str, port: int, variable: str) -> CannotStart:
        """Returns the error of a port that cannot be listened on.

        Args:
            error: What the system says.
            host: The address, from ``BACKEND_HOST``.
            port: The port.
            variable: The setting that the port comes from, named in the message.
        """
        if error.errno == errno.EADDRINUSE:
            other = f"{variable}={port + 1 if port < 65535 else port - 1}"  # the last port
            return cls(f"포트 {port}번은 이미 사용 중입니다. 설정 {variable}에 다른 포트를 지정해주세요. 예: {other}")
        if error.errno in (errno.EACCES, errno.EPERM):
            return cls(f"포트 {port}번을 열 권한이 없습니다. 설정 {variable}에 1024 이상의 포트를 지정해주세요.")
        return cls(f"주소 {host}에서 연결을 받을 수 없습니다. 설정 BACKEND_HOST를 확인해주세요.")


def all_errors() -> list[type[HabError]]:
    """Returns every class of the tree, the root first, parents before children."""
    found: list[type[HabError]] = [HabError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found
