"""The claims of the released model, made again on the real accidents: two trainings, so some minutes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from hab_core.eclo.folder import CARD, METRICS, MODEL, read_model_folder
from hab_core.eclo.model import EcloModel
from hab_core.eclo.registry import released_folder
from hab_core.eclo.training import evaluation as ev
from hab_core.eclo.training.holiday_kinds import holiday_kinds
from hab_core.eclo.training.reading import read_training_files
from hab_core.schemas.eclo import INTERPRETATIONS

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def metrics() -> dict:
    return json.loads((released_folder() / METRICS).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folds(shared_data: Path) -> dict[int, ev.Fold]:
    records = read_training_files(sorted((shared_data / "accidents").glob("t*.csv.gz"))).records
    kinds = holiday_kinds()
    return {year: ev.run_fold(records, year, kinds, lambda: None) for year in ev.test_years(records)}


def test_the_released_model_is_whole_and_small() -> None:
    files = read_model_folder(released_folder())
    EcloModel.load(released_folder()).self_test()
    assert sum(len(content) for content in files.contents.values()) < 2_000_000
    assert files.contents[MODEL].count(b"\nTree=") <= 350
    assert files.document.version in files.contents[CARD].decode()


def test_the_claims_hold_the_bounds(metrics: dict) -> None:
    for fold in metrics["rolling_origin"].values():
        assert fold["rmsle"] < fold["plain_lightgbm"] < fold["best_constant_in_hindsight"]
    assert 0.78 <= metrics["interval"]["coverage"] <= 0.82
    means = [each["mean_eclo"] for each in metrics["severity"]["classes"]]
    assert means == sorted(set(means))
    known = metrics["district"]["districts_known_to_four_years_before"]
    assert known["rmsle"] < known["rmsle_district_hidden"]


def test_the_card_says_what_was_measured(metrics: dict) -> None:
    card = (released_folder() / CARD).read_text(encoding="utf-8")
    for fold in metrics["rolling_origin"].values():
        assert f"{fold['rmsle']:.5f}" in card
    assert re.search(r"held 8\d\.\d% of the accidents of 2021", card)


@pytest.mark.parametrize("year", [2020, 2021])
def test_rmsle_is_as_claimed(year: int, folds: dict[int, ev.Fold], metrics: dict) -> None:
    fold = folds[year]
    claimed = metrics["rolling_origin"][str(year)]["rmsle"]
    assert ev.rmsle(fold.predictions, fold.tested.target) == pytest.approx(claimed, abs=2e-4)


def test_coverage_is_as_claimed(folds: dict[int, ev.Fold]) -> None:
    assert 0.78 <= ev.interval_metrics(folds[2020], folds[2021])["coverage"] <= 0.82


def test_real_eclo_rises_through_the_classes(folds: dict[int, ev.Fold]) -> None:
    classes = ev.severity_metrics(folds[2020], folds[2021])["classes"]
    means = [each["mean_eclo"] for each in classes]
    assert [each["class"] for each in classes] == list(INTERPRETATIONS)
    assert means == sorted(set(means))
    shares = [each["share"] for each in classes]
    assert np.allclose(shares, [0.25, 0.5, 0.2, 0.05], atol=0.05)


def test_an_unknown_place_is_no_sign_of_a_year(folds: dict[int, ev.Fold]) -> None:
    fold = folds[2021]
    known = fold.training.select(fold.training.has_district & (fold.training.year >= 2016))
    hidden = known.without_districts(np.ones(len(known), dtype=np.bool_))
    difference = fold.fitted.predict(known).mean() - fold.fitted.predict(hidden).mean()
    assert abs(difference) < 0.003
