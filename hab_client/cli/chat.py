"""``hab ask``: a question about datasets, answered by Claude or by the server's own analyst."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hab_client.cli.output import Json, note, print_json

if TYPE_CHECKING:
    from hab_client.answers import ChatAnswer
    from hab_client.client import HabClient
    from hab_client.streams import ChatStream

_MOST_NAMED = 5


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="질문, 예: '사고가 가장 많은 시간대는?'")],
    dataset: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="데이터셋 ID, 여러 번 쓸 수 있습니다; 하나뿐이면 생략", show_default=False),
    ] = None,
    conversation: Annotated[str | None, typer.Option(metavar="ID", help="이어서 물을 대화의 ID")] = None,
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--no-stream", help="답변을 쓰는 대로 출력합니다; 화면에서는 기본", show_default=False),
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="다른 Claude 모델")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="API 키를 쓰지 않고 기본 분석으로 답합니다.")] = False,
    as_json: Json = False,
) -> None:
    """데이터셋에 대해 묻습니다. API 키가 있으면 Claude가, 없으면 기본 분석이 답합니다.

    키는 변수 CLAUDE_API_KEY, env/.env, env/config.env(claude_api_key=…)의 순서로 찾습니다.
    쓴 도구와 안내는 표준 오류로 나갑니다.

    예: hab ask "요일별 사고 건수는?" --dataset ds_…
    """
    from hab_client.client import HabClient
    from hab_client.keys import find_api_key

    as_it_comes = (sys.stdout.isatty() and not as_json) if stream is None else stream
    with HabClient() as client:
        about = dataset or (None if conversation else [_only_dataset(client)])
        key = None if offline else find_api_key()
        asked: dict[str, Any] = {"datasets": about, "conversation": conversation, "api_key": key, "model": model}
        if as_it_comes:
            with client.chat.stream(question, **asked) as events:
                answer = _told(events, quiet=as_json)
        else:
            answer = client.chat.ask(question, **asked)
            _tell_tools(answer)
    if as_json:
        print_json(answer)
    elif not as_it_comes:
        typer.echo(answer.response)
    _tell_rest(answer)


def _only_dataset(client: HabClient) -> str:
    """Returns the id of the one dataset there is.

    Raises:
        InvalidInput: There is none, or which of several is meant was not said.
    """
    from itertools import islice

    from hab_client import phrases
    from hab_core.errors import InvalidInput

    found = list(islice(client.datasets.list(), _MOST_NAMED + 1))
    if not found:
        raise InvalidInput.of("dataset", "데이터셋이 없습니다. hab datasets upload FILE로 먼저 올려주세요.")
    names = [f"{each.id} ({phrases.cell(each.name)})" for each in found]
    if len(found) > 1:
        more = " …" if len(found) > _MOST_NAMED else ""
        shown = ", ".join(names[:_MOST_NAMED])
        raise InvalidInput.of("dataset", f"데이터셋이 여럿입니다. --dataset ID로 지정해주세요: {shown}{more}")
    note(f"데이터셋: {names[0]}")
    return found[0].id


def _told(stream: ChatStream, *, quiet: bool) -> ChatAnswer:
    """Prints an answer while it is written, its tools on stderr, and returns it; ``quiet`` leaves out the text."""
    written = ""
    try:
        for event in stream:
            if event.type == "tool_start":
                note(f"도구: {event.name}")
            elif event.type in ("text", "done") and not quiet:
                written = _write(written, stream.text)
    finally:
        if written:
            typer.echo()
    return stream.finish()


def _write(written: str, text: str) -> str:
    """Prints what ``text`` has more than what is ``written``, or all of it where it replaces that; returns it."""
    if written and not text.startswith(written):
        note("\n(답변을 고쳐 씁니다.)")
        written = ""
    typer.echo(text[len(written) :], nl=False)
    return text


def _tell_tools(answer: ChatAnswer) -> None:
    """Prints the tools of an answer on stderr."""
    for call in answer.tool_calls:
        note(f"도구: {call.name}")


def _tell_rest(answer: ChatAnswer) -> None:
    """Prints on stderr who answered, what to mind, and how to go on."""
    from hab_client import phrases

    for line in filter(None, [*(answer.notice or "").splitlines(), phrases.unverified_facts(answer)]):
        note(line)
    note(f"{phrases.mode_facts(answer)} · 이어서 물으려면: --conversation {answer.conversation_id}")
