"""``hab eclo``: predicting the severity of accidents."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hab_client.cli import interrupts
from hab_client.cli.output import Json, note, print_json, print_table, progress_bar, writable

if TYPE_CHECKING:
    from hab_client.batch import BatchJob
    from hab_client.client import HabClient
    from hab_core.schemas.eclo import EcloPrediction, ModelInfo


def _values(name: str) -> Callable[[], list[str]]:
    """Returns a completion with the values that the schemas list under ``name``, loaded when the shell asks."""

    def complete() -> list[str]:
        from hab_core.schemas import eclo

        return list(getattr(eclo, name))

    return complete


def predict(
    weather: Annotated[str | None, typer.Option(help="기상상태, 예: 맑음", autocompletion=_values("WEATHERS"))] = None,
    road_surface: Annotated[
        str | None, typer.Option(help="노면상태, 예: 건조", autocompletion=_values("ROAD_SURFACES"))
    ] = None,
    road_type: Annotated[str | None, typer.Option(help="도로형태, 예: '교차로 - 교차로안'")] = None,
    accident_type: Annotated[
        str | None, typer.Option(help="사고유형, 예: 차대차", autocompletion=_values("ACCIDENT_TYPES"))
    ] = None,
    district: Annotated[str | None, typer.Option(help="시군구, 예: '대구광역시 수성구 상동'")] = None,
    at: Annotated[str | None, typer.Option(help="사고일시(한국 시각), 예: 2022-01-01T01:00")] = None,
    as_json: Json = False,
) -> None:
    """사고 한 건의 ECLO를 예측합니다. 터미널에서는 빠진 항목을 물어봅니다."""
    from hab_client.cli.asking import complete
    from hab_client.client import HabClient

    given = {
        "weather": weather,
        "road_surface": road_surface,
        "road_type": road_type,
        "accident_type": accident_type,
        "district": district,
        "occurred_at": at,
    }
    with HabClient() as client:
        prediction = client.eclo.predict(complete(given, client))
    if as_json:
        print_json(prediction)
    else:
        _print_prediction(prediction)


def batch(
    file: Annotated[Path, typer.Argument(help="사고 목록 CSV (.gz 가능), 한국어 또는 영어 열 이름")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="예측 결과 CSV 파일; 없으면 표준 출력", show_default=False)
    ] = None,
) -> None:
    """CSV 파일의 사고를 모두 예측하고 결과 표를 씁니다."""
    from hab_client.client import HabClient

    if output is not None:
        writable(output)
    with HabClient() as client:
        job = _followed(client, file)
        if output is None:
            job.write_csv(sys.stdout.buffer)
        else:
            job.results_csv(output)
    to = f" → {output}" if output else ""
    note(f"예측 {job.state.completed:,}건, 오류 {job.state.failed:,}건{to} (작업 {job.id})")


def history(
    limit: Annotated[int, typer.Option(min=1, help="보여줄 예측의 수")] = 20,
    as_json: Json = False,
) -> None:
    """지금까지의 예측을 최신순으로 보여줍니다."""
    from itertools import islice

    from hab_client.client import HabClient

    with HabClient() as client:
        records = list(islice(client.eclo.history(), limit))
    if as_json:
        print_json(records)
        return
    rows = [
        (
            f"{record.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
            {"single": "단건", "batch": "일괄"}[record.source],
            f"{record.eclo:.2f}",
            record.interpretation,
            str(record.features.get("district") or ""),
            record.prediction_id,
        )
        for record in records
    ]
    print_table(("시각", "구분", "ECLO", "등급", "시군구", "예측 ID"), rows)


def model(as_json: Json = False) -> None:
    """서버가 쓰는 모델: 버전, 심각도 등급, 입력 항목."""
    from hab_client.client import HabClient

    with HabClient() as client:
        info = client.eclo.model()
    if as_json:
        print_json(info)
    else:
        _print_model(info)


def _followed(client: HabClient, file: Path) -> BatchJob:
    """Returns the finished job of a file; Ctrl-C cancels it on the server, too."""
    job: BatchJob | None = None
    with progress_bar("보내는 중") as show:
        try:
            with interrupts.held_back():  # until the job has a name by which it can be cancelled
                job = client.eclo.predict_batch(file)
            return job.wait(on_progress=lambda job: show(job.progress, "예측 중"))
        except KeyboardInterrupt:
            if job is not None:
                job.cancel()
                note(f"작업을 취소했습니다: {job.id}")
            raise


def _print_prediction(prediction: EcloPrediction) -> None:
    """Prints a prediction for people."""
    interval = prediction.interval
    typer.echo(f"ECLO {prediction.eclo:.2f}  ({interval.level:.0%} 범위 {interval.low:.2f}–{interval.high:.2f})")
    typer.echo(f"등급 {prediction.interpretation} · 백분위 {prediction.percentile:.1f}")
    typer.echo(prediction.detail)
    if prediction.contributions:
        base = f", 기준값 {prediction.base_value:.3f}" if prediction.base_value is not None else ""
        typer.echo(f"\n기여도 (log1p(ECLO) 척도{base})")
        strongest = sorted(prediction.contributions, key=lambda c: -abs(c.effect))
        print_table((), [(f"  {c.label}", c.value, f"{c.effect:+.4f}") for c in strongest])
    typer.echo(f"\n모델 {prediction.model_version} · {prediction.prediction_id}")
    for warning in prediction.warnings:
        note(f"주의: {warning}")


def _print_model(info: ModelInfo) -> None:
    """Prints a model for people."""
    from hab_client.phrases import some_of

    typer.echo(f"모델 {info.version}  (등록된 버전: {', '.join(info.versions)})\n")
    scale = [
        (c.name, f"{c.percentile_from:.0f}–{c.percentile_to:.0f}", f"{c.eclo_from:.2f} 이상")
        for c in info.severity_scale
    ]
    print_table(("등급", "백분위", "예측 ECLO"), scale)
    typer.echo()
    fields = [(field.label, field.name, some_of(field.valid_values)) for field in info.features]
    print_table(("항목", "이름", "값"), fields)
