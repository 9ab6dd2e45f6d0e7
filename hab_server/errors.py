"""How failures leave the server: one body for each, whoever raised it."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from hab_core.errors import (
    BodyTooLarge,
    HabError,
    InternalError,
    InvalidInput,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    Unauthorized,
    UnsupportedFileType,
)
from hab_core.schemas.common import ErrorBody
from hab_core.schemas.validation import invalid_input_of

_BY_STATUS: dict[int, type[HabError]] = {
    error.status: error
    for error in (MalformedJson, NotFound, MethodNotAllowed, BodyTooLarge, UnsupportedFileType, InvalidInput)
}
log = logging.getLogger(__name__)


def error_body(error: HabError) -> ErrorBody:
    """Returns what an error says on the wire and in a stored row."""
    return ErrorBody(code=error.code, message=error.message, details=error.details)


def error_response(error: HabError) -> Response:
    """Returns the answer of a failure; the envelope around it is added on the way out."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="hab"'
    content = {"error": error_body(error).model_dump(mode="json")}
    return JSONResponse(content, status_code=error.status, headers=headers)


def error_of_status(status: int) -> HabError:
    """Returns the error that an HTTP status alone speaks of, for answers the framework made."""
    return _BY_STATUS.get(status, InternalError if status >= 500 else NotFound)()


def install_error_handlers(app: FastAPI) -> None:
    """Makes ``app`` answer every failure with HAB's own body."""
    app.add_exception_handler(HabError, _on_hab_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def on_hab_error(path: str, error: HabError) -> Response:
    """Returns the answer of an error that a route raised; what is down is logged."""
    if error.status >= 500:
        log.warning("unavailable", extra={"path": path, "code": error.code})
    return error_response(error)


def _on_hab_error(request: Request, error: Any) -> Response:
    """Answers with the error itself."""
    return on_hab_error(request.url.path, error)


def _on_validation_error(_: Request, error: Any) -> Response:
    """Answers a parameter that FastAPI refused."""
    return error_response(invalid_input_of(error.errors()))


def _on_http_exception(request: Request, error: Any) -> Response:
    """Answers what the framework refused: unknown path, wrong method, too large a body."""
    response = error_response(error_of_status(error.status_code))
    if error.status_code == MethodNotAllowed.status:
        response.headers["Allow"] = _allowed(request, (error.headers or {}).get("Allow", ""))
    return response


def _allowed(request: Request, of_one_route: str) -> str:
    """Returns every method of an address; the framework names those of the first route that has it."""
    path = getattr(request.scope.get("route"), "path_format", "")
    documented = request.app.openapi()["paths"].get(path, {})
    methods = {method.upper() for method in documented} | set(filter(None, of_one_route.split(", ")))
    return ", ".join(sorted(methods))
