"""홈, 데이터셋 and 상태 with a real server behind them: what they show, what their buttons do."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from hab_client import HabClient, NotFound
from hab_client.dataset import Dataset
from hab_core.schemas.datasets import DatasetDetail
from tests.running import wait_until
from tests.ui.conftest import ACCIDENTS, Show, texts


def button(test: AppTest, label: str) -> None:
    """Presses the button that says ``label``."""
    next(one for one in test.button if one.label == label).click()
    test.run()
    assert not test.exception


def test_home_shows_the_server_and_the_datasets(show: Show, accidents: Dataset, client: HabClient) -> None:
    wait_until(lambda: client.health().status == "ok")
    test = show("home")
    assert not test.exception
    wait_until(lambda: "서버 정상" in texts(test.run(), "markdown"))
    assert {metric.label: metric.value for metric in test.metric} == {
        "데이터셋": "1개",
        "행": f"{accidents.info.rows:,}",
        "열": str(accidents.info.columns),
        "결측": "0.0%",
    }
    assert list(test.dataframe[0].value["이름"]) == ["시험 사고"]


@pytest.mark.parametrize("name", ["home", "datasets"])
def test_without_data_a_page_says_what_to_do(show: Show, name: str) -> None:
    test = show(name)
    assert not test.exception
    assert "아직 데이터셋이 없습니다" in texts(test, "info")


def test_upload_shows_what_it_seems_to_be_then_how_it_was_read(show: Show, client: HabClient) -> None:
    test = show("datasets")
    test.file_uploader[0].upload("대구 사고.csv", ACCIDENTS.decode().encode("cp949"), "text/csv").run()
    assert "인코딩 CP949 · 12열" in texts(test, "caption")
    assert client.datasets.list().pages().__next__().items == []
    button(test, "올리기")
    (dataset,) = client.datasets.list()
    assert (dataset.name, dataset.info.rows) == ("대구 사고", 36)
    assert "올렸습니다: 대구 사고, 36행 × 12열" in texts(test, "success")
    report = texts(test, "markdown")
    assert "CP949" in report
    assert "위도, 경도" in report
    dataset.delete()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("표.xlsx", b"PK\x03\x04" + b"\0" * 100, "CSV 형식만 지원됩니다."),
        ("표.csv", b"PK\x03\x04" + b"\0" * 100, "CSV 형식만 지원됩니다."),
        ("표.json", b'[{"a": 1}]', "CSV 형식만 지원됩니다."),
        ("큰 표.csv", b"a,b\n" + b"1,2\n" * (13 * 1024 * 1024), "파일 크기는 50MB를 초과할 수 없습니다"),
    ],
    ids=["xlsx", "xlsx called csv", "json", "52 MB"],
)
def test_what_is_no_csv_is_refused_in_korean(show: Show, name: str, content: bytes, message: str) -> None:
    test = show("datasets")
    test.file_uploader[0].upload(name, content, "application/octet-stream").run()
    assert message in texts(test, "error")
    assert not any(one.label == "올리기" for one in test.button)


def test_a_table_that_cannot_be_read_is_explained_by_the_server(show: Show) -> None:
    test = show("datasets")
    test.file_uploader[0].upload("표.csv", b"a,b\n1,2\n1,2,3\n", "text/csv").run()
    button(test, "올리기")
    assert "3번째 줄" in texts(test, "error")
    assert not test.exception


def test_renaming_and_describing(show: Show, accidents: Dataset) -> None:
    test = show("datasets")
    test.text_input[0].set_value("새 이름")
    test.text_area[0].set_value("설명입니다")
    button(test, "저장")
    assert accidents.refresh().name == "새 이름"
    assert "설명입니다" in texts(test, "caption")


def test_sharing_and_revoking(show: Show, accidents: Dataset, client: HabClient) -> None:
    test = show("datasets")
    button(test, "공유 링크 만들기")
    link = next(one.value for one in test.code if "share=" in one.value)
    assert client.datasets.shared(link).id == accidents.id
    button(test, "링크 취소")
    assert "취소했습니다" in texts(test, "info")
    with pytest.raises(Exception, match="만료"):
        client.datasets.shared(link)


def test_a_link_opens_its_dataset(show: Show, accidents: Dataset) -> None:
    test = show("home", share=accidents.share().token)
    assert not test.exception
    assert "공유된 데이터셋을 열었습니다: 시험 사고" in texts(test, "success")
    assert test.title[0].value == "데이터셋"
    assert test.session_state["hab_session"].dataset_id == accidents.id


@pytest.mark.parametrize(("token", "message"), [("", "이 링크는 만료되었습니다"), ("never-was", "다시 확인해주세요")])
def test_a_dead_link_says_so_on_the_first_page(show: Show, accidents: Dataset, token: str, message: str) -> None:
    if not token:
        share = accidents.share()
        token = share.token
        share.revoke()
    test = show("home", share=token)
    assert message in texts(test, "error")
    assert test.title[0].value == "대구 공공데이터 분석"
    assert "share" not in test.query_params


def test_deleting_asks_first(show: Show, accidents: Dataset, client: HabClient) -> None:
    test = show("datasets")
    assert "되돌릴 수 없습니다" in texts(test, "markdown")
    button(test, "삭제합니다")
    with pytest.raises(NotFound):
        client.datasets.get(accidents.id)
    assert "삭제했습니다" in texts(test, "success")


def test_a_dataset_that_is_gone_is_no_traceback(show: Show, accidents: Dataset) -> None:
    test = show("datasets")
    accidents.delete()
    button(test, "저장")
    assert "찾을 수 없" in texts(test, "error")


def test_status_shows_parts_model_and_addresses(show: Show, client: HabClient) -> None:
    test = show("status")
    assert not test.exception
    shown = texts(test, "markdown")
    for word in ("데이터베이스", "작업 대기열", "작업자", "예측 모델", "small-1", client.base_url):
        assert word in shown
    assert list(test.dataframe[0].value["등급"]) == ["경미", "일반", "심각", "매우 심각"]


def test_choosing_is_kept(show: Show, accidents: Dataset, client: HabClient) -> None:
    newer = client.datasets.upload(ACCIDENTS, name="더 새로운 사고")
    test = show("datasets")
    assert test.selectbox(key="datasets_one").value == newer.id
    test.selectbox(key="datasets_one").select(f"시험 사고 ({accidents.info.rows}행)").run()
    assert test.session_state["hab_session"].dataset_id == accidents.id
    newer.delete()


def test_profile_of_the_page_is_the_servers(show: Show, accidents: Dataset) -> None:
    detail: DatasetDetail = accidents.profile
    test = show("datasets")
    columns = next(one.value for one in test.dataframe if "서로 다른 값" in one.value)
    assert list(columns["열"]) == [column.name for column in detail.column_profiles]


def test_what_others_wrote_is_shown_as_it_is(show: Show, client: HabClient) -> None:
    name = "![그림](http://evil.example/x.png) :red[빨강] $x$"
    dataset = client.datasets.upload(ACCIDENTS, name=name, description=name)
    test = show("home", share=dataset.share().token)
    shown = texts(test, "success") + texts(test, "caption")
    assert "evil.example" in shown
    assert "![" not in shown
    assert "](" not in shown
    dataset.delete()
