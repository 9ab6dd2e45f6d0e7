"""The OpenAPI document: what FastAPI derives from the routes, completed by what every answer shares."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from hab_core.errors import all_errors
from hab_core.schemas.common import Envelope, ErrorAnswer
from hab_core.schemas.version import VERSION
from hab_server.access import is_public

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_REFERENCE = "#/components/schemas/{model}"


def install_openapi(app: FastAPI, *, guarded: bool) -> None:
    """Makes ``app`` describe the envelope of its answers, the errors that every operation may give, and its guard."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = _complete(get_openapi(title=app.title, version=VERSION, routes=app.routes))
            app.openapi_schema = _guarded(document) if guarded else document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document with envelopes and errors."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (Envelope, ErrorAnswer):
        schema = model.model_json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for method in _METHODS:
            if method in path:
                _complete_operation(path[method])
    return document


def _guarded(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document of a server that asks for its token, except where it does not."""
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if is_public({"method": method.upper(), "path": path.replace("{", "").replace("}", "")}):
                operation["security"] = []
    return document


def _complete_operation(operation: dict[str, Any]) -> None:
    """Wraps the success of one operation in the envelope and lists its failures."""
    responses = operation["responses"]
    responses.pop("422", None)
    for response in responses.values():
        content = response.get("content", {}).get("application/json")
        if content and content.get("schema"):
            content["schema"] = {"allOf": [content["schema"], {"$ref": _REFERENCE.format(model="Envelope")}]}
    answer = {"application/json": {"schema": {"$ref": _REFERENCE.format(model="ErrorAnswer")}}}
    for status, codes in _codes_by_status().items():
        responses[str(status)] = {"description": f"error.code: {', '.join(codes)}", "content": answer}


def _codes_by_status() -> dict[int, list[str]]:
    """Returns the codes of the error tree under their HTTP statuses."""
    found: dict[int, list[str]] = {}
    for error in all_errors():
        if error.status and not error.__subclasses__():
            found.setdefault(error.status, []).append(error.code)
    return dict(sorted(found.items()))
