"""The prediction tools answer what the model answers."""

from __future__ import annotations

import json

import pytest

from hab_core.analysis.run import run_tool
from hab_core.eclo.model import EcloModel
from hab_core.eclo.tools import ModelPredictor
from hab_core.errors import InvalidInput
from hab_core.schemas.eclo import Accident
from tests.accidents import ACCIDENT


def test_one_prediction_with_its_reasons(model: EcloModel) -> None:
    answer = run_tool("predict_eclo", None, ACCIDENT, ModelPredictor(model))
    accident = Accident.model_validate(ACCIDENT)
    score = model.score(accident)
    assert answer.result["eclo"] == score.eclo
    assert answer.result["interpretation"] == score.interpretation
    assert answer.result["model_version"] == model.version
    effects = sum(each["effect"] for each in answer.result["contributions"])
    assert answer.result["base_value"] + effects == pytest.approx(model.predict(accident), abs=1e-9)
    assert score.interpretation in answer.text
    assert answer.chart is not None
    json.dumps(answer.model_dump(mode="json"), allow_nan=False)


def test_several_predictions_bad_ones_apart(model: EcloModel) -> None:
    korean = {"기상상태": "비", "노면상태": "젖음/습기", "도로형태": "단일로 - 기타", "사고유형": "차대사람",
              "시군구": "대구광역시 수성구 상동", "사고일시": "2022-01-01 01"}  # fmt: skip
    rows = [ACCIDENT, {**ACCIDENT, "weather": "우박"}, korean]
    answer = run_tool("predict_eclo_batch", None, {"accidents": rows}, ModelPredictor(model))
    result = answer.result
    assert (result["rows"], result["completed"], result["failed"]) == (3, 2, 1)
    first, second, third = result["items"]
    assert first["eclo"] == model.score(Accident.model_validate(ACCIDENT)).eclo
    assert second["error"]["code"] == "invalid_input"
    assert third["error"] is None
    assert result["mean_eclo"] == pytest.approx((first["eclo"] + third["eclo"]) / 2)


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("predict_eclo", {**ACCIDENT, "weather": "우박"}, "weather"),
        ("predict_eclo", {**ACCIDENT, "wether": "비"}, "'weather'"),
        ("predict_eclo", {**ACCIDENT, "district": "서울특별시 종로구"}, "대구"),
        ("predict_eclo_batch", {"accidents": []}, "1개 이상"),
        ("predict_eclo_batch", {"accidents": [ACCIDENT] * 501}, "500개 이하"),
        ("predict_eclo_batch", {"accidents": ["비"]}, "객체"),
    ],
)
def test_bad_input_is_refused(model: EcloModel, tool: str, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        run_tool(tool, None, arguments, ModelPredictor(model))
