"""``hab tools``: analyses by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hab_client.cli.datasets import Where
from hab_client.cli.output import Json, print_json, print_table

if TYPE_CHECKING:
    from hab_client.client import HabClient


def list_(as_json: Json = False) -> None:
    """분석 도구의 목록: 분류, 이름, 하는 일."""
    from hab_client.client import HabClient

    with HabClient() as client:
        tools = client.tools.list()
    if as_json:
        print_json(tools)
    else:
        lines = [(tool.category, tool.name, tool.description.partition("\n")[0]) for tool in tools]
        print_table(("분류", "이름", "설명"), lines)


def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="도구 이름, 예: get_value_counts (hab tools list)")],
    dataset: Annotated[str | None, typer.Option(help="데이터셋 ID; 예측 도구에는 없어도 됩니다")] = None,
    arg: Annotated[
        list[str] | None,
        typer.Option(
            "--arg",
            metavar="KEY=VALUE",
            help="인자, 여러 번: column=요일, top_n=5, columns=사망자수,중상자수 (목록은 쉼표나 JSON)",
            show_default=False,
        ),
    ] = None,
    arguments: Annotated[
        str | None, typer.Option(metavar="JSON", help="모든 인자를 담은 JSON 객체, 또는 @파일 (@-는 표준 입력)")
    ] = None,
    where: Where = None,
    as_json: Json = False,
) -> None:
    """분석 도구를 실행하고 결과를 한국어로 출력합니다.

    예: hab tools run get_value_counts --dataset ds_… --arg column=요일
    """
    from hab_client.client import HabClient

    with HabClient() as client:
        given = _given(client, name, dataset, arg or (), arguments, where or ())
        found = client.tools.run(name, dataset, **given)
    if as_json:
        print_json(found)
    else:
        typer.echo(found.text)


def _given(
    client: HabClient, name: str, dataset: str | None, texts: Any, whole: str | None, where: Any
) -> dict[str, Any]:
    """Returns the arguments as typed; the tool's schema is asked for only where it is needed to read them."""
    from hab_client.cli.arguments import read_arguments, read_conditions
    from hab_core.errors import InvalidInput

    schema = next((tool.input_schema for tool in client.tools.list() if tool.name == name), {}) if texts else {}
    given = read_arguments(texts, whole, schema)
    if not where:
        return given
    if dataset is None:
        raise InvalidInput.of("where", "--where는 --dataset과 함께 씁니다.")
    conditions = read_conditions(where, lambda: client.datasets.detail(dataset))
    return {**given, "conditions": [*given.get("conditions", ()), *conditions]}
