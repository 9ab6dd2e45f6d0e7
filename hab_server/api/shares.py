"""Share links: made, followed, revoked.

HAB has no accounts: who follows a link learns the dataset's id, and rows, downloads and tools work by it as for anyone.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from hab_core.errors import HabError, NotFound, ShareLinkExpired
from hab_core.schemas.common import utc_now
from hab_core.schemas.datasets import DatasetDetail, Removed, Share
from hab_server.dependencies import DatasetId, Services, ServicesDep, ShareId
from hab_server.errors import error_response
from hab_server.store import datasets, shares

router = APIRouter(prefix="/api", tags=["shares"])
_TOKEN_BYTES = 32
_DISCREET = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
"""Neither the address with its token nor what it shows goes anywhere else."""


@router.post(
    "/datasets/{dataset_id}/share",
    status_code=201,
    operation_id="share_dataset",
    responses={201: {"model": Share}},
)
def share_dataset(dataset_id: DatasetId, services: ServicesDep) -> Response:
    """Makes a link that shows the dataset to anyone who has it; the token is told this once."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = utc_now() + timedelta(days=services.settings.share_ttl_days)
    share_id = shares.create(services.engine, dataset_id, token, expires_at)
    url = f"{services.settings.ui_url.rstrip('/')}/?share={token}"
    share = Share(share_id=share_id, token=token, url=url, expires_at=expires_at)
    return Response(share.model_dump_json(), status_code=201, media_type="application/json", headers=_DISCREET)


@router.delete("/shares/{share_id}", operation_id="revoke_share")
def revoke_share(share_id: ShareId, services: ServicesDep) -> Removed:
    """Ends a link at once."""
    shares.revoke(services.engine, share_id)
    return Removed(id=share_id)


@router.get("/shared/{token}", operation_id="get_shared_dataset", responses={200: {"model": DatasetDetail}})
def get_shared_dataset(token: str, services: ServicesDep) -> Response:
    """Returns the dataset behind a link; 410 where the link has expired, was revoked or its dataset was deleted."""
    try:
        dataset = _behind(services, token)
    except HabError as error:
        response = error_response(error)
        response.headers.update(_DISCREET)
        return response
    return Response(dataset.model_dump_json(), media_type="application/json", headers=_DISCREET)


def _behind(services: Services, token: str) -> DatasetDetail:
    """Returns the dataset that a token opens."""
    dataset_id = shares.dataset_behind(services.engine, token)
    try:
        return datasets.get(services.engine, dataset_id)
    except NotFound:
        raise ShareLinkExpired from None
