"""``hab ask`` and ``hab conversations``: answers on stdout, the rest on stderr, the key nowhere."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hab_client import Dataset, HabClient, NotFound
from tests.anthropic_service import KEY, Reply, StandIn
from tests.client.asking import COUNTS, QUESTION, asked_for_real, fresh
from tests.client.chat_wire import ANSWER, DONE, START, TEXT, event, streamed
from tests.client.hab_command import Hab, one_line
from tests.client.wire_server import DATASET, serving, success
from tests.running import HAB, free_port


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, claude: StandIn) -> Iterator[HabClient]:
    """A client with a server of its own, whose Claude is the stand-in."""
    with asked_for_real(tmp_path_factory.mktemp("hab") / "home", claude) as client:
        yield client


@pytest.fixture
def dataset(client: HabClient, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Accidents on the real server, which the commands find."""
    monkeypatch.setenv("BACKEND_URL", client.base_url)
    return fresh(client)


def test_an_answer_and_what_belongs_to_it(hab: Hab, dataset: Dataset) -> None:
    result = hab("ask", QUESTION, "--dataset", dataset.id)
    assert result.returncode == 0, result.stderr
    assert "월요일" in result.stdout
    first, *_, last = result.stderr.splitlines()
    assert first == "도구: get_temporal_pattern"
    assert last.startswith("기본 분석 · 이어서 물으려면: --conversation conv_")
    streamed_one = hab("ask", QUESTION, "--dataset", dataset.id, "--stream")
    assert streamed_one.stdout == result.stdout
    assert "캐시에서 반환됨" in streamed_one.stderr
    conversation = last.rpartition(" ")[2]
    goes_on = hab("ask", "그럼 기상상태별은?", "--conversation", conversation, "--json", "--stream")
    fields = json.loads(goes_on.stdout)
    assert (fields["conversation_id"], fields["mode"]) == (conversation, "offline")


def test_several_datasets_and_the_answer_as_json(hab: Hab, client: HabClient, dataset: Dataset) -> None:
    other = fresh(client)
    result = hab("ask", QUESTION, "--dataset", dataset.id, "--dataset", other.id, "--json")
    fields = json.loads(result.stdout)
    assert client.conversations.get(fields["conversation_id"]).dataset_ids == [dataset.id, other.id]
    assert {"response", "tool_calls", "receipts", "token_usage", "version"} <= fields.keys()


def test_the_key_is_found_used_and_not_shown(hab: Hab, claude: StandIn, dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "config.env").write_text(f"claude_api_key='{KEY}' # 내 키\n")
    claude.say(Reply(tools=[COUNTS]), Reply("월요일이 3건으로 가장 많습니다."))
    result = hab("--debug", "ask", QUESTION, "--dataset", dataset.id, "--model", "claude-of-choice")
    assert result.stdout == "월요일이 3건으로 가장 많습니다.\n"
    assert "Claude · 토큰" in result.stderr
    assert KEY in claude.keys[-1]
    assert claude.requests[-1]["model"] == "claude-of-choice"
    before = len(claude.requests)
    offline = hab("ask", QUESTION, "--dataset", dataset.id, "--offline")
    assert "기본 분석" in offline.stderr
    assert len(claude.requests) == before
    claude.say(Reply(status=401))
    refused = hab("ask", "결측치는?", "--dataset", dataset.id, "--stream")
    assert one_line(refused) == "오류: API 키가 유효하지 않습니다. 다시 확인해주세요."
    for each in (result, offline, refused):
        assert KEY not in each.stdout + each.stderr


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], "hab datasets upload"),
        (["가", "나"], "--dataset ID로 지정해주세요: ds_1 (가), ds_2 (나)"),
        (list("가나다라마바"), "ds_5 (마) …"),
    ],
)
def test_which_dataset_is_meant_has_to_be_clear(hab: Hab, names: list[str], told: str) -> None:
    items = [{**DATASET, "id": f"ds_{number}", "name": name} for number, name in enumerate(names, 1)]
    with serving(success(items=items, next_cursor=None)) as server:
        line = one_line(hab("ask", QUESTION, BACKEND_URL=server.url))
    assert told in line


def test_the_only_dataset_is_meant(hab: Hab) -> None:
    with serving(success(items=[DATASET], next_cursor=None), success(**ANSWER)) as server:
        result = hab("ask", QUESTION, BACKEND_URL=server.url)
    assert json.loads(server.asked[1].body)["dataset_ids"] == ["ds_1"]
    assert result.stdout == f"{TEXT}\n"
    assert result.stderr.splitlines() == [
        "데이터셋: ds_1 (표)",
        "도구: get_value_counts",
        "⚠ 출처를 찾지 못한 수치: 9.9%",
        "기본 분석 · 이어서 물으려면: --conversation conv_1",
    ]


def test_text_that_is_replaced_is_written_anew(hab: Hab) -> None:
    corrected = [event(2, "text", text="틀린 글"), event(3, "text", text=TEXT[:9], replace=True)]
    with serving(streamed(START, *corrected, event(4, "text", text=TEXT[9:]), DONE)) as server:
        result = hab("ask", QUESTION, "--dataset", "ds_1", "--stream", BACKEND_URL=server.url)
    assert result.stdout == f"틀린 글{TEXT}\n"
    assert "(답변을 고쳐 씁니다.)" in result.stderr


def test_a_stream_that_fails_ends_its_line_and_tells_why(hab: Hab) -> None:
    error = event(3, "error", error={"code": "llm_timeout", "message": "늦어지고 있습니다."})
    with serving(streamed(START, event(2, "text", text="가장"), error)) as server:
        result = hab("ask", QUESTION, "--dataset", "ds_1", "--stream", BACKEND_URL=server.url)
    assert (result.returncode, result.stdout, result.stderr) == (
        1,
        "가장\n",
        "오류: 늦어지고 있습니다. (요청 번호 req_1)\n",
    )


def test_in_a_terminal_the_answer_is_told_as_it_comes() -> None:
    ours, theirs = pty.openpty()
    with serving(streamed(START, event(2, "text", text=TEXT), DONE)) as server, os.fdopen(ours, "rb", 0) as terminal:
        with os.fdopen(theirs, "wb") as stdout:
            subprocess.run(
                [*HAB, "ask", QUESTION, "--dataset", "ds_1"],
                stdout=stdout,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUTF8": "1", "BACKEND_URL": server.url},
                timeout=60,
                check=True,
            )
        shown = terminal.read(4_096).decode()
    assert server.asked[0].target == "/api/chat/stream"
    assert shown == f"{TEXT}\r\n"


def test_failures_are_one_line(hab: Hab, dataset: Dataset) -> None:
    assert "찾을 수 없습니다" in one_line(hab("ask", QUESTION, "--dataset", "ds_unknown"))
    assert "message" in one_line(hab("ask", " ", "--dataset", dataset.id))
    away = f"http://127.0.0.1:{free_port()}"
    for arguments in (["ask", QUESTION], ["ask", QUESTION, "--dataset", "ds_1", "--stream"], ["conversations", "list"]):
        assert "서버에 연결할 수 없습니다" in one_line(hab(*arguments, BACKEND_URL=away))
    for verb in ("show", "export"):
        assert "찾을 수 없습니다" in one_line(hab("conversations", verb, "conv_unknown"))


def test_conversations_are_listed_shown_renamed_and_deleted(hab: Hab, client: HabClient, dataset: Dataset) -> None:
    found = client.chat.ask(QUESTION, dataset=dataset)
    conversation = found.conversation_id
    head, line = hab("conversations", "list", "--dataset", dataset.id).stdout.splitlines()
    assert head.split() == ["ID", "제목", "메시지", "바뀐", "시각"]
    assert line.split()[0] == conversation
    (item,) = json.loads(hab("conversations", "list", "--dataset", dataset.id, "--limit", "3", "--json").stdout)
    assert (item["id"], item["message_count"]) == (conversation, 2)
    shown = hab("conversations", "show", conversation).stdout
    assert f"질문: {QUESTION}\n" in shown
    assert f"답변: {found.response}\n" in shown
    assert [m["role"] for m in json.loads(hab("conversations", "show", conversation, "--json").stdout)["messages"]]
    renamed = hab("conversations", "rename", conversation, "새 제목")
    assert (renamed.stdout, renamed.stderr) == ("", "제목을 바꿨습니다: 새 제목\n")
    assert "--yes" in one_line(hab("conversations", "delete", conversation))
    assert hab("conversations", "delete", conversation, "--yes").returncode == 0
    with pytest.raises(NotFound):
        client.conversations.get(conversation)


def test_a_conversation_is_exported(hab: Hab, client: HabClient, dataset: Dataset, tmp_path: Path) -> None:
    conversation = client.conversations.get(client.chat.ask(QUESTION, dataset=dataset).conversation_id)
    assert hab("conversations", "export", conversation.id).stdout == conversation.to_markdown()
    written = hab("conversations", "export", conversation.id, "-o", "대화.md")
    assert (written.returncode, written.stdout) == (0, "")
    assert "대화.md" in written.stderr
    assert (tmp_path / "대화.md").read_text(encoding="utf-8") == conversation.to_markdown()
    assert "쓸 수 없습니다" in one_line(hab("conversations", "export", conversation.id, "-o", "없는 폴더/대화.md"))
