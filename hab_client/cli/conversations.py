"""``hab conversations``: what was asked and answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hab_client.cli.asking import Yes, confirm_deleting
from hab_client.cli.output import Json, note, print_json, print_table, writable

Id = Annotated[str, typer.Argument(metavar="ID", help="대화 ID, 예: conv_…")]


def list_(
    dataset: Annotated[str | None, typer.Option(metavar="ID", help="이 데이터셋에 대한 대화만")] = None,
    limit: Annotated[int, typer.Option(min=1, help="보여줄 대화의 수")] = 50,
    as_json: Json = False,
) -> None:
    """대화를 최신순으로 보여줍니다."""
    from itertools import islice

    from hab_client import phrases
    from hab_client.client import HabClient

    with HabClient() as client:
        found = [conversation.info for conversation in islice(client.conversations.list(dataset), limit)]
    if as_json:
        print_json(found)
        return
    rows = [
        (info.id, phrases.cell(info.title), f"{info.message_count:,}", f"{info.updated_at.astimezone():%Y-%m-%d %H:%M}")
        for info in found
    ]
    print_table(("ID", "제목", "메시지", "바뀐 시각"), rows)


def show(conversation_id: Id, as_json: Json = False) -> None:
    """대화 하나의 질문과 답변을 모두 보여줍니다."""
    from hab_client import phrases
    from hab_client.client import HabClient

    with HabClient() as client:
        detail = client.conversations.get(conversation_id).detail
    if as_json:
        print_json(detail)
        return
    typer.echo(f"{phrases.cell(detail.title)}  ({detail.id})")
    for message in detail.messages:
        typer.echo(f"\n{'질문' if message.role == 'user' else '답변'}: {phrases.marked(message)}")
        for line in (message.notice or "").splitlines():
            typer.echo(f"({line})")


def rename(
    conversation_id: Id,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="새 제목")],
) -> None:
    """대화의 제목을 바꿉니다."""
    from hab_client import phrases
    from hab_client.client import HabClient

    with HabClient() as client:
        conversation = client.conversations.rename(conversation_id, title)
    note(f"제목을 바꿨습니다: {phrases.cell(conversation.title)}")


def delete(conversation_id: Id, yes: Yes = False) -> None:
    """대화를 삭제합니다. 되돌릴 수 없습니다. 데이터셋은 남습니다."""
    from hab_client.client import HabClient

    with HabClient() as client:
        confirm_deleting(lambda: f"'{client.conversations.get(conversation_id).title}' 대화를", yes=yes)
        client.conversations.delete(conversation_id)
    note(f"삭제했습니다: {conversation_id}")


def export(
    conversation_id: Id,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="쓸 파일; 없으면 표준 출력", show_default=False)
    ] = None,
) -> None:
    """대화를 Markdown 문서로 내보냅니다."""
    from hab_client._files import written_whole
    from hab_client.client import HabClient

    if output is not None:
        writable(output)
    with HabClient() as client:
        conversation = client.conversations.get(conversation_id)
    if output is None:
        typer.echo(conversation.to_markdown(), nl=False)
        return
    with written_whole(output) as file:
        file.write(conversation.to_markdown().encode())
    note(f"{conversation.title}: 메시지 {len(conversation):,}개 → {output}")
