"""ECLO predictions: one accident, many accidents, what was predicted before."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from typing import Unpack

from hab_client._resource import Listing, Resource
from hab_client._transport import Call
from hab_client.answers import JobAnswer, ModelAnswer, PredictionAnswer
from hab_client.batch import BatchJob
from hab_client.dataset import Dataset, id_of
from hab_client.resources.jobs import Jobs
from hab_client.resources.model import Model
from hab_client.rows import Circumstances, Row, english_row, rows_of, to_csv, to_json
from hab_client.uploads import BinaryFile, FileLike, PandasTable, PolarsTable, Upload, upload_of
from hab_core.errors import InvalidInput
from hab_core.schemas.common import Page
from hab_core.schemas.eclo import PredictionRecord

_LONGEST_JSON = 20 * 1024 * 1024
"""JSON bodies over 20 MB are refused; the same rows are smaller as CSV."""


class Eclo(Resource):
    """``client.eclo``: the severity of accidents.

    ECLO = 10·deaths + 5·serious + 3·minor + 1·reported injuries of one accident.
    """

    def predict(
        self,
        accident: Row | None = None,
        *,
        explain: bool = True,
        idempotency_key: str | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> PredictionAnswer:
        """Predicts the ECLO of one accident.

        Args:
            accident: The circumstances as a dict with the English names or the Korean column names (기상상태,
                노면상태, 도로형태, 사고유형, 시군구, 사고일시), or as an ``Accident``.
            explain: Whether to say what raised and lowered the prediction; without it the answer comes sooner.
            idempotency_key: Requests with the same key and accident get the same prediction, made once.
            circumstances: The same one by one, ``weather="맑음"`` for instance; they overrule ``accident``.

        Returns:
            The prediction: ``eclo``, 80 % ``interval``, ``percentile``, ``interpretation``, ``detail``,
            ``contributions`` (on the scale of log1p(ECLO)), ``request_id`` and more.

        Raises:
            InvalidInput: A field is missing, unknown or not valid; ``details`` says which and what would be.
            HabError: Any other failure of the tree.
        """
        body = to_json({**english_row(accident or {}), **english_row(circumstances)})
        params = {} if explain else {"explain": "false"}
        call = Call("POST", "/api/predict/eclo", params, body, idempotency_key=idempotency_key)
        return self._ask(PredictionAnswer, call)

    def predict_batch(
        self,
        accidents: Iterable[Row] | FileLike | None = None,
        *,
        dataset_id: str | Dataset | None = None,
        idempotency_key: str | None = None,
    ) -> BatchJob:
        """Starts the prediction of up to 100,000 accidents, or of a whole dataset, and returns at once with the job.

        Args:
            accidents: Dicts as in :meth:`predict`, a pandas or polars table, the path of a CSV file (also ``.gz``),
                the bytes of one, or one that is open for reading bytes. Columns carry the English or the Korean names;
                others are kept as they are.
            dataset_id: A dataset on the server, or its id, in place of ``accidents``.
            idempotency_key: Names this piece of work; a new key is made where none is given, so that a request that
                had to be repeated starts one job.

        Raises:
            InvalidInput: Nothing, both or something unreadable was given, or the columns don't fit.
            QueueFull: Too many jobs wait.
            HabError: Any other failure of the tree.
        """
        if (accidents is None) == (dataset_id is None):
            raise InvalidInput.of("accidents", "accidents와 dataset_id 가운데 하나만 지정해주세요.")
        body, upload = _packed(accidents) if dataset_id is None else (to_json({"dataset_id": id_of(dataset_id)}), None)
        key = idempotency_key or uuid.uuid4().hex
        call = Call("POST", "/api/predict/eclo/batch", body=body, upload=upload, idempotency_key=key)
        return BatchJob(Jobs(self._transport), self._ask(JobAnswer, call))

    def history(self) -> Listing[PredictionRecord]:
        """Returns every prediction made, single and batch, the newest first; pages are read as needed."""
        return Listing(lambda params: self._ask(Page[PredictionRecord], Call("GET", "/api/predictions", params)))

    def model(self) -> ModelAnswer:
        """Returns the model that serves now, as ``client.model.info()`` does."""
        return Model(self._transport).info()


def _packed(accidents: Iterable[Row] | FileLike | None) -> tuple[bytes | None, Upload | None]:
    """Returns accidents as a JSON body or as a file to upload."""
    if isinstance(accidents, (PandasTable, PolarsTable)) or not _is_rows(accidents):
        return None, upload_of(accidents)  # type: ignore[arg-type]  # what is left is a path or bytes
    rows = rows_of(accidents)  # type: ignore[arg-type]  # rows_of refuses what is not a list of accidents
    body = to_json({"accidents": rows})
    return (body, None) if len(body) <= _LONGEST_JSON else (None, upload_of(to_csv(rows)))


def _is_rows(accidents: object) -> bool:
    """Says whether accidents are given one by one rather than as a file."""
    return not isinstance(accidents, (str, os.PathLike, bytes, BinaryFile))
