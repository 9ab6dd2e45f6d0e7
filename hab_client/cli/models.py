"""``hab eclo train|activate``: models on this machine. The core and the settings are loaded only when called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hab_client._extras import server_extra
from hab_client.cli.output import note, progress_bar


def train(
    files: Annotated[list[Path] | None, typer.Argument(help="그 밖의 학습 파일", show_default=False)] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="TAAS·대회 형식의 CSV 파일들 (.gz 가능)", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="모델을 쓸 폴더; 없으면 HAB_HOME/models/버전", show_default=False)
    ] = None,
) -> None:
    """사고 자료로 ECLO 모델을 학습하고 평가해 새 버전으로 저장합니다.

    예: hab eclo train --data 2020.csv 2021.csv --out 새모델
    """
    from hab_core.errors import InvalidInput

    with server_extra():
        from hab_core.eclo.training import publish
        from hab_core.eclo.training import train as run
    if out is not None and (trouble := _trouble(out)):
        raise InvalidInput.of("out", f"모델을 쓸 수 없는 폴더입니다: {out} ({trouble})")
    with progress_bar("학습 준비") as show:
        trained = run([*(data or ()), *(files or ())], progress=show)
    folder = _models_folder() / trained.version if out is None else out
    try:
        publish(trained, folder)
    except OSError as error:
        raise InvalidInput.of("out", f"모델을 쓸 수 없습니다: {folder} ({error.strerror})") from None
    typer.echo(trained.version)
    for year, found in trained.metrics["rolling_origin"].items():
        note(f"{year}년 평가 RMSLE {found['rmsle']:.5f}")
    note(f"모델 {folder} · 사용하려면: hab eclo activate {trained.version if out is None else folder}")


def activate(
    version: Annotated[str | None, typer.Argument(help="버전 또는 모델 폴더", show_default=False)] = None,
    previous: Annotated[bool, typer.Option("--previous", help="바로 전에 쓰던 버전으로 되돌립니다.")] = False,
) -> None:
    """서버가 쓸 모델을 바꿉니다. 검증에 실패하면 지금 모델을 그대로 씁니다."""
    from hab_core.errors import InvalidInput

    if (version is None) != previous:
        raise InvalidInput.of("version", "버전(또는 모델 폴더)과 --previous 가운데 하나만 지정해주세요.")
    with server_extra():
        from hab_core.eclo.registry import ModelRegistry
    registry = ModelRegistry(_models_folder())
    active = registry.activate_previous() if version is None else registry.activate(version)
    typer.echo(active)
    note(f"이제 모델 {active}을(를) 사용합니다. 실행 중인 서버와 작업자는 5초 안에 따라옵니다.")


def _trouble(folder: Path) -> str:
    """Returns why a folder, which may have to be made, cannot be written, so that no work is lost; "" where it can."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        return f"{place}은(는) 폴더가 아닙니다"
    return "" if os.access(place, os.W_OK | os.X_OK) else f"{place}에 쓸 권한이 없습니다"


def _models_folder() -> Path:
    """Returns the folder of this installation's models."""
    with server_extra():
        from hab_server.preflight import load_settings
    return load_settings().models_folder
