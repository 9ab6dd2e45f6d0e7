"""Demo tables for a first look: offered once, and not again after the user deleted them."""

from __future__ import annotations

import logging

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from hab_core.datasets.reading import content_hash
from hab_core.datasets.samples import samples
from hab_core.datasets.storage import DatasetStore
from hab_server.datasets.keeping import keep
from hab_server.store.datasets import offered_samples

log = logging.getLogger(__name__)


def offer_samples(engine: Engine, store: DatasetStore) -> int:
    """Keeps every synthetic table that was not offered before; returns how many that were.

    Raises:
        StorageUnavailable: The store is full or cannot be written.
        DatabaseUnavailable: The database does not answer.
    """
    offered = offered_samples(engine)
    made = 0
    # The last one made is the newest in every list: accidents, which come first here, end up on top.
    for key, sample in reversed(samples().items()):
        if key in offered:
            continue
        content = sample.csv()
        try:
            digest = content_hash(content)
            keep(engine, store, content, digest, name=sample.name, description=sample.description, sample=key)
        except IntegrityError:
            log.info("another process offers the demo table", extra={"sample": key})
        else:
            made += 1
    return made
