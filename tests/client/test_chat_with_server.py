"""Questions to the real application: offline, with Claude played by the stand-in, and the conversations they leave."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from hab_client import ChatAnswer, Dataset, DatasetInUse, HabClient, InvalidApiKey, InvalidInput, NotFound
from hab_core.schemas.chat import CACHE_NOTICE, MOVED_ON_NOTICE, OFFLINE_NOTICE
from tests.anthropic_service import KEY, Reply, StandIn
from tests.client.asking import COUNTS, QUESTION, asked_for_real, fresh, relay
from tests.client.wire_server import WireServer, serving
from tests.running import wait_until
from tests.server.api.chatting import table

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "chat.py"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, claude: StandIn) -> Iterator[HabClient]:
    """A client with a server of its own, whose Claude is the stand-in."""
    with asked_for_real(tmp_path_factory.mktemp("hab") / "home", claude) as client:
        yield client


@pytest.fixture
def dataset(client: HabClient) -> Dataset:
    """Accidents: three on Mondays, two on Tuesdays, two on Wednesdays."""
    return fresh(client)


def ask(client: HabClient, dataset: Dataset, question: str = QUESTION, **options: str) -> ChatAnswer:
    """The answer to a question about one dataset."""
    return client.chat.ask(question, dataset=dataset, **options)


def test_a_question_without_a_key(client: HabClient, dataset: Dataset) -> None:
    found = ask(client, dataset)
    assert (found.mode, found.cache_hit, found.incomplete, found.notice) == ("offline", False, False, None)
    assert "월요일" in str(found)
    assert found.tool_calls[0].result
    assert {receipt.status for receipt in found.receipts} == {"verified"}
    assert found.request_id
    assert "확인됨" in found._repr_html_()
    again = ask(client, dataset)
    assert (again.response, again.cache_hit, again.notice) == (found.response, True, CACHE_NOTICE)


def test_a_stream_without_a_key_is_the_same_answer(client: HabClient, dataset: Dataset) -> None:
    with client.chat.stream(QUESTION, dataset=dataset) as stream:
        events = [(event.type, stream.text) for event in stream]
    names = [name for name, _ in events]
    assert (names[0], names[-1]) == ("start", "done")
    assert set(names) == {"start", "tool_start", "tool_end", "text", "done"}
    assert stream.answer is not None
    assert events[-2][1] == stream.text == stream.answer.response == ask(client, dataset).response
    assert (stream.conversation_id, stream.message_id) == (stream.answer.conversation_id, stream.answer.message_id)
    assert stream.answer.request_id


@pytest.mark.parametrize("cut", [700, 1_000, 1_300])
def test_a_real_stream_that_is_cut_goes_on(client: HabClient, dataset: Dataset, cut: int) -> None:
    servers: list[WireServer] = []
    cutting = relay(servers, client.base_url, cut), relay(servers, client.base_url)
    with serving(*cutting) as between, HabClient(between.url) as other:
        servers.append(between)
        stream = other.chat.stream(QUESTION, dataset=dataset.id)
        texts = [event.text for event in stream if event.type == "text"]
    first, second = between.asked
    assert "last-event-id" not in first.headers
    assert second.headers["last-event-id"]
    assert stream.answer is not None
    assert "".join(texts) == stream.answer.response == ask(client, dataset).response


def test_several_datasets_in_one_question(client: HabClient) -> None:
    both = [fresh(client), fresh(client).id]
    found = client.chat.ask(QUESTION, datasets=both)
    assert len(client.conversations.get(found.conversation_id).dataset_ids) == 2


@pytest.mark.parametrize("question", ["", " ", "\x00", "가" * 20_000])
def test_what_is_no_question_is_refused_in_both_ways(client: HabClient, dataset: Dataset, question: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.chat.ask(question, dataset=dataset)
    with pytest.raises(InvalidInput) as again:
        client.chat.stream(question, dataset=dataset).finish()
    assert caught.value.message == again.value.message


def test_what_is_not_there_is_not_found(client: HabClient, dataset: Dataset) -> None:
    for options in ({"dataset": "ds_unknown"}, {"dataset": dataset.id, "conversation": "conv_unknown"}):
        with pytest.raises(NotFound):
            client.chat.ask(QUESTION, **options)
        with pytest.raises(NotFound):
            next(client.chat.stream(QUESTION, **options))
    for call in (client.conversations.get, client.conversations.delete):
        with pytest.raises(NotFound):
            call("conv_unknown")


def test_a_conversation_goes_on_is_read_renamed_and_deleted(client: HabClient, dataset: Dataset) -> None:
    first = ask(client, dataset)
    conversation = client.conversations.get(first.conversation_id)
    client.chat.ask("그럼 기상상태별은?", conversation=conversation, expected_version=conversation.version)
    assert len(conversation) == 2
    assert len(conversation.refresh()) == 4
    assert [message.role for message in conversation.messages] == ["user", "assistant"] * 2
    assert conversation.messages[1].content == first.response
    page = conversation.to_markdown()
    assert len(re.findall(r"^## (?:질문|답변)", page, re.MULTILINE)) == 4
    assert f"> {QUESTION}" in page
    assert first.response in page
    assert "get_value_counts" in conversation._repr_html_()
    assert conversation.rename("새 제목").title == client.conversations.get(conversation.id).title == "새 제목"
    with pytest.raises(DatasetInUse):
        dataset.delete()
    conversation.delete()
    with pytest.raises(NotFound):
        conversation.refresh()
    dataset.delete()


def test_conversations_that_moved_on_elsewhere_say_so(client: HabClient, dataset: Dataset) -> None:
    conversation = client.conversations.get(ask(client, dataset).conversation_id)
    later = client.chat.ask("가장 이른 날짜는?", conversation=conversation, expected_version=0)
    assert MOVED_ON_NOTICE in (later.notice or "")
    assert client.conversations.rename(conversation.id, "제목", expected_version=0).notice == MOVED_ON_NOTICE
    assert client.conversations.rename(conversation.id, "제목").notice is None


def test_conversations_are_listed_newest_first_and_by_dataset(client: HabClient, dataset: Dataset) -> None:
    asked = [ask(client, dataset, question).conversation_id for question in (QUESTION, "결측치는?", QUESTION)]
    assert [each.id for each in client.conversations.list(dataset)] == asked[::-1]
    assert [each.id for each in islice(client.conversations.list(), 3)] == asked[::-1]
    one = next(iter(client.conversations.list(dataset.id)))
    assert (len(one), one.title, one.dataset_ids) == (2, QUESTION, [dataset.id])
    assert one.messages[0].content == QUESTION  # asked for when it is looked at
    assert list(client.conversations.list(fresh(client))) == []


def test_claude_answers_where_there_is_a_key(client: HabClient, claude: StandIn, dataset: Dataset) -> None:
    claude.say(Reply("세어 보겠습니다.", tools=[COUNTS]), Reply("월요일이 3건으로 가장 많습니다."))
    with client.chat.stream(QUESTION, dataset=dataset, api_key=KEY, model="claude-of-choice") as stream:
        names = [event.type for event in stream]
    found = stream.answer
    assert found is not None
    assert {"tool_start", "tool_end", "text"} <= set(names)
    assert (found.mode, found.tool_calls[0].name) == ("claude", "get_value_counts")
    assert "3건" in found.response
    assert found.token_usage.input > 0
    assert KEY in claude.keys[-1]
    assert claude.requests[-1]["model"] == "claude-of-choice"


def test_a_figure_that_claude_invents_is_marked(client: HabClient, claude: StandIn, dataset: Dataset) -> None:
    invented = Reply("월요일이 8,765건으로 가장 많습니다.")
    claude.say(Reply(tools=[COUNTS]), invented, invented)
    found = ask(client, dataset, api_key=KEY)
    assert [receipt.status for receipt in found.receipts if receipt.figure.startswith("8,765")] == ["unverified"]
    assert "⚠" in found._repr_markdown_()
    assert "출처를 찾지 못한 수치: 8,765" in found._repr_html_()


def test_a_wrong_key_is_an_error_in_both_ways(
    client: HabClient, claude: StandIn, dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    claude.say(Reply(status=401), Reply(status=401))
    with pytest.raises(InvalidApiKey, match="API 키가 유효하지 않습니다"):
        ask(client, dataset, api_key=KEY)
    stream = client.chat.stream(QUESTION, dataset=dataset, api_key=KEY)
    with pytest.raises(InvalidApiKey) as caught:
        stream.finish()
    assert caught.value.status == 401
    assert KEY not in caplog.text
    asked = client.conversations.get(stream.conversation_id or "")
    wait_until(lambda: len(asked.refresh()) == 2)  # an answer is told as failed a moment before it counts as over
    assert [message.content for message in asked.messages] == [QUESTION, ""]
    assert "응답이 중단되었습니다" in asked.to_markdown()


def test_the_example_runs(client: HabClient, tmp_path: Path) -> None:
    (tmp_path / "사고.csv").write_text(table(), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, EXAMPLE, tmp_path / "사고.csv"],
        env={**os.environ, "BACKEND_URL": client.base_url, "PYTHONUTF8": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "월요일로 3건" in result.stdout
    assert "# " in result.stdout
    assert "도구: get_" in result.stderr


def test_without_claude_the_server_answers_itself(client: HabClient, claude: StandIn, dataset: Dataset) -> None:
    claude.always(lambda _body: Reply(status=529))
    found = ask(client, dataset, api_key=KEY)
    assert (found.mode, found.notice) == ("offline", OFFLINE_NOTICE)
    assert OFFLINE_NOTICE in found._repr_html_()
