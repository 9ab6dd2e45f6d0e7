from __future__ import annotations

import math
import subprocess
import sys
import threading
from pathlib import Path

import lightgbm
import pytest

from hab_core.eclo.model import EcloModel, columns_of
from hab_core.errors import InvalidInput, ModelUnavailable
from hab_core.schemas.eclo import INTERPRETATIONS, Accident
from tests.accidents import ACCIDENT
from tests.core.eclo.small_model import accidents, damage

ROWS = accidents(300, seed=11)


def example(**changes: object) -> Accident:
    return Accident(**{**ACCIDENT, **changes})


def test_a_score_is_the_models_output_on_the_eclo_scale(model: EcloModel, first_folder: Path) -> None:
    peer = lightgbm.Booster(model_file=str(first_folder / "model.txt"))
    raw = peer.predict(model.table.encode_table(columns_of(ROWS)), num_threads=1).tolist()
    assert [model.predict(row) for row in ROWS] == raw
    assert [model.score(row).eclo for row in ROWS] == [math.expm1(value) for value in raw]


def test_a_table_scores_as_its_rows_do(model: EcloModel) -> None:
    rows = [*ROWS, example(district="대구광역시 수성구 없는동", road_type="단일로 - 새 형태")]
    scores = model.score_rows(rows)
    assert scores == [model.score(row) for row in rows]
    assert len(scores[-1].warnings) == 2
    assert scores[0].warnings == []
    assert model.score_rows([]) == []


def test_scores_hold_together(model: EcloModel) -> None:
    scores = sorted(model.score_rows(ROWS), key=lambda score: score.eclo)
    for score in scores:
        assert 1 <= score.interval.low <= score.eclo <= score.interval.high <= 178
        assert 0 <= score.percentile <= 100
        assert score.interval.level == 0.8
    ranks = [INTERPRETATIONS.index(score.interpretation) for score in scores]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2, 3}
    assert [score.percentile for score in scores] == sorted(score.percentile for score in scores)


def test_predictions_are_kept_within_the_possible(own_folder: Path) -> None:
    limits = (b"1.0,\n  178.0", b"5.0,\n  6.0")
    narrow = EcloModel.load(damage(own_folder, "features.json", lambda text: text.replace(*limits), reseal=True))
    scores = narrow.score_rows(ROWS)
    assert {min(score.eclo for score in scores), max(score.eclo for score in scores)} == {5.0, 6.0}
    assert all(5 <= score.interval.low <= score.interval.high <= 6 for score in scores)


def test_effects_add_up_to_the_prediction(model: EcloModel) -> None:
    for row in ROWS[:50]:
        explanation = model.explain(row)
        added = explanation.base_value + sum(each.effect for each in explanation.contributions)
        assert abs(added - model.predict(row)) < 1e-9


def test_effects_are_those_of_circumstances(model: EcloModel) -> None:
    found = model.explain(example()).contributions
    by_feature = {each.feature: each for each in found}
    assert len(by_feature) == len(found)
    assert [abs(each.effect) for each in found] == sorted((abs(each.effect) for each in found), reverse=True)
    assert (by_feature["accident_type"].label, by_feature["accident_type"].value) == ("사고유형", "차대차")
    joint = by_feature["accident_type+road_surface"]
    assert (joint.label, joint.value) == ("사고유형·노면상태", "차대차 · 건조")
    assert by_feature["day_of_week"].value == "토요일(공휴일)"
    assert by_feature["accident_year"].value == "2022년"


def test_equal_circumstances_are_explained_once(first_folder: Path) -> None:
    model = EcloModel.load(first_folder)
    parts = {"occurred_at": None, "accident_year": 2022, "accident_month": 1, "accident_day": 1, "accident_hour": 1}
    first = model.explain(example())
    first.contributions.clear()
    second = model.explain(example(**parts))
    assert second.contributions
    assert second == model.explain(example())
    assert model._explained.cache_info().misses == 1


def test_a_place_outside_daegu_is_refused(model: EcloModel) -> None:
    outside = example(district="서울특별시 강남구 역삼동")
    for call in (model.score, model.explain, lambda row: model.score_rows([row])):
        with pytest.raises(InvalidInput):
            call(outside)


def test_threads_get_their_own_answers(model: EcloModel) -> None:
    expected = model.score_rows(ROWS)
    found: dict[int, bool] = {}

    def work(offset: int) -> None:
        order = [(index + offset) % len(ROWS) for index in range(len(ROWS))]
        found[offset] = all(model.score(ROWS[index]) == expected[index] for index in order)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in (0, 150)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: True, 150: True}


def test_the_model_says_what_it_is(model: EcloModel) -> None:
    info = model.info(["small-1", "older"])
    assert (info.version, info.versions) == ("small-1", ["small-1", "older"])
    fields = {field.name: field for field in info.features}
    assert set(fields) == set(Accident.model_fields)
    assert "교차로 - 교차로안" in (fields["road_type"].valid_values or [])
    assert fields["occurred_at"].valid_values is None
    assert [each.name for each in info.severity_scale] == list(INTERPRETATIONS)
    assert info.training_data["rows"] == 2000


def test_the_self_test_notices_another_prediction(own_folder: Path) -> None:
    EcloModel.load(own_folder).self_test()
    shifted = damage(
        own_folder, "features.json", lambda text: text.replace(b'"prediction": 2.', b'"prediction": 3.'), reseal=True
    )
    with pytest.raises(ModelUnavailable, match="자체 시험"):
        EcloModel.load(shifted).self_test()


def test_files_of_different_versions_do_not_mix(own_folder: Path) -> None:
    renamed = damage(
        own_folder, "features.json", lambda text: text.replace(b'"type_surface"', b'"surface_type"'), reseal=True
    )
    with pytest.raises(ModelUnavailable, match="서로 다른 버전"):
        EcloModel.load(renamed)


def test_scoring_one_accident_loads_no_heavy_package(first_folder: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from hab_core.eclo.model import EcloModel
from hab_core.schemas.eclo import Accident
EcloModel.load(Path({str(first_folder)!r})).score(Accident(**{ACCIDENT!r}))
print({{"numpy", "lightgbm", "sklearn", "polars", "pandas", "holidays"}} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
