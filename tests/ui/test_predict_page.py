"""ECLO 예측 on the real server: a form becomes a prediction, a file a scored table, both a history."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from hab_client import HabClient
from hab_client.dataset import Dataset
from tests.running import wait_until
from tests.ui.conftest import PATIENCE, Show, texts

ROWS = (
    "사고일시,기상상태,노면상태,도로형태,사고유형,시군구\n"
    "2024-01-01 08,맑음,건조,교차로 - 교차로안,차대차,대구광역시 수성구 상동\n"
    "2024-01-02 23,비,젖음/습기,단일로 - 기타,차대사람,대구광역시 중구 동인동1가\n"
    "2024-01-03 10,우박,건조,단일로 - 기타,차대차,대구광역시 수성구 지산동\n"
).encode()


def _metrics(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def _submit(test: AppTest) -> AppTest:
    return test.button(key="FormSubmitter:eclo_form-심각도 예측하기").click().run()


def _finished(test: AppTest, client: HabClient) -> str:
    """Waits until the job that the address names has ended; returns its id."""
    named = test.query_params["job"]
    job = named if isinstance(named, str) else named[0]
    wait_until(lambda: client.jobs.get(job).finished, PATIENCE)
    return job


@pytest.fixture
def predicted(show: Show) -> AppTest:
    """The page after a prediction with rain."""
    test = show("predict")
    test.selectbox(key="eclo_weather").set_value("비")
    return _submit(test)


def test_the_form_offers_what_the_model_knows(show: Show, client: HabClient) -> None:
    test = show("predict")
    assert not test.exception
    assert not test.error
    valid = {feature.name: feature.valid_values for feature in client.eclo.model().features}
    assert test.selectbox(key="eclo_weather").options == valid["weather"]
    assert test.selectbox(key="eclo_road_type").options == valid["road_type"]
    assert len(test.selectbox(key="eclo_district").options) == len(client.regions())
    assert "눌러주세요" in texts(test, "info")


def test_a_prediction_is_the_one_of_the_server(predicted: AppTest, client: HabClient) -> None:
    assert not predicted.exception
    made = next(iter(client.eclo.history()))
    shown = _metrics(predicted)
    assert made.features["weather"] == "비"
    assert shown["예측 ECLO"] == f"{made.eclo:.2f}"
    assert shown["등급"] == made.interpretation
    assert {"80% 범위", "백분위"} <= shown.keys()
    assert "예상 ECLO" in texts(predicted, "markdown")
    assert "log1p(ECLO)" in texts(predicted, "caption")


def test_what_if_compares_all_values_and_follows_the_choice(predicted: AppTest) -> None:
    assert "조건 하나를 고르면" in texts(predicted, "caption")
    test = predicted.pills(key="what_if_circumstance").set_value("노면상태").run()
    assert not test.exception
    test = test.selectbox(key="what_if_value_노면상태").set_value("적설").run()
    shown = _metrics(test)
    assert "현재 · 건조" in shown
    assert "바꾸면 · 적설" in shown


def test_a_place_that_the_model_never_saw_is_a_warning(show: Show) -> None:
    test = show("predict")
    test.selectbox(key="eclo_district").set_value("대구광역시 군위군 삼국유사면 학암리")
    test = _submit(test)
    assert not test.exception
    assert test.warning or test.error


def test_a_batch_names_its_bad_rows_and_a_reload_finds_it(show: Show, client: HabClient) -> None:
    test = show("predict", predict_tab="일괄 예측")
    test.file_uploader(key="eclo_batch_file").upload("사고.csv", ROWS, "text/csv").run()
    test = test.button(key="eclo_batch_start").click().run()
    job = _finished(test, client)
    test.run()
    assert _metrics(test) == {"전체": "3", "예측": "2", "오류": "1"}
    table = test.dataframe[0].value
    assert list(table["예측 ECLO"].notna()) == [True, True, False]
    assert "우박" in table["오류"].iloc[2]
    again = show("predict", predict_tab="일괄 예측", job=job)
    assert _metrics(again) == {"전체": "3", "예측": "2", "오류": "1"}


def test_a_file_that_is_no_csv_is_refused_in_korean(show: Show) -> None:
    test = show("predict", predict_tab="일괄 예측")
    test.file_uploader(key="eclo_batch_file").upload("그림.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png").run()
    test = test.button(key="eclo_batch_start").click().run()
    assert "CSV 형식만 지원됩니다." in texts(test, "error")


def test_a_dataset_can_be_predicted(show: Show, client: HabClient, accidents: Dataset) -> None:
    test = show("predict", predict_tab="일괄 예측")
    test = test.segmented_control(key="eclo_batch_source").set_value("저장된 데이터셋").run()
    test = test.button(key="eclo_batch_start_dataset").click().run()
    assert not test.exception
    _finished(test, client)
    assert _metrics(test.run())["전체"] == str(accidents.info.rows)


def test_an_unknown_job_leads_back_to_the_start(show: Show) -> None:
    test = show("predict", predict_tab="일괄 예측", job="job_none")
    assert test.error
    test = test.button(key="eclo_batch_new").click().run()
    assert test.file_uploader(key="eclo_batch_file") is not None
    assert "job" not in test.query_params


def test_history_shows_the_newest_first(show: Show, client: HabClient, predicted: AppTest) -> None:
    newest = next(iter(client.eclo.history()))
    test = show("predict", predict_tab="예측 이력")
    assert not test.exception
    table = test.dataframe[0].value
    assert table["예측 ID"].iloc[0] == newest.prediction_id
    assert len(table) <= 50
