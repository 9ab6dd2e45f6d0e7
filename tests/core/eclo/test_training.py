from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hab_core.eclo.folder import CARD, FEATURES, METRICS, MODEL, SUMS
from hab_core.eclo.model import EcloModel
from hab_core.eclo.training import TrainedModel, publish, train
from hab_core.eclo.training.calibration import coverage, make_interval, make_scale
from hab_core.eclo.training.holiday_kinds import holiday_kinds
from hab_core.eclo.training.level import forecast
from hab_core.eclo.training.ridge import Factor, cross, fit_ridge
from hab_core.eclo.training.shrinkage import out_of_fold_means, shrunken_means
from hab_core.errors import InvalidInput
from hab_core.schemas.eclo import Accident
from tests.core.eclo.training_files import COMPETITION, PLACES, TAAS, competition_rows, taas_rows, to_csv


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    path.write_text(to_csv(header, rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("accidents")
    return [
        write(folder / "taas.csv", TAAS, taas_rows(1500)),
        write(folder / "train.csv", COMPETITION, competition_rows(800)),
    ]


@pytest.fixture(scope="module")
def told() -> list[tuple[float, str]]:
    return []


@pytest.fixture(scope="module")
def trained(files: list[Path], told: list[tuple[float, str]]) -> TrainedModel:
    return train(files, progress=lambda share, text: told.append((share, text)))


def test_two_runs_give_the_same_bytes(trained: TrainedModel, files: list[Path], tmp_path: Path) -> None:
    publish(trained, tmp_path / "first")
    publish(train(files), tmp_path / "second")
    names = {CARD, FEATURES, METRICS, MODEL, SUMS}
    assert {path.name for path in (tmp_path / "first").iterdir()} == names
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_other_data_gives_another_version(trained: TrainedModel, files: list[Path]) -> None:
    other = train(files[1:])
    assert trained.version.startswith("eclo-2020.12-")
    assert other.version.startswith("eclo-2020.12-")
    assert other.version != trained.version


def test_a_published_model_serves_and_passes_its_own_test(trained: TrainedModel, tmp_path: Path) -> None:
    publish(trained, tmp_path / trained.version)
    model = EcloModel.load(tmp_path / trained.version)
    model.self_test()
    night, day = (
        model.score(
            Accident(
                weather="맑음",
                road_surface="건조",
                road_type="단일로 - 기타",
                accident_type="차대차",
                district=PLACES[0],
                occurred_at=f"2021-05-06T{hour:02}:00",  # type: ignore[arg-type]
            )
        )
        for hour in (3, 12)
    )
    assert night.eclo > day.eclo + 1  # made-up accidents hurt one more person at night
    assert night.interval.low <= night.eclo <= night.interval.high


def test_the_year_does_not_change_a_prediction(trained: TrainedModel, tmp_path: Path) -> None:
    publish(trained, tmp_path / "model")
    model = EcloModel.load(tmp_path / "model")
    columns = {
        "weather": ["맑음"] * 3,
        "road_surface": ["건조"] * 3,
        "road_type": ["단일로 - 기타"] * 3,
        "accident_type": ["차대차"] * 3,
        "district": [PLACES[0]] * 3,
        "year": [2015, 2020, 2026],  # 4 May: Monday; the model sees the weekday, so dates are chosen to share it
        "month": [5, 5, 5],
        "day": [4, 4, 4],
        "hour": [12] * 3,
    }
    assert len(set(model.score_table(columns).prediction.tolist())) == 1


def test_golden_rows_are_made_up(trained: TrainedModel) -> None:
    years = {row.accident.moment.year for row in trained.document.golden}
    assert min(years) > 2020


def test_progress_rises_to_one(trained: TrainedModel, told: list[tuple[float, str]]) -> None:
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert all(text for _, text in told)


def test_metrics_and_card_say_the_same(trained: TrainedModel) -> None:
    folds = trained.metrics["rolling_origin"]
    assert list(folds) == ["2019", "2020"]
    assert trained.version in trained.card
    for fold in folds.values():
        assert f"{fold['rmsle']:.5f}" in trained.card
    assert json.loads(json.dumps(trained.metrics)) == trained.metrics


def test_a_file_of_one_year_without_districts_is_enough(tmp_path: Path) -> None:
    only = train([write(tmp_path / "train.csv", COMPETITION, competition_rows(400, (2020, 2020)))])
    publish(only, tmp_path / "model")
    EcloModel.load(tmp_path / "model").self_test()
    assert only.metrics["rolling_origin"] == {}
    assert "no year that could be predicted" in only.card


def test_one_row_is_too_little(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="1건뿐"):
        train([write(tmp_path / "train.csv", COMPETITION, competition_rows(1))])


def test_a_constant_target_is_refused(tmp_path: Path) -> None:
    rows = [[*row[:-1], "5"] for row in competition_rows(300)]
    with pytest.raises(InvalidInput, match="모든 사고의 ECLO가 5"):
        train([write(tmp_path / "train.csv", COMPETITION, rows)])


def test_a_folder_that_holds_something_else_is_left_alone(trained: TrainedModel, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match="이미 있는 폴더"):
        publish(trained, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_publishing_over_a_model_replaces_it(trained: TrainedModel, tmp_path: Path) -> None:
    first = publish(trained, tmp_path / "model")
    assert publish(trained, tmp_path / "model") == first
    assert EcloModel.load(tmp_path / "model").version == trained.version


def test_ridge_equals_the_closed_form() -> None:
    chance = np.random.default_rng(3)
    columns = [chance.integers(0, size, 400) for size in (3, 7)]
    columns[1][:50] = -1
    target, weights = chance.normal(size=400), chance.uniform(0.1, 2, 400)
    factors = [Factor("a", columns[0], 3, 2.0), Factor("b", columns[1], 7, 30.0)]
    dense = np.column_stack([columns[0][:, None] == np.arange(3), columns[1][:, None] == np.arange(7)]).astype(float)
    penalty = np.diag([2.0] * 3 + [30.0] * 7)
    expected = np.linalg.solve(dense.T @ (weights[:, None] * dense) + penalty, dense.T @ (weights * target))
    assert np.allclose(np.concatenate(fit_ridge(factors, target, weights)), expected, atol=1e-4)


def test_crossing_counts_only_what_occurs() -> None:
    codes, size = cross([np.array([0, 0, 1, -1]), np.array([2, 2, 0, 1])])
    assert codes.tolist() == [0, 0, 1, -1]
    assert size == 2


def test_shrunken_means_are_drawn_to_zero() -> None:
    means = shrunken_means(np.array([0, 0, 1, -1]), 2, np.array([1.0, 1.0, 4.0, 9.0]), np.ones(4), 2.0)
    assert means.tolist() == [0.5, 4 / 3]


def test_an_accident_does_not_tell_itself() -> None:
    codes = np.zeros(200, dtype=np.intp)
    values = np.zeros(200)
    values[7] = 100.0
    means = out_of_fold_means(codes, 1, values, np.ones(200), 1.0)
    assert means[7] == 0
    assert means.max() > 0


def test_the_interval_holds_its_share_of_discrete_outcomes() -> None:
    chance = np.random.default_rng(5)
    predictions = chance.normal(1.6, 0.1, 20_000)
    outcomes = np.log1p(np.round(np.expm1(predictions + chance.normal(0, 0.4, 20_000))))
    interval = make_interval(predictions[:10_000], outcomes[:10_000])
    assert coverage(interval, predictions[10_000:], outcomes[10_000:]) == pytest.approx(0.8, abs=0.015)


def test_the_scale_puts_a_quarter_below_its_first_class() -> None:
    predictions = np.random.default_rng(6).normal(1.6, 0.1, 5000)
    scale = make_scale(predictions)
    assert np.mean(scale.percentiles(np.expm1(predictions)) < 25) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [({2021: 1.5}, 1.5), ({2020: 1.7, 2021: 1.5}, 1.4), ({2018: 9.0, 2019: 1.8, 2020: 1.7, 2021: 1.5}, 1.425)],
)
def test_the_level_moves_on_by_half_of_the_late_change(levels: dict[int, float], expected: float) -> None:
    assert forecast(levels) == pytest.approx(expected)


def test_holidays_know_the_lunar_calendar_and_substitutes() -> None:
    kinds = holiday_kinds()
    assert kinds["2022-02-01"] == "festival"
    assert kinds["2022-09-12"] == "festival"
    assert kinds["2022-03-09"] == "holiday"
    assert kinds["2021-08-16"] == "holiday"
    assert "2022-02-03" not in kinds
    assert "2035-12-25" in kinds
