"""What tests of the chat page share: a server whose Claude is the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hab_client import HabClient
from hab_client.dataset import Dataset
from tests.anthropic_service import StandIn
from tests.ui.conftest import ACCIDENTS


@pytest.fixture(scope="module")
def client(home: Path, claude: StandIn) -> Iterator[HabClient]:
    """A client with the real server, whose Claude is the stand-in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", claude.url)
        with HabClient.embedded(home) as client:
            yield client


@pytest.fixture
def accidents(client: HabClient) -> Iterator[Dataset]:
    """A small dataset, gone after the test with the conversations about it."""
    dataset = client.datasets.upload(ACCIDENTS, name="시험 사고")
    yield dataset
    for conversation in list(client.conversations.list(dataset)):
        conversation.delete()
    dataset.delete()
