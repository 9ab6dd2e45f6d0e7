"""``hab datasets`` and ``hab tools``: data on stdout, notes on stderr, failures in one Korean line."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from hab_client import Dataset, HabClient, NotFound, ShareLinkExpired
from tests.accidents import ACCIDENT
from tests.client.hab_command import Hab, one_line
from tests.client.wire_server import Asked, answer, serving, success
from tests.conftest import name_of
from tests.running import HAB, free_port

TABLE = pd.DataFrame(
    {
        "사고일시": pd.date_range("2021-01-01 01:00", periods=30, freq="D"),
        "요일": ["월요일", "화요일", "수요일"] * 10,
        "사망자수": [i % 4 for i in range(30)],
        "위도": [35.85 + i / 1000 for i in range(30)],
        "경도": [128.6 + i / 1000 for i in range(30)],
    }
)


@pytest.fixture
def server(client: HabClient, monkeypatch: pytest.MonkeyPatch) -> HabClient:
    """The real server, to be found by the commands."""
    monkeypatch.setenv("BACKEND_URL", client.base_url)
    return client


@pytest.fixture
def dataset(server: HabClient) -> Dataset:
    return server.datasets.upload(TABLE, name="시험 표")


def test_an_upload_prints_the_id_and_tells_how_it_was_read(hab: Hab, server: HabClient, tmp_path: Path) -> None:
    (tmp_path / "사고.csv").write_bytes(TABLE.to_csv(index=False).encode("cp949"))
    result = hab("datasets", "upload", "사고.csv", "--name", "내 표", "--description", "설명")
    assert result.returncode == 0, result.stderr
    (dataset_id,) = result.stdout.split()
    assert server.datasets.get(dataset_id).info.description == "설명"
    for part in ("내 표: 30행 × 5열", "CP949", "위치: 위도, 경도 (EPSG:4326)", "대구 100%"):
        assert part in result.stderr
    again = hab("datasets", "upload", "사고.csv", "--json")
    fields = json.loads(again.stdout)
    assert (fields["name"], fields["encoding"], fields["geo"]["latitude"]) == ("사고.csv", "cp949", "위도")
    assert "주의: " in again.stderr  # the same file is there already
    assert fields["warnings"][0] in again.stderr


def test_several_files_go_up_and_a_bad_one_is_named(hab: Hab, server: HabClient, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    (tmp_path / "b.csv").write_bytes(b"PK\x03\x04\x00\x00")
    (tmp_path / "c.csv").write_bytes(b"c\n2\n")
    result = hab("datasets", "upload", "a.csv.gz", "b.csv", "none.csv", "c.csv")
    assert result.returncode == 1
    names = [server.datasets.get(dataset_id).name for dataset_id in result.stdout.split()]
    assert names == ["a.csv", "c.csv"]
    complaints = [line for line in result.stderr.splitlines() if line.startswith("오류: ")]
    assert complaints == ["오류: b.csv: CSV 형식만 지원됩니다.", complaints[1]]
    assert complaints[1].startswith("오류: none.csv: 파일을 읽을 수 없습니다")
    found = json.loads(hab("datasets", "upload", "a.csv.gz", "c.csv", "--json").stdout)
    assert [each["name"] for each in found] == ["a.csv", "c.csv"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.csv"], "파일이 없습니다"),
        (["."], "폴더입니다"),
        (["empty.csv"], "빈 파일입니다"),
        (["zip.csv"], "CSV 형식만 지원됩니다."),
        (["ok.csv", "ok.csv", "--name", "이름"], "--name"),
    ],
)
def test_an_upload_that_fails_is_one_line(
    hab: Hab, server: HabClient, tmp_path: Path, arguments: list[str], told: str
) -> None:
    for name, content in (("empty.csv", b""), ("zip.csv", b"PK\x03\x04"), ("ok.csv", b"a\n1\n")):
        (tmp_path / name).write_bytes(content)
    assert told in one_line(hab("datasets", "upload", *arguments))


def test_a_server_that_is_away_is_told_once(hab: Hab, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    url = f"http://127.0.0.1:{free_port()}"
    line = one_line(hab("datasets", "upload", "a.csv", "a.csv", BACKEND_URL=url))
    assert line == "오류: 서버에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."
    for arguments in (["datasets", "list"], ["datasets", "rows", "ds_1"], ["tools", "list"], ["tools", "run", "x"]):
        assert one_line(hab(*arguments, BACKEND_URL=url)) == line


def test_the_list_and_one_dataset(hab: Hab, dataset: Dataset) -> None:
    newest = json.loads(hab("datasets", "list", "--limit", "1", "--json").stdout)
    assert [each["id"] for each in newest] == [dataset.id]
    table = hab("datasets", "list").stdout.splitlines()
    assert table[0].split()[:2] == ["ID", "이름"]
    assert dataset.id in table[1]
    shown = hab("datasets", "show", dataset.id)
    for part in (
        "시험 표",
        "30행 × 5열",
        "위치: 위도, 경도",
        "2021-01-01",
        "사고일시.월",
        "참/거짓" if False else "범주",
    ):
        assert part in shown.stdout
    detail = json.loads(hab("datasets", "show", dataset.id, "--json").stdout)
    assert [column["name"] for column in detail["column_profiles"]] == list(TABLE.columns)
    assert "찾을 수 없습니다" in one_line(hab("datasets", "show", "ds_unknown"))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (["요일==월요일", "사망자수>=2"], TABLE[(TABLE["요일"] == "월요일") & (TABLE["사망자수"] >= 2)]),
        (["요일 in 월요일, 수요일"], TABLE[TABLE["요일"].isin(["월요일", "수요일"])]),
        (["사망자수 in 1,3"], TABLE[TABLE["사망자수"].isin([1, 3])]),
        (["사망자수 between 1,2"], TABLE[TABLE["사망자수"].between(1, 2)]),
        (["사고일시 between 2021-01-03,2021-01-05"], TABLE[2:5]),
        (["요일 contains 화"], TABLE[TABLE["요일"] == "화요일"]),
        (["요일!=화요일", "요일 not_null"], TABLE[TABLE["요일"] != "화요일"]),
        (["사고일시.일 = 3"], TABLE[2:3]),
        (['[{"column": "요일", "operator": "==", "value": "월요일"}]', "위도<35.855"], TABLE[0:5:3]),
        (["요일 is_null"], TABLE[:0]),
    ],
    ids=name_of,
)
def test_rows_under_conditions(hab: Hab, dataset: Dataset, where: list[str], expected: pd.DataFrame) -> None:
    options = [part for text in where for part in ("--where", text)]
    result = hab("datasets", "rows", dataset.id, "--json", "--limit", "100", *options)
    assert [row["위도"] for row in json.loads(result.stdout)] == list(expected["위도"])


def test_rows_in_columns(hab: Hab, dataset: Dataset) -> None:
    result = hab("datasets", "rows", dataset.id, "--columns", "요일,사망자수", "--sort", "-사망자수", "--limit", "3")
    assert [line.split() for line in result.stdout.splitlines()][:2] == [["요일", "사망자수"], ["월요일", "3"]]
    assert len(result.stdout.splitlines()) == 4
    nothing = hab("datasets", "rows", dataset.id, "--where", "사망자수>100")
    assert (nothing.stdout, nothing.stderr) == ("", "조건에 맞는 행이 없습니다.\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--where", "요일"], "조건을 읽을 수 없습니다: 요일"),
        (["--where", "{"], "JSON"),
        (["--where", "요이==월요일"], "요일"),
        (["--where", "사망자수==많음"], "숫자여야 합니다"),
        (["--columns", "없음"], "없음"),
        (["--sort", "없음"], "없음"),
    ],
)
def test_a_wrong_question_is_one_line(hab: Hab, dataset: Dataset, arguments: list[str], told: str) -> None:
    assert told in one_line(hab("datasets", "rows", dataset.id, *arguments))


def test_downloads(hab: Hab, dataset: Dataset, tmp_path: Path) -> None:
    result = hab("datasets", "download", dataset.id, "-o", "표.csv")
    assert (result.returncode, result.stdout) == (0, "")
    assert "30행 → 표.csv" in result.stderr
    assert len(pd.read_csv(tmp_path / "표.csv")) == 30
    hab("datasets", "download", dataset.id, "-o", "표.parquet")
    hab("datasets", "download", dataset.id, "-o", "표", "--format", "parquet")
    assert pl.read_parquet(tmp_path / "표.parquet").equals(pl.read_parquet(tmp_path / "표"))
    to_stdout = hab("datasets", "download", dataset.id)
    assert to_stdout.stdout == (tmp_path / "표.csv").read_bytes().decode().replace("\r\n", "\n")
    assert "폴더를 확인" in one_line(hab("datasets", "download", dataset.id, "-o", "none/표.csv"))
    assert "가능: 'csv', 'parquet'" in one_line(hab("datasets", "download", dataset.id, "--format", "xml"), code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["표", "표.csv", "표.parquet"]


def test_a_link_is_made_and_ended(hab: Hab, server: HabClient, dataset: Dataset) -> None:
    result = hab("datasets", "share", dataset.id)
    url = result.stdout.strip()
    assert server.datasets.shared(url).id == dataset.id
    share_id = result.stderr.split()[-1]
    assert "hab datasets unshare" in result.stderr
    assert hab("datasets", "unshare", share_id).returncode == 0
    with pytest.raises(ShareLinkExpired):
        server.datasets.shared(url)
    fields = json.loads(hab("datasets", "share", dataset.id, "--json").stdout)
    assert server.datasets.shared(fields["token"]).id == dataset.id


def typed(server: HabClient, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs ``hab`` in a terminal where a person types a line."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb") as terminal, os.fdopen(theirs) as stdin:
        terminal.write(f"{answer}\n".encode())
        terminal.flush()
        environment = {**os.environ, "PYTHONUTF8": "1", "BACKEND_URL": server.base_url}
        return subprocess.run(
            [*HAB, *arguments], stdin=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


def test_deleting_asks_before(hab: Hab, server: HabClient, dataset: Dataset) -> None:
    assert "--yes" in one_line(hab("datasets", "delete", dataset.id))
    refused = typed(server, "n", "datasets", "delete", dataset.id)
    assert refused.returncode == 130
    assert "'시험 표' 데이터셋을 삭제할까요?" in refused.stderr
    assert server.datasets.get(dataset.id).id == dataset.id
    assert typed(server, "y", "datasets", "delete", dataset.id).returncode == 0
    with pytest.raises(NotFound):
        server.datasets.get(dataset.id)
    another = server.datasets.upload(b"a\n1\n")
    result = hab("datasets", "delete", another.id, "--yes")
    assert (result.returncode, result.stdout) == (0, "")
    assert "찾을 수 없습니다" in one_line(hab("datasets", "delete", another.id, "--yes"))


def test_the_tools_are_listed(hab: Hab, server: HabClient) -> None:
    lines = hab("tools", "list").stdout.splitlines()
    assert len(lines) == 23
    assert any("get_value_counts" in line and "집계" in line for line in lines)
    fields = json.loads(hab("tools", "list", "--json").stdout)
    assert fields[0]["input_schema"]["type"] == "object"


def test_a_tool_prints_its_text_or_everything(hab: Hab, dataset: Dataset, server: HabClient) -> None:
    arguments = ("get_value_counts", "--dataset", dataset.id, "--arg", "column=요일", "--arg", "top_n=2")
    assert hab("tools", "run", *arguments).stdout.rstrip("\n") == server.tools.run(
        "get_value_counts", dataset, column="요일", top_n=2
    ).text.rstrip("\n")
    fields = json.loads(hab("tools", "run", *arguments, "--json").stdout)
    assert fields["arguments"] == {"column": "요일", "top_n": 2}
    assert fields["result"]["truncated"] is True


TOOLS = success(
    items=[
        {
            "name": "t",
            "category": "개요",
            "description": "d",
            "input_schema": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "whole": {"type": "integer"},
                    "real": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                    "yes": {"type": "boolean"},
                    "names": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
                    "one_or_more": {
                        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                    },
                    "numbers": {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]},
                    "things": {"type": "array", "items": {"type": "object"}},
                    "conditions": {"type": "array", "items": {"anyOf": [{"type": "object"}]}},
                },
            },
        }
    ],
    next_cursor=None,
)
RUN = success(tool="t", arguments={}, result={}, text="글", duration_ms=1.0, truncated=False)


def sent(asked: list[Asked]) -> dict[str, object]:
    """Returns the arguments of the last call."""
    arguments: dict[str, object] = json.loads(asked[-1].body)["arguments"]
    return arguments


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["text=5"], {"text": "5"}),
        (["text=a=b,c"], {"text": "a=b,c"}),
        (["whole=5", "real=2.5", "yes=true"], {"whole": 5, "real": 2.5, "yes": True}),
        (["real=null", "yes=아니오"], {"real": None, "yes": False}),
        (["names=가, 나"], {"names": ["가", "나"]}),
        (["names=가"], {"names": ["가"]}),
        (["names=가", "names=나"], {"names": ["가", "나"]}),
        (['names=["가,나"]'], {"names": ["가,나"]}),
        (["one_or_more=가"], {"one_or_more": "가"}),
        (["one_or_more=가,나"], {"one_or_more": ["가", "나"]}),
        (["numbers=50"], {"numbers": 50}),
        (["numbers=50,99.5"], {"numbers": [50, 99.5]}),
        (['things=[{"a": 1}]'], {"things": [{"a": 1}]}),
        (['things={"a": 1}'], {"things": [{"a": 1}]}),
        (
            ['conditions={"column": "a"}', 'conditions={"column": "b"}'],
            {"conditions": [{"column": "a"}, {"column": "b"}]},
        ),
        (["unknown=5"], {"unknown": "5"}),
    ],
    ids=name_of,
)
def test_arguments_are_read_as_the_schema_says(hab: Hab, typed: list[str], expected: dict[str, object]) -> None:
    options = [part for text in typed for part in ("--arg", text)]
    with serving(TOOLS, RUN) as server:
        result = hab("tools", "run", "t", "--dataset", "ds_1", *options, BACKEND_URL=server.url)
    assert (result.returncode, result.stdout) == (0, "글\n"), result.stderr
    assert sent(server.asked) == expected


def test_arguments_come_as_json_from_a_file_or_stdin(hab: Hab, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"text": "가", "whole": 1}', encoding="utf-8-sig")
    with serving(RUN) as server:
        for whole, stdin in (
            ('{"text": "가", "whole": 1}', None),
            ("@a.json", None),
            ("@-", '{"text": "가", "whole": 1}'),
        ):
            hab("tools", "run", "t", "--dataset", "d", "--arguments", whole, stdin=stdin, BACKEND_URL=server.url)
            assert sent(server.asked) == {"text": "가", "whole": 1}
        assert len(server.asked) == 3  # no schema is needed to read JSON
    with serving(TOOLS, RUN) as server:
        options = ("--arguments", "@a.json", "--arg", "whole=2")
        hab("tools", "run", "t", "--dataset", "ds_1", *options, BACKEND_URL=server.url)
    assert sent(server.asked) == {"text": "가", "whole": 2}


def test_conditions_join_those_of_the_arguments(hab: Hab, dataset: Dataset) -> None:
    given = '{"conditions": [{"column": "요일", "operator": "==", "value": "월요일"}]}'
    options = ("--arguments", given, "--where", "사망자수>=2", "--json")
    fields = json.loads(hab("tools", "run", "get_dataframe_info", "--dataset", dataset.id, *options).stdout)
    expected = TABLE[(TABLE["요일"] == "월요일") & (TABLE["사망자수"] >= 2)]
    assert fields["result"]["rows"] == len(expected)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--arg", "whole=many"], "whole에는 숫자를 써주세요: many"),
        (["--arg", "yes=maybe"], "yes에는 true 또는 false"),
        (["--arg", "text=a", "--arg", "text=b"], "text은(는) 값 하나만"),
        (["--arg", "text"], "이름=값"),
        (["--arg", "things=a"], "JSON"),
        (["--arguments", "{"], "JSON"),
        (["--arguments", "[1]"], "JSON 객체"),
        (["--arguments", "@none.json"], "none.json"),
        (["--where", "가==나"], "--dataset"),
    ],
)
def test_arguments_that_cannot_be_read_are_one_line(hab: Hab, options: list[str], told: str) -> None:
    with serving(TOOLS, RUN) as server:
        assert told in one_line(hab("tools", "run", "t", *options, BACKEND_URL=server.url))


def test_a_tool_that_fails_is_one_line(hab: Hab, dataset: Dataset) -> None:
    assert "get_value_counts" in one_line(hab("tools", "run", "get_value_count", "--dataset", dataset.id))
    misspelt = hab("tools", "run", "get_value_counts", "--dataset", dataset.id, "--arg", "column=요이")
    assert "요일" in one_line(misspelt)
    with serving(answer(200, b"<html>", "text/html")) as foreign:
        assert "BACKEND_URL" in one_line(hab("tools", "list", BACKEND_URL=foreign.url))


def test_predictions_need_no_dataset(hab: Hab, server: HabClient) -> None:
    options = [part for name, value in ACCIDENT.items() for part in ("--arg", f"{name}={value}")]
    fields = json.loads(hab("tools", "run", "predict_eclo", *options, "--json").stdout)
    assert fields["result"]["eclo"] == server.eclo.predict(ACCIDENT).eclo
