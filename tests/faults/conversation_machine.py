"""Conversations in any order of questions, new titles and deletions, beside a model of what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from hab_core.schemas.chat import CACHE_NOTICE, MOVED_ON_NOTICE
from tests.faults.ledger import pages
from tests.server.api.chatting import CONVERSATIONS, send

QUESTIONS = ("요일별 사고 건수는?", "평균 ECLO는?", "결측치가 있는 열은?", "그럼 월요일은?", "날씨가 어때?")
TITLES = st.text("가나다라마 abc=<&\"'", min_size=1, max_size=12).filter(str.strip)


@dataclass
class Talk:
    """What the model knows of a conversation."""

    id: str
    title: str
    version: int
    said: list[tuple[str, str]] = field(default_factory=list)
    alive: bool = True


class ConversationMachine(RuleBasedStateMachine):
    """Questions are asked in new conversations and old ones, which are renamed, read and deleted in any order."""

    talks = Bundle("talks")

    def __init__(self, api: httpx.Client, datasets: tuple[str, str]) -> None:
        super().__init__()
        self.api, (self.dataset, self.other) = api, datasets
        self.before = {item["id"] for item in pages(api, CONVERSATIONS)}
        self.known: list[Talk] = []

    @rule(target=talks, question=st.sampled_from(QUESTIONS))
    def begin(self, question: str) -> Talk:
        told = send(self.api, self.dataset, question).json()
        talk = Talk(told["conversation_id"], question, told["version"])
        talk.said = [("user", question), ("assistant", told["response"])]
        self.known.append(talk)
        return talk

    @rule(talk=talks, question=st.sampled_from(QUESTIONS), stale=st.booleans())
    def go_on(self, talk: Talk, question: str, stale: bool) -> None:
        seen = talk.version - 1 if stale else talk.version
        response = send(self.api, self.dataset, question, conversation_id=talk.id, expected_version=seen)
        assert response.status_code == (200 if talk.alive else 404)
        if talk.alive:
            told = response.json()
            assert told["conversation_id"] == talk.id
            assert told["version"] > talk.version
            assert (MOVED_ON_NOTICE in (told.get("notice") or "")) == stale
            assert (CACHE_NOTICE in (told.get("notice") or "")) == told["cache_hit"]
            talk.version = told["version"]
            talk.said += [("user", question), ("assistant", told["response"])]

    @rule(talk=talks)
    def ask_of_another_dataset(self, talk: Talk) -> None:
        response = send(self.api, self.other, QUESTIONS[0], conversation_id=talk.id)
        assert response.status_code == (422 if talk.alive else 404)

    @rule(talk=talks, title=TITLES, stale=st.booleans())
    def rename(self, talk: Talk, title: str, stale: bool) -> None:
        patch = {"title": title, "expected_version": talk.version - 1 if stale else talk.version}
        response = self.api.patch(f"{CONVERSATIONS}/{talk.id}", json=patch)
        assert response.status_code == (200 if talk.alive else 404)
        if talk.alive:
            told = response.json()
            assert (told["notice"] == MOVED_ON_NOTICE) == stale
            talk.title, talk.version = title.strip(), told["version"]

    @rule(talk=talks)
    def delete(self, talk: Talk) -> None:
        response = self.api.delete(f"{CONVERSATIONS}/{talk.id}")
        assert response.status_code == (200 if talk.alive else 404)
        talk.alive = False

    @rule(talk=talks)
    def read(self, talk: Talk) -> None:
        response = self.api.get(f"{CONVERSATIONS}/{talk.id}")
        assert response.status_code == (200 if talk.alive else 404)
        if talk.alive:
            told: dict[str, Any] = response.json()
            assert (told["title"], told["version"]) == (talk.title, talk.version)
            assert [(each["role"], each["content"]) for each in told["messages"]] == talk.said

    @invariant()
    def the_list_shows_what_is_there(self) -> None:
        listed = [item for item in pages(self.api, CONVERSATIONS) if item["id"] not in self.before]
        mine = {item["id"]: (item["title"], item["message_count"]) for item in listed}
        assert mine == {talk.id: (talk.title, len(talk.said)) for talk in self.known if talk.alive}
