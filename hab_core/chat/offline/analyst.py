"""The offline analyst: reads a question, plans, runs the tools and says what they found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hab_core.analysis.prediction import Predictor
from hab_core.chat.events import Emit, unheard
from hab_core.chat.followups import leans_on_context
from hab_core.chat.offline.calls import Call
from hab_core.chat.offline.intents import plan
from hab_core.chat.offline.lexicon import Lexicon
from hab_core.chat.offline.prediction import ASKING_BACK, ask_back, plan_prediction, wants_forecast, wants_prediction
from hab_core.chat.offline.reading import Reading, read
from hab_core.chat.offline.sentences import conditions_in_words, say
from hab_core.chat.offline.suggestions import suggestions
from hab_core.chat.offline.text import Question, squeeze
from hab_core.chat.receipts import find_receipts
from hab_core.chat.sources import Source
from hab_core.chat.tools import DATASET, ToolBox
from hab_core.schemas.chat import ChatResult, Role, TextEvent, ToolCall, ToolEndEvent, ToolStartEvent

CANNOT = "이 질문은 기본 분석으로 답할 수 없습니다. 이렇게 물어보실 수 있습니다:"
_OVERLOOKED = "참고: '{}'에 해당하는 열이나 값을 찾지 못해 조건에 넣지 않았습니다."
_CUMULATIVE = re.compile(r"그\s?중|이\s?중|위의?\s|여기서|거기서|그\s?사고")
_KEEPING = ("mean", "median", "std", "sum", "max", "min", "most", "least", "superlative", "share", "trend", "count")
_LOOK_BACK = 3
_EACH = re.compile(r"각각|비교|모두|둘\s?다|(?:와|과|이랑|랑|하고|및)\s|중\s?(?:어느|어디|뭐|무엇)")
_ALL_SETS = re.compile(r"(?:두|세|모든|각|여러|전체)\s?(?:데이터셋?|자료|파일|표)|데이터셋(?:별|마다)")


@dataclass(frozen=True)
class Turn:
    """One earlier message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Step:
    """A call, the reading it answers, and where the dataset has to be named its id."""

    call: Call
    reading: Reading
    dataset: str | None = None

    @property
    def input(self) -> dict[str, object]:
        """The arguments as they go to the tool."""
        return ({DATASET: self.dataset} if self.dataset else {}) | self.call.arguments


class OfflineAnalyst:
    """Answers questions about datasets by rules, the same question always in the same way."""

    def __init__(self, sources: Sequence[Source], predictor: Predictor | None = None) -> None:
        """Prepares what the rules know of the datasets; values are read when a question first needs them."""
        self._lexicons = [Lexicon(source) for source in sources]
        self._tools = ToolBox(sources, predictor)

    def answer(self, message: str, history: Sequence[Turn] = (), emit: Emit = unheard) -> ChatResult:
        """Returns the answer to a question.

        Args:
            message: The question.
            history: The turns before it, oldest first; a question that leans on them is completed from them.
            emit: Is told of tools as they start and end, and of the text.
        """
        calls: list[ToolCall] = []
        steps = self.plan(message, history)
        said = [self._said(step, calls, emit) for step in steps]
        message = self._completed(message, history)
        said += filter(None, [self._shared(steps, calls), self._overlooked(steps)])
        response = "\n".join(dict.fromkeys(said)) or self._without_calls(message)
        emit(TextEvent(text=response))
        names = [lexicon.source.name for lexicon in self._lexicons]
        receipts = find_receipts(response, calls, message, names) if calls else []
        return ChatResult(response=response, mode="offline", tool_calls=calls, receipts=receipts)

    def plan(self, message: str, history: Sequence[Turn] = ()) -> list[Step]:
        """Returns the tool calls that answer a question, without running them; none where there is nothing to run."""
        message = self._completed(message, history)
        question = Question.of(message)
        if wants_prediction(question):
            reading = Reading(question, self._lexicons[0])
            return [Step(call, reading) for call in plan_prediction(question) if isinstance(call, Call)]
        if wants_forecast(question):
            return []
        several = len(self._lexicons) > 1
        steps: list[Step] = []
        for lexicon in self._chosen(message):
            reading = self._read(message, history, lexicon)
            planned = plan(reading)
            name = lexicon.source.id if several else None
            steps.extend(Step(call, reading, name) for call in (planned[1] if planned else []))
        return steps

    def can_answer(self, message: str, history: Sequence[Turn] = ()) -> bool:
        """Whether the rules understand a question, if only to ask back."""
        asks = wants_prediction(Question.of(self._completed(message, history)))
        return asks or bool(self.plan(message, history))

    def _said(self, step: Step, calls: list[ToolCall], emit: Emit) -> str:
        """Runs a step and returns what it found in words, or what was wrong with it."""
        call = self._run(step, calls, emit)
        if call.result is None:
            return call.error.message if call.error else ""
        name = f"[{step.reading.lexicon.source.name}] " if step.dataset else ""
        if step.call.tool == "get_dataframe_info":
            name = ""
        head = f"{step.call.label}: " if step.call.label else conditions_in_words(call.result)
        return name + head + say(step.call, call.result, step.reading)

    def _shared(self, steps: Sequence[Step], calls: Sequence[ToolCall]) -> str:
        """Returns the share of the rows of the second of two filters in those of the first; empty elsewhere."""
        both = [step.call.tool for step in steps] == ["filter_dataframe"] * 2 and steps[0].reading.has("share")
        counts = [call.result["rows"] for call in calls if call.result] if both else []
        if len(counts) != 2 or not counts[0] or steps[0].reading.contrasts:
            return ""
        counter = steps[0].reading.lexicon.source.rows_are.counter
        share = counts[1] / counts[0] * 100
        return f"{counts[0]:,}{counter} 가운데 {counts[1]:,}{counter}이므로 비율은 {share:.1f}%입니다."

    def _overlooked(self, steps: Sequence[Step]) -> str:
        """Returns a remark about a word that says which rows are meant and that could not be used."""
        unknown = next((step.reading.unknown for step in steps if step.reading.unknown), None)
        return _OVERLOOKED.format(unknown) if unknown else ""

    def _without_calls(self, message: str) -> str:
        """Returns what a prediction still needs, or that a question can't be answered."""
        question = Question.of(message)
        if not wants_prediction(question):
            return self._cannot()
        return ask_back([each for each in plan_prediction(question) if isinstance(each, str)])

    def _run(self, step: Step, calls: list[ToolCall], emit: Emit) -> ToolCall:
        """Runs a step and tells of it."""
        index = len(calls)
        emit(ToolStartEvent(index=index, name=step.call.tool, input=step.input))
        call = self._tools.run(step.call.tool, step.input).call
        calls.append(call)
        emit(ToolEndEvent(index=index, call=call))
        return call

    def _cannot(self) -> str:
        """Returns that a question can't be answered, and three that can."""
        offered = [f"- {each}" for each in suggestions(self._lexicons[0])] if self._lexicons else []
        return "\n".join([CANNOT, *offered])

    def _completed(self, message: str, history: Sequence[Turn]) -> str:
        """Returns a message with the questions before it that the analyst asked back about."""
        asked = [turn for turn in history if turn.role == "user"]
        answers = [turn for turn in history if turn.role == "assistant"]
        if asked and answers and answers[-1].content.startswith(ASKING_BACK):
            return f"{self._completed(asked[-1].content, history[:-2])} {message}"
        return message

    def _chosen(self, message: str) -> list[Lexicon]:
        """Returns the datasets a question is about: all that it names, else the one whose words it uses most."""
        if len(self._lexicons) < 2 or _ALL_SETS.search(message):
            return self._lexicons
        named = [lexicon for lexicon in self._lexicons if self._is_named(lexicon, squeeze(message))]
        if len(named) > 1 and _EACH.search(message):
            return named
        return [max(named or self._lexicons, key=lambda each: read(message, each).recognised)]

    def _is_named(self, lexicon: Lexicon, spoken: str) -> bool:
        """Whether a question names a dataset: by what its rows are, or by a word that only its own name has."""
        others = " ".join(squeeze(each.source.name) for each in self._lexicons if each is not lexicon)
        words = {squeeze(word) for word in re.split(r"[\s()_\-]+", lexicon.source.name)}
        telling = {word for word in words if len(word) > 1 and not word.isdigit() and word not in others}
        return lexicon.source.rows_are.noun in spoken or any(word in spoken for word in telling)

    def _read(self, message: str, history: Sequence[Turn], lexicon: Lexicon) -> Reading:
        """Returns the reading of a question, completed from the questions before it where it leans on them."""
        reading = read(message, lexicon)
        earlier = [turn.content for turn in history if turn.role == "user"]
        if not earlier or not leans_on_context(message):
            return reading
        before = self._read(earlier[-1], _before(history)[-2 * _LOOK_BACK :], lexicon)
        return merged(before, reading, cumulative=bool(_CUMULATIVE.search(message)))


def _before(history: Sequence[Turn]) -> Sequence[Turn]:
    """Returns the turns before the last question."""
    last = max(i for i, turn in enumerate(history) if turn.role == "user")
    return history[:last]


def merged(before: Reading, now: Reading, cumulative: bool) -> Reading:
    """Returns a reading completed from the one before it.

    What the question names anew takes the place of what was named before; of the conditions only those on the same
    column, and none where the question narrows (그중) what was asked.
    """
    columns = {condition["column"] for condition in now.conditions}
    kept = [each for each in before.conditions if cumulative or each["column"] not in columns]
    groups = now.groups or ([] if now.others else before.groups)
    own_aim = bool(now.groups or now.others or now.measures)
    signals = (
        now.signals
        | {name for name in before.signals if name in _KEEPING and not own_aim}
        | (before.signals if not own_aim and not now.signals else frozenset())
    )
    opposed = {"least": "most", "most": "least"}
    signals -= {opposed[name] for name in now.signals if name in opposed}
    return replace(
        now,
        signals=frozenset(signals),
        conditions=[*kept, *(each for each in now.conditions if each not in kept)],
        groups=[group for group in groups if now.groups or group.column not in columns] or groups,
        measures=now.measures or before.measures,
        others=now.others or ([] if now.groups else before.others),
        compared=now.compared,
        aggregates=now.aggregates or before.aggregates,
        top=now.top or before.top,
        target=now.target or before.target,
    )
