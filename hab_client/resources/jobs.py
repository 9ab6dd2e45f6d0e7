"""Jobs that the server works on: how they stand, their results, cancelling them."""

from __future__ import annotations

from typing import IO

from hab_client._resource import Listing, Resource, segment
from hab_client._transport import Call
from hab_client.answers import BatchAnswer, JobAnswer
from hab_client.batch import BatchJob
from hab_core.schemas.common import Page
from hab_core.schemas.jobs import EcloBatch, EcloBatchItem, Job


class Jobs(Resource):
    """``client.jobs``: batch jobs by their id."""

    def get(self, job_id: str) -> BatchJob:
        """Returns a job that was started before, also by someone else.

        Raises:
            NotFound: There is no such job.
        """
        return BatchJob(self, self.state(job_id))

    def state(self, job_id: str) -> Job:
        """Returns how a job stands."""
        return self._page(job_id, {"limit": "1"})

    def items(self, job_id: str) -> Listing[EcloBatchItem]:
        """Returns the rows of a batch, each with a score or an error."""

        def page(params: dict[str, str]) -> Page[EcloBatchItem]:
            batch = self._page(job_id, params)
            return Page(items=batch.items, next_cursor=batch.next_cursor)

        return Listing(page)

    def cancel(self, job_id: str) -> Job:
        """Cancels a job and returns it as it then stands."""
        return self._ask(JobAnswer, Call("DELETE", _address(job_id)))

    def download(self, job_id: str, sink: IO[bytes]) -> None:
        """Writes the scored table into ``sink``, a file that can be rewound, as UTF-8 CSV with BOM."""
        self._transport.download(Call("GET", f"{_address(job_id)}/results.csv"), sink, "text/csv")

    def _page(self, job_id: str, params: dict[str, str]) -> EcloBatch:
        """Returns a job with a page of its rows."""
        return self._ask(BatchAnswer, Call("GET", _address(job_id), params))


def _address(job_id: str) -> str:
    """Returns the address of a batch job."""
    return f"/api/predict/eclo/batch/{segment('job_id', job_id)}"
