"""From files of accidents to a model that can serve: read, check, evaluate, fit on everything, write.

>>> trained = train([Path("taas_2016_2018_daegu.csv.gz")])
>>> publish(trained, home / "models" / trained.version)
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hab_core.eclo.folder import ModelDocument, is_model_folder, write_model_folder
from hab_core.eclo.training import evaluation as ev
from hab_core.eclo.training.calibration import last_years, make_scale, with_drawn_districts
from hab_core.eclo.training.card import model_card
from hab_core.eclo.training.ensemble import STEPS, Fitted, fit
from hab_core.eclo.training.golden import golden_rows
from hab_core.eclo.training.holiday_kinds import holiday_kinds
from hab_core.eclo.training.reading import Source, read_training_files
from hab_core.eclo.training.records import Floats, Records
from hab_core.errors import InvalidInput
from hab_core.files import sync_folder

Progress = Callable[[float, str], None]
"""Told the share done (0–1) and, in Korean, what is being done."""
_DIGITS = 8


@dataclass(frozen=True)
class TrainedModel:
    """A model in memory, complete but not written.

    Attributes:
        document: The content of ``features.json``, version included.
        text: LightGBM's text.
        metrics: The figures of the evaluation, as ``metrics.json`` holds them.
        card: The model card, Markdown.
    """

    document: ModelDocument
    text: str
    metrics: Mapping[str, Any]
    card: str

    @property
    def version(self) -> str:
        """The name of this version: the last month of the training data and a hash of the content."""
        return self.document.version


def train(paths: Sequence[Path], *, progress: Progress | None = None) -> TrainedModel:
    """Returns a model of the accidents in some files, evaluated; nothing is written.

    The same files in the same order give the same model to the last byte.

    Args:
        paths: TAAS exports and competition files; see ``hab_core.eclo.training.reading``.
        progress: Told how far it is.

    Raises:
        InvalidInput: The files hold no accidents a model can be trained on; the message says why.
        UnsupportedFileType: A file is not a CSV.
    """
    report = progress or (lambda _share, _text: None)
    report(0.0, "사고 자료를 읽는 중")
    source = read_training_files(paths)
    return train_on(source, report)


def train_on(source: Source, progress: Progress) -> TrainedModel:
    """Returns a model of accidents that were read; see ``train``."""
    records = source.records
    check_trainable(records)
    run = _Run(records, progress)
    folds = [run.fold(year) for year in ev.test_years(records)]
    year = ev.district_year(records)
    test = None if year is None else run.district_test(year)
    fitted = run.fit()
    metrics = _metrics(source, fitted, folds, test)
    document = _document(records, fitted, folds, metrics)
    progress(1.0, "학습 완료")
    return TrainedModel(document, fitted.text, metrics, model_card(document, metrics))


def publish(trained: TrainedModel, folder: Path) -> str:
    """Writes a model's folder; a reader sees all of it or nothing of it, also after a crash.

    Args:
        trained: The model.
        folder: Where to. A folder that holds a model is replaced file by file, the sums last.

    Returns:
        The digest of the content.

    Raises:
        InvalidInput: The folder holds something that is no model.
        OSError: The folder cannot be written.
    """

    def write(to: Path) -> str:
        return write_model_folder(
            to, trained.document, model_text=trained.text, metrics=trained.metrics, card=trained.card
        )

    if folder.exists():
        if not is_model_folder(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise InvalidInput.of("out", f"모델이 아닌 것이 이미 있는 폴더에는 쓸 수 없습니다: {folder}")
        return write(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    try:
        digest = write(temporary)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(folder.parent)
    return digest


def check_trainable(records: Records) -> None:
    """Raises InvalidInput where no model can be learned from the accidents."""
    if len(records) < ev.LEAST_ROWS:
        raise InvalidInput.of(
            "data", f"사고가 {len(records):,}건뿐입니다. 학습하려면 {ev.LEAST_ROWS}건 이상이 필요합니다."
        )
    if np.all(records.eclo == records.eclo[0]):
        raise InvalidInput.of("data", f"모든 사고의 ECLO가 {records.eclo[0]:g}(으)로 같아서 학습할 수 없습니다.")


class _Run:
    """One training: what is left to do, and telling how far it is."""

    def __init__(self, records: Records, progress: Progress) -> None:
        self._records = records
        self._progress = progress
        self._holidays = holiday_kinds()
        tests = len(ev.test_years(records)) + (0 if ev.district_year(records) is None else 2)
        self._total = STEPS * (tests + 1)
        self._done = 0
        self._text = ""

    def fold(self, year: int) -> ev.Fold:
        """Returns the fold of a year."""
        self._text = f"{year - 1}년까지 학습해 {year}년으로 평가하는 중"
        return ev.run_fold(self._records, year, self._holidays, self._step)

    def district_test(self, year: int) -> ev.DistrictTest:
        """Returns the test of what the district is worth."""
        self._text = f"{year}년으로 시군구의 효과를 평가하는 중"
        return ev.run_district_test(self._records, year, self._holidays, self._step)

    def fit(self) -> Fitted:
        """Returns the model of all accidents."""
        self._text = "모든 사고로 학습하는 중"
        return fit(self._records, self._holidays, self._step)

    def _step(self) -> None:
        """Reports one more part as done."""
        self._done += 1
        self._progress(min(self._done / self._total, 0.999), self._text)


def _metrics(source: Source, fitted: Fitted, folds: list[ev.Fold], test: ev.DistrictTest | None) -> dict[str, Any]:
    """Returns the content of ``metrics.json``."""
    records = source.records
    found: dict[str, Any] = {
        "rows": len(records),
        "rows_left_out": source.left_out,
        "years": [int(records.year.min()), records.last_year],
        "share_with_district": round(float(records.has_district.mean()), 6),
        "trees": fitted.text.count("\nTree="),
        "fidelity_of_the_copy": round(fitted.fidelity, 6),
        "level_by_year_log1p": {str(year): round(level, 6) for year, level in fitted.levels.items()},
        "level_forecast_log1p": round(fitted.level, 6),
        "rolling_origin": {str(fold.year): ev.fold_metrics(fold) for fold in folds},
    }
    if test is not None:
        found["district"] = ev.district_metrics(test)
    if len(folds) > 1:
        found["severity"] = ev.severity_metrics(folds[-2], folds[-1])
        found["interval"] = ev.interval_metrics(folds[-2], folds[-1])
    return found


def _document(records: Records, fitted: Fitted, folds: list[ev.Fold], metrics: Mapping[str, Any]) -> ModelDocument:
    """Returns the content of ``features.json``; the version is made from everything else."""
    reference = with_drawn_districts(last_years(records), records)
    expected = fitted.predict(reference)
    seen = folds or [ev.Fold(records.last_year, records, records, fitted, fitted.predict(records))]
    last = int(records.month[records.year == records.last_year].max())
    document = ModelDocument(
        version="unnamed",
        table=fitted.table,
        limits=(float(records.eclo.min()), float(records.eclo.max())),
        severity=ev.fold_scale(folds, fitted.level, records) if folds else make_scale(expected),
        interval=ev.fold_interval(seen),
        base_rates=_base_rates(reference, expected),
        golden=golden_rows(fitted.table, fitted.text),
        training={"period": _period(records), "rows": len(records), "predicts_level_of": records.last_year + 1},
    )
    content = json.dumps([document.to_json(), metrics], ensure_ascii=False, sort_keys=True) + fitted.text
    name = f"eclo-{records.last_year}.{last:02}-{sha256(content.encode()).hexdigest()[:_DIGITS]}"
    return replace(document, version=name)


def _base_rates(reference: Records, expected: Floats) -> dict[str, Any]:
    """Returns the typical ECLO of Daegu and of each 구/군: expm1 of the mean prediction."""
    gu = reference.coded("gu")
    means = {name: expected[gu.codes == code].mean() for code, name in enumerate(gu.values)}
    return {
        "daegu": round(float(np.expm1(expected.mean())), 4),
        "gu": {name: round(float(np.expm1(mean)), 4) for name, mean in means.items()},
    }


def _period(records: Records) -> list[str]:
    """Returns the first and the last day of the accidents, ISO dates."""
    days = sorted(set(zip(records.year.tolist(), records.month.tolist(), records.day.tolist(), strict=True)))
    return [f"{year:04}-{month:02}-{day:02}" for year, month, day in (days[0], days[-1])]
