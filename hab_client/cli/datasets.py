"""``hab datasets``: tables that are kept on the server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hab_client.cli.asking import Yes, confirm_deleting
from hab_client.cli.output import Json, note, print_json, print_table, progress_bar, writable

if TYPE_CHECKING:
    from hab_client.client import HabClient
    from hab_client.dataset import Dataset

Id = Annotated[str, typer.Argument(metavar="ID", help="데이터셋 ID, 예: ds_…")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        help="조건, 여러 번 쓰면 모두 만족하는 행: 요일==금요일, '사망자수>=1', '기상상태 in 비,눈', "
        "'사고일시 between 2021-01,2021-03', '도로형태 contains 교차로', '도로형태 is_null', 또는 JSON",
        show_default=False,
    ),
]


def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV 파일 (.gz 가능)")],
    name: Annotated[str | None, typer.Option(help="데이터셋 이름; 없으면 파일 이름")] = None,
    description: Annotated[str | None, typer.Option(help="설명")] = None,
    as_json: Json = False,
) -> None:
    """CSV 파일을 올립니다. ID를 출력하고, 어떻게 읽었는지 알려줍니다.

    인코딩, 구분자, 날짜, 좌표는 내용을 보고 알아냅니다. 파일이 여럿이면 --json은 목록을 출력합니다.
    """
    from hab_client.client import HabClient
    from hab_core.errors import InvalidInput

    if name is not None and len(files) > 1:
        raise InvalidInput.of("name", "--name은 파일이 하나일 때만 쓸 수 있습니다.")
    with HabClient() as client:
        kept = [_sent(client, file, name, description, quiet=as_json, alone=len(files) == 1) for file in files]
    datasets = [dataset for dataset in kept if dataset is not None]
    if as_json:
        details = [dataset.profile for dataset in datasets]
        print_json(details[0] if len(files) == 1 else details)
    if len(datasets) < len(files):
        raise typer.Exit(1)


def list_(
    limit: Annotated[int, typer.Option(min=1, help="보여줄 데이터셋의 수")] = 50,
    as_json: Json = False,
) -> None:
    """데이터셋을 최신순으로 보여줍니다."""
    from itertools import islice

    from hab_client import phrases
    from hab_client.client import HabClient

    with HabClient() as client:
        found = [dataset.info for dataset in islice(client.datasets.list(), limit)]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            info.id,
            phrases.cell(info.name),
            f"{info.rows:,}",
            f"{info.columns:,}",
            phrases.size(info.size_bytes),
            f"{info.uploaded_at.astimezone():%Y-%m-%d %H:%M}",
        )
        for info in found
    ]
    print_table(("ID", "이름", "행", "열", "크기", "올린 시각"), rows)


def show(dataset_id: Id, as_json: Json = False) -> None:
    """데이터셋 하나: 열의 종류와 값, 파생 열, 좌표, 읽을 때의 주의 사항."""
    from hab_client import phrases
    from hab_client.client import HabClient

    with HabClient() as client:
        detail = client.datasets.get(dataset_id).profile
    if as_json:
        print_json(detail)
        return
    typer.echo(f"{phrases.cell(detail.name)}  ({detail.id})\n{phrases.dataset_facts(detail)}")
    for text in (detail.description, detail.geo and f"위치: {phrases.geo_facts(detail.geo)}"):
        if text:
            typer.echo(text)
    typer.echo()
    print_table(phrases.COLUMN_TITLES, [phrases.column_facts(column) for column in detail.column_profiles])
    if detail.derived_columns:
        typer.echo(f"\n파생 열: {', '.join(column.name for column in detail.derived_columns)}")
    for warning in detail.warnings:
        note(f"주의: {warning}")


def rows(
    dataset_id: Id,
    columns: Annotated[str | None, typer.Option(help="보여줄 열, 쉼표로 구분; 파생 열도 됩니다")] = None,
    limit: Annotated[int, typer.Option(min=1, help="보여줄 행의 수")] = 20,
    sort: Annotated[
        str | None, typer.Option(help="정렬할 열, 쉼표로 구분; 내림차순은 앞에 -, 예: --sort=-ECLO")
    ] = None,
    where: Where = None,
    as_json: Json = False,
) -> None:
    """행을 보여줍니다."""
    from itertools import islice

    from hab_client import phrases
    from hab_client.cli.arguments import read_conditions
    from hab_client.client import HabClient

    with HabClient() as client:
        conditions = read_conditions(where or (), lambda: client.datasets.detail(dataset_id))
        listing = client.datasets.rows(dataset_id, columns, sort=sort, where=conditions or None)
        found = list(islice(listing, limit))
    if as_json:
        print_json(found)
    elif found:
        print_table(list(found[0]), [[phrases.cell(value) for value in row.values()] for row in found])
    else:
        note("조건에 맞는 행이 없습니다." if conditions else "행이 없습니다.")


def download(
    dataset_id: Id,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="쓸 파일; 없으면 표준 출력", show_default=False)
    ] = None,
    format: Annotated[  # noqa: A002  # the option's name
        Literal["csv", "parquet"] | None,
        typer.Option(help="없으면 파일 이름에 따라; 그 밖에는 csv", show_default=False),
    ] = None,
) -> None:
    """데이터셋을 CSV(UTF-8, 엑셀용) 또는 Parquet 파일로 받습니다."""
    from hab_client import phrases
    from hab_client.client import HabClient
    from hab_core.errors import InvalidInput

    if output is not None:
        writable(output)
    elif format == "parquet" and sys.stdout.isatty():
        raise InvalidInput.of("output", "Parquet은 화면에 쓸 수 없습니다. -o FILE로 파일을 지정해주세요.")
    with HabClient() as client, progress_bar("받는 중", known=False) as told:
        dataset = client.datasets.get(dataset_id)

        def tell(received: int, _: int | None) -> None:
            told(0.0, f"받는 중 {phrases.size(received)}")

        if output is None:
            dataset.write(sys.stdout.buffer, format or "csv", on_progress=tell)
        else:
            dataset.download(output, format, on_progress=tell)
    if output is not None:
        note(f"{phrases.cell(dataset.name)}: {len(dataset):,}행 → {output} ({phrases.size(output.stat().st_size)})")


def share(dataset_id: Id, as_json: Json = False) -> None:
    """누구나 볼 수 있는 링크를 만듭니다. 링크를 가진 사람은 모두 이 데이터셋을 볼 수 있습니다."""
    from hab_client.client import HabClient

    with HabClient() as client:
        link = client.datasets.share(dataset_id)
    if as_json:
        print_json(link)
        return
    typer.echo(link.url)
    until = f"{link.expires_at.astimezone():%Y-%m-%d %H:%M}까지 쓸 수 있습니다."
    note(f"{until} 끝내려면: hab datasets unshare {link.share_id}")


def unshare(share_id: Annotated[str, typer.Argument(metavar="SHARE_ID", help="공유 링크의 ID, 예: share_…")]) -> None:
    """공유 링크를 바로 끝냅니다."""
    from hab_client.client import HabClient

    with HabClient() as client:
        client.datasets.revoke(share_id)
    note(f"공유를 끝냈습니다: {share_id}")


def delete(
    dataset_id: Id,
    yes: Yes = False,
) -> None:
    """데이터셋을 삭제합니다. 되돌릴 수 없습니다."""
    from hab_client.client import HabClient

    with HabClient() as client:
        confirm_deleting(lambda: f"'{client.datasets.get(dataset_id).name}' 데이터셋을", yes=yes)
        client.datasets.delete(dataset_id)
    note(f"삭제했습니다: {dataset_id}")


def _sent(
    client: HabClient, file: Path, name: str | None, description: str | None, *, quiet: bool, alone: bool
) -> Dataset | None:
    """Returns the dataset that a file became; None, after a line on stderr, where one of several failed."""
    from hab_client.cli.run import failure_line
    from hab_core.errors import ConnectionFailed, HabError

    try:
        with progress_bar("보내는 중") as told:

            def tell(sent: int, total: int | None) -> None:
                told(sent / (total or 1), "보내는 중" if sent < (total or 1) else "읽는 중")

            dataset = client.datasets.upload(file, name=name, description=description, on_progress=tell)
        if not quiet:
            typer.echo(dataset.id)
        _report(dataset)
    except HabError as error:
        if alone or isinstance(error, ConnectionFailed):
            raise
        note(f"오류: {file}: {failure_line(error)}")
        return None
    return dataset


def _report(dataset: Dataset) -> None:
    """Prints on stderr how a file was read."""
    from hab_client import phrases

    note(f"{phrases.cell(dataset.name)}: {phrases.dataset_facts(dataset.info)}")
    if dataset.geo:
        note(f"  위치: {phrases.geo_facts(dataset.geo)}")
    for warning in dataset.warnings:
        note(f"  주의: {warning}")
