"""AI 질의응답 on the real server: asking, the cache, conversations that last, and the user's key."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from hab_client import HabClient
from hab_client.dataset import Dataset
from hab_core.schemas.chat import CACHE_NOTICE, MAX_DATASETS, OFFLINE_NOTICE
from hab_ui import choosing
from tests.anthropic_service import KEY, Reply, StandIn
from tests.ui.conftest import Show, texts

QUESTION = "기상상태별 건수는?"
COUNTS = ("get_value_counts", {"column": "기상상태"})


def _ask(test: AppTest, question: str = QUESTION) -> AppTest:
    return test.chat_input[0].set_value(question).run()


def _conversation(test: AppTest) -> str:
    found = test.query_params["conversation"]
    return found if isinstance(found, str) else found[0]


def _spoken(test: AppTest) -> list[str]:
    """Who speaks, message by message."""
    return [message.name for message in test.chat_message]


@pytest.fixture
def with_key(show: Show, accidents: Dataset) -> AppTest:
    """The page with a key typed in."""
    test = show("chat")
    return test.text_input(key="chat_api_key").set_value(KEY).run()


def test_without_data_it_says_what_to_do(show: Show, client: HabClient) -> None:
    assert not list(client.datasets.list())
    test = show("chat")
    assert not test.exception
    assert "CSV" in texts(test, "info")


def test_an_empty_conversation_offers_questions_that_get_answers(show: Show, accidents: Dataset) -> None:
    test = show("chat")
    examples = [button for button in test.button if str(button.key).startswith("chat_example_")]
    assert len(examples) == 3
    for number in range(3):
        test = show("chat")
        examples = [button for button in test.button if str(button.key).startswith("chat_example_")]
        test = examples[number].click().run()
        assert not test.exception
        assert not test.error
        assert _spoken(test) == ["user", "assistant"]
        assert any("사용한 분석 도구" in expander.label for expander in test.expander)


def test_an_answer_shows_what_it_rests_on(show: Show, accidents: Dataset) -> None:
    test = _ask(show("chat"))
    assert not test.exception
    assert _spoken(test) == ["user", "assistant"]
    shown = texts(test, "markdown")
    assert "오프라인 · 기본 분석" in shown
    assert ":green[" in shown
    assert "get_value_counts" in shown
    assert test.get("plotly_chart")
    labels = [expander.label for expander in test.expander]
    assert any(label.startswith("수치의 출처 · 확인됨") for label in labels)


def test_the_second_time_it_comes_from_the_cache(show: Show, accidents: Dataset) -> None:
    assert CACHE_NOTICE not in texts(_ask(show("chat"), "노면상태별 건수는?"), "markdown")
    test = _ask(show("chat"), "노면상태별 건수는?")
    assert CACHE_NOTICE in texts(test, "markdown")


def test_a_conversation_survives_reload_and_return(show: Show, accidents: Dataset) -> None:
    conversation = _conversation(_ask(show("chat")))
    again = show("chat", conversation=conversation)
    assert _spoken(again) == ["user", "assistant"]
    assert QUESTION in texts(again, "markdown")
    again = _ask(again, "결측치가 있는 열은?")
    assert _spoken(again) == ["user", "assistant"] * 2
    assert _conversation(again) == conversation
    listed = show("chat").button(key=f"chat_open_{conversation}").click().run()
    assert _spoken(listed) == ["user", "assistant"] * 2


def test_a_new_conversation_leaves_the_old_one(show: Show, accidents: Dataset) -> None:
    test = _ask(show("chat"))
    test = test.button(key="chat_new").click().run()
    assert _spoken(test) == []
    assert "conversation" not in test.query_params


def test_a_conversation_can_be_renamed_and_exported(show: Show, client: HabClient, accidents: Dataset) -> None:
    test = _ask(show("chat"))
    conversation = _conversation(test)
    test = test.text_input(key=f"chat_title_{conversation}").set_value("비 오는 날").run()
    test = test.button(key="chat_rename_save").click().run()
    assert client.conversations.get(conversation).title == "비 오는 날"
    assert "비 오는 날" in texts(test, "subheader")
    assert test.download_button(key="chat_export").label == "내보내기"


def test_a_deleted_conversation_is_gone(show: Show, client: HabClient, accidents: Dataset) -> None:
    test = _ask(show("chat"))
    conversation = _conversation(test)
    test = test.button(key="chat_delete_sure").click().run()
    assert "삭제했습니다" in texts(test, "success")
    assert _spoken(test) == []
    assert conversation not in [each.id for each in client.conversations.list()]
    gone = show("chat", conversation=conversation)
    assert "대화를 찾을 수 없어" in texts(gone, "warning")


def test_several_datasets_can_be_asked_about(show: Show, client: HabClient, accidents: Dataset) -> None:
    other = client.datasets.upload("이름,수\n가,1\n나,2\n".encode(), name="다른 표")
    test = show("chat")
    test.checkbox(key=f"chat_dataset_{accidents.id}").check()
    test = test.checkbox(key=f"chat_dataset_{other.id}").check().run()
    conversation = client.conversations.get(_conversation(_ask(test)))
    assert set(conversation.dataset_ids) == {accidents.id, other.id}
    conversation.delete()
    other.delete()


def test_every_run_tells_the_browser_which_datasets_are_chosen(show: Show, accidents: Dataset) -> None:
    """A browser that saw only the second run, the first being cut short, would show the boxes unchecked otherwise."""
    test = show("chat")
    for _ in range(2):
        box = test.checkbox(key=f"chat_dataset_{accidents.id}")
        assert box.value
        assert (box.proto.set_value, box.proto.value) == (True, True)
        test = test.run()


def test_without_a_chosen_dataset_nothing_is_asked(show: Show, client: HabClient, accidents: Dataset) -> None:
    before = len(list(client.conversations.list()))
    test = show("chat").checkbox(key=f"chat_dataset_{accidents.id}").uncheck().run()
    assert not test.checkbox(key=f"chat_dataset_{accidents.id}").value
    assert "하나 이상 선택하면" in texts(test, "info")
    assert "데이터셋을 하나 이상 선택해주세요." in texts(_ask(test), "warning")
    assert len(list(client.conversations.list())) == before


def test_a_dataset_that_has_just_come_is_the_one_to_ask_about(
    show: Show, client: HabClient, accidents: Dataset
) -> None:
    test = show("chat")
    assert test.checkbox(key=f"chat_dataset_{accidents.id}").value
    new = client.datasets.upload(b"a,b\n1,2\n", name="새 표")
    test.session_state["hab_session"].choose(new.id)
    choosing.forget()
    test = test.run()
    assert test.checkbox(key=f"chat_dataset_{new.id}").value
    assert not test.checkbox(key=f"chat_dataset_{accidents.id}").value
    new.delete()


def test_no_more_datasets_can_be_checked_than_can_be_asked_about(
    show: Show, client: HabClient, accidents: Dataset
) -> None:
    others = [client.datasets.upload(b"a,b\n1,2\n", name=f"표 {number}") for number in range(MAX_DATASETS)]
    boxes = [f"chat_dataset_{dataset.id}" for dataset in [accidents, *others]]
    test = show("chat")
    test.checkbox(key=boxes[-1]).uncheck()
    for key in boxes[:MAX_DATASETS]:
        test.checkbox(key=key).check()
    test = test.run()
    assert [test.checkbox(key=key).value for key in boxes] == [True] * MAX_DATASETS + [False]
    assert [test.checkbox(key=key).disabled for key in boxes] == [False] * MAX_DATASETS + [True]
    test = test.checkbox(key=boxes[0]).uncheck().run()
    assert not any(test.checkbox(key=key).disabled for key in boxes)
    for dataset in others:
        dataset.delete()


def test_claude_answers_with_the_typed_key(with_key: AppTest, claude: StandIn) -> None:
    claude.say(
        Reply("세어 보겠습니다.", [COUNTS]),
        Reply("맑음은 12건, 모두 77,777건입니다."),
        Reply("맑음은 12건, 모두 77,777건입니다."),
    )
    test = _ask(with_key, "맑은 날은 몇 건이고 모두 몇 건이야?")
    shown = texts(test, "markdown")
    assert not test.exception
    assert "Claude" in shown
    assert ":green[12]" in shown
    assert ":red-background[77,777⚠]" in shown
    assert "77,777" in texts(test, "warning")
    assert "토큰 사용량" in texts(test, "caption")
    assert KEY in claude.keys[-1]


def test_the_key_is_masked_and_in_no_address_or_message(with_key: AppTest, client: HabClient) -> None:
    field = with_key.text_input(key="chat_api_key")
    assert field.proto.type == field.proto.PASSWORD
    assert KEY not in str(with_key.query_params.values())
    for kind in ("markdown", "caption", "info", "warning", "error"):
        assert KEY not in texts(with_key, kind)


def test_a_key_beside_hab_is_used_but_not_sent_to_the_browser(
    show: Show, accidents: Dataset, claude: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_API_KEY", KEY)
    claude.say(Reply("안녕하세요."))
    test = show("chat")
    assert test.text_input(key="chat_api_key").value == ""
    assert "●" in test.text_input(key="chat_api_key").placeholder
    before = len(claude.keys)
    test = _ask(test, "안녕?")
    assert len(claude.keys) > before
    assert KEY in claude.keys[-1]


def test_a_wrong_key_is_said_in_korean_and_can_be_mended(with_key: AppTest, claude: StandIn) -> None:
    claude.say(Reply(status=401))
    test = _ask(with_key, "요일별 건수는 얼마나 돼?")
    assert "API 키가 유효하지 않습니다. 다시 확인해주세요." in texts(test, "error")
    assert not test.exception
    assert _spoken(test)[0] == "user"


def test_claude_out_of_reach_is_answered_offline(with_key: AppTest, claude: StandIn) -> None:
    claude.always(lambda _: Reply(status=529))
    try:
        test = _ask(with_key, "사고유형별 건수는?")
    finally:
        claude.always(lambda _: Reply(status=500))
    assert OFFLINE_NOTICE in texts(test, "caption")
    assert "오프라인" in texts(test, "markdown")


def test_an_answer_cut_off_can_be_asked_again(with_key: AppTest, claude: StandIn) -> None:
    claude.say(Reply("여기까지 말하고 끊어지는 긴 답변입니다.", cut_after=3))
    test = _ask(with_key, "도로형태에 대해 말해줘")
    assert "응답이 중단되었습니다" in texts(test, "caption")
    claude.say(Reply("이번에는 끝까지 말합니다."))
    test = test.button(key="chat_again").click().run()
    assert "이번에는 끝까지 말합니다." in texts(test, "markdown")
    assert _spoken(test) == ["user", "assistant"] * 2


def test_the_model_can_be_chosen(with_key: AppTest, claude: StandIn) -> None:
    claude.say(Reply("예."))
    test = with_key.selectbox(key="chat_model_name").set_value("claude-haiku-5-5").run()
    _ask(test, "예라고 말해줘")
    assert claude.requests[-1]["model"] == "claude-haiku-5-5"
