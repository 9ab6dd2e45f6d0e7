"""The analysis tools: which there are, and running them."""

from __future__ import annotations

import builtins
import uuid
from typing import Any

from hab_client._resource import Listing, Resource, segment
from hab_client._transport import Call
from hab_client.answers import ToolRunAnswer
from hab_client.dataset import Dataset, id_of
from hab_client.rows import plain, to_json
from hab_core.schemas.analysis import ToolInfo
from hab_core.schemas.common import Page


class Tools(Resource):
    """``client.tools``: analyses of a dataset by name, and predictions in the same form."""

    def list(self) -> builtins.list[ToolInfo]:
        """Returns the tools in their order, each with category, description and the JSON Schema of its arguments."""
        return [*Listing(lambda params: self._ask(Page[ToolInfo], Call("GET", "/api/tools", params)))]

    def run(
        self,
        name: str,
        /,
        dataset: str | Dataset | None = None,
        *,
        idempotency_key: str | None = None,
        **arguments: Any,
    ) -> ToolRunAnswer:
        """Runs a tool.

        Args:
            name: The tool, e.g. ``get_value_counts``.
            dataset: The dataset to look at, or its id; the two prediction tools need none.
            idempotency_key: Names this run; prediction tools, which store what they predict, get a key of their own
                where none is given, so that a request that had to be repeated predicts once.
            arguments: The tool's parameters; ``conditions`` narrow the rows of every tool that looks at a table.

        Returns:
            ``text`` (Korean Markdown), ``result`` (raw numbers), ``chart`` (data of a picture, or None) and more.

        Raises:
            InvalidInput: An unknown or missing argument or column; the message names the nearest.
            NotFound: There is no such tool or dataset.
            AnalysisTimeout: It took too long.
            HabError: Any other failure of the tree.
        """
        place = "" if dataset is None else f"/datasets/{segment('dataset', id_of(dataset))}"
        key = idempotency_key or (uuid.uuid4().hex if dataset is None else None)
        body = to_json({"arguments": plain(arguments)})
        address = f"/api{place}/tools/{segment('name', name)}"
        return self._ask(ToolRunAnswer, Call("POST", address, body=body, idempotency_key=key))
