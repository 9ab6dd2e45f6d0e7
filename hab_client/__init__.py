"""HAB's SDK: ``from hab_client import HabClient``. Names are loaded when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hab_client._resource import Listing
    from hab_client.answers import (
        ChatAnswer,
        DatasetDetailAnswer,
        HealthAnswer,
        ModelAnswer,
        PredictionAnswer,
        ToolRunAnswer,
    )
    from hab_client.batch import BatchJob
    from hab_client.client import HabClient
    from hab_client.conversation import Conversation
    from hab_client.dataset import Dataset, Share
    from hab_client.errors import (
        AnalysisTimeout,
        BodyTooLarge,
        Busy,
        CannotStart,
        Conflict,
        ConnectionFailed,
        DatabaseUnavailable,
        DatasetInUse,
        ErrorDetail,
        FileTooLarge,
        HabError,
        InternalError,
        InvalidApiKey,
        InvalidInput,
        JobFailed,
        LlmRateLimited,
        LlmTimeout,
        LlmUnavailable,
        MalformedJson,
        MethodNotAllowed,
        MissingExtra,
        ModelUnavailable,
        NotFound,
        QueueFull,
        QueueUnavailable,
        RateLimited,
        RequestInProgress,
        RequestTimeout,
        ShareLinkExpired,
        StorageUnavailable,
        TooLarge,
        Unavailable,
        UnexpectedAnswer,
        UnknownChatModel,
        UnsupportedFileType,
    )
    from hab_client.streams import ChatStream

__all__ = [
    "AnalysisTimeout",
    "BatchJob",
    "BodyTooLarge",
    "Busy",
    "CannotStart",
    "ChatAnswer",
    "ChatStream",
    "Conflict",
    "ConnectionFailed",
    "Conversation",
    "DatabaseUnavailable",
    "Dataset",
    "DatasetDetailAnswer",
    "DatasetInUse",
    "ErrorDetail",
    "FileTooLarge",
    "HabClient",
    "HabError",
    "HealthAnswer",
    "InternalError",
    "InvalidApiKey",
    "InvalidInput",
    "JobFailed",
    "Listing",
    "LlmRateLimited",
    "LlmTimeout",
    "LlmUnavailable",
    "MalformedJson",
    "MethodNotAllowed",
    "MissingExtra",
    "ModelAnswer",
    "ModelUnavailable",
    "NotFound",
    "PredictionAnswer",
    "QueueFull",
    "QueueUnavailable",
    "RateLimited",
    "RequestInProgress",
    "RequestTimeout",
    "Share",
    "ShareLinkExpired",
    "StorageUnavailable",
    "TooLarge",
    "ToolRunAnswer",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownChatModel",
    "UnsupportedFileType",
]
_MODULES = {
    "BatchJob": "hab_client.batch",
    "ChatAnswer": "hab_client.answers",
    "ChatStream": "hab_client.streams",
    "Conversation": "hab_client.conversation",
    "Dataset": "hab_client.dataset",
    "DatasetDetailAnswer": "hab_client.answers",
    "HabClient": "hab_client.client",
    "HealthAnswer": "hab_client.answers",
    "Listing": "hab_client._resource",
    "ModelAnswer": "hab_client.answers",
    "PredictionAnswer": "hab_client.answers",
    "Share": "hab_client.dataset",
    "ToolRunAnswer": "hab_client.answers",
}


def __getattr__(name: str) -> Any:
    """Loads a public name on first use: the HTTP library costs more than the whole command line's help."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES.get(name, "hab_client.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Lists the public names."""
    return __all__
