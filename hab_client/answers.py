"""Answers as callers hold them: the shapes of the wire with their envelope, and a view for notebooks."""

from __future__ import annotations

from hab_client import phrases, views
from hab_core.schemas import chat
from hab_core.schemas.analysis import ToolRun
from hab_core.schemas.common import Envelope
from hab_core.schemas.datasets import Dataset, DatasetDetail, Share
from hab_core.schemas.eclo import EcloPrediction, ModelInfo
from hab_core.schemas.health import Health
from hab_core.schemas.jobs import EcloBatch, Job


class PredictionAnswer(Envelope, EcloPrediction):
    """One prediction, with the ``request_id`` it was made under."""

    def _repr_html_(self) -> str:
        """Shows the prediction in a notebook."""
        return views.prediction_html(self)


class ModelAnswer(Envelope, ModelInfo):
    """The model that serves now."""

    def _repr_html_(self) -> str:
        """Shows the model in a notebook."""
        return views.model_html(self)


class HealthAnswer(Envelope, Health):
    """The state of the server and its parts."""

    def _repr_html_(self) -> str:
        """Shows the parts in a notebook."""
        return views.health_html(self)


class JobAnswer(Envelope, Job):
    """A job as it stood when the server answered."""


class BatchAnswer(Envelope, EcloBatch):
    """A batch job with a page of its rows."""


class DatasetAnswer(Envelope, Dataset):
    """What is known of a dataset without its columns."""


class DatasetDetailAnswer(Envelope, DatasetDetail):
    """A dataset with the profile of its columns."""

    def _repr_html_(self) -> str:
        """Shows the profile in a notebook."""
        return views.dataset_html(self)


class ShareAnswer(Envelope, Share):
    """A share link as it was made."""


class ToolRunAnswer(Envelope, ToolRun):
    """What an analysis tool found: ``text``, ``result``, ``chart``."""

    def __str__(self) -> str:
        """Returns the Korean text."""
        return self.text

    def _repr_html_(self) -> str:
        """Shows the text in a notebook."""
        return views.tool_run_html(self)

    def _repr_markdown_(self) -> str:
        """Gives the text to whatever shows Markdown."""
        return self.text


class ChatAnswer(chat.ChatAnswer):
    """An answer to a question: ``response``, and the tool calls and receipts that it rests on."""

    request_id: str | None = None

    def __str__(self) -> str:
        """Returns the Korean text."""
        return self.response

    def _repr_html_(self) -> str:
        """Shows the answer with its sources in a notebook; figures without one are marked."""
        return views.chat_html(self)

    def _repr_markdown_(self) -> str:
        """Gives the text to whatever shows Markdown."""
        return phrases.marked(self)


class ConversationAnswer(Envelope, chat.Conversation):
    """A conversation with its messages."""
