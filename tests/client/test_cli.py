"""The ``hab`` command in a process of its own: data on stdout, notes on stderr, failures in one Korean line."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from hab_client import HabClient
from hab_client.cli.reference import render
from tests.client.hab_command import Hab, one_line
from tests.client.wire_server import answer, raw, serving
from tests.running import HAB, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = (
    "--weather", "맑음", "--road-surface", "건조", "--road-type", "교차로 - 교차로안", "--accident-type", "차대차",
    "--district", "대구광역시 수성구 상동", "--at", "2022-01-01T01:00",
)  # fmt: skip
ROW = {
    "기상상태": "맑음",
    "노면상태": "건조",
    "도로형태": "교차로 - 교차로안",
    "사고유형": "차대차",
    "시군구": "대구광역시 수성구 상동",
    "사고일시": "2022-01-01 01",
}


@pytest.fixture
def server(client: HabClient, monkeypatch: pytest.MonkeyPatch) -> HabClient:
    """The real server, to be found by the commands."""
    monkeypatch.setenv("BACKEND_URL", client.base_url)
    return client


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["eclo", "prdict"], "prdict (혹시 'predict'?)"),
        (["nonsense"], "알 수 없는 명령입니다: nonsense"),
        (["eclo", "predict", "--wether", "맑음"], "--wether (혹시 --weather?)"),
        (["eclo", "predict", "--weather"], "옵션 --weather에 값이 필요합니다"),
        (["eclo", "predict", "맑음"], "필요 없는 인자가 있습니다: 맑음"),
        (["eclo", "batch"], "필수 항목이 없습니다: 'file'"),
        (["eclo", "history", "--limit", "many"], "'--limit'에는 정수를 써주세요"),
        (["eclo", "history", "--limit", "0"], "'--limit'은(는) 1 이상이어야 합니다"),
        (["--debug"], "명령을 지정해주세요"),
    ],
)
def test_wrong_usage_is_explained_in_korean(hab: Hab, arguments: list[str], told: str) -> None:
    line = one_line(hab(*arguments), code=2)
    assert told in line
    assert "--help" in line


def test_a_noun_alone_shows_its_help(hab: Hab) -> None:
    result = hab("eclo")
    assert result.returncode == 2
    assert "사용법: hab eclo" in result.stderr


def test_the_version_is_the_distribution_s(hab: Hab) -> None:
    assert re.fullmatch(r"hab \d+\.\d+\.\d+\n", hab("--version").stdout)


@pytest.mark.parametrize(
    "arguments", [["predict", *OPTIONS], ["history"], ["model"], ["batch", "rows.csv"]], ids=lambda a: a[0]
)
def test_a_server_that_is_down_is_one_line(hab: Hab, tmp_path: Path, arguments: list[str]) -> None:
    pd.DataFrame([ROW]).to_csv(tmp_path / "rows.csv", index=False)
    line = one_line(hab("eclo", *arguments, BACKEND_URL=f"http://127.0.0.1:{free_port()}"))
    assert line == "오류: 서버에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."


def test_a_foreign_server_is_one_line(hab: Hab) -> None:
    for reply in (
        answer(200, b"<html>\n</html>", "text/html"),
        raw(b"junk\r\n\r\n"),
        answer(200, b'{"success": true}'),
    ):
        with serving(reply) as server:
            assert "BACKEND_URL" in one_line(hab("eclo", "model", BACKEND_URL=server.url))


def test_an_address_that_is_none_is_one_line(hab: Hab) -> None:
    assert "BACKEND_URL" in one_line(hab("eclo", "model", BACKEND_URL="nonsense"))


def test_a_traceback_is_shown_on_demand_only(hab: Hab) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert "Traceback" not in hab("eclo", "model", BACKEND_URL=url).stderr
    for result in (
        hab("--debug", "eclo", "model", BACKEND_URL=url),
        hab("eclo", "model", BACKEND_URL=url, HAB_DEBUG="1"),
    ):
        assert "Traceback" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("오류: ")
        assert result.returncode == 1


def test_missing_options_are_named_where_nobody_can_be_asked(hab: Hab) -> None:
    line = one_line(hab("eclo", "predict", "--weather", "맑음"))
    for option in ("--road-surface", "--road-type", "--accident-type", "--district", "--at"):
        assert option in line
    assert "--weather" not in line


def test_a_prediction_for_people_and_for_programs(hab: Hab, server: HabClient) -> None:
    text = hab("eclo", "predict", *OPTIONS)
    assert (text.returncode, text.stderr) == (0, "")
    fields = json.loads(hab("eclo", "predict", *OPTIONS, "--json").stdout)
    for part in (
        f"ECLO {fields['eclo']:.2f}",
        "80% 범위",
        fields["interpretation"],
        "백분위",
        fields["detail"],
        "기여도",
    ):
        assert part in text.stdout
    assert fields["prediction_id"].startswith("pred_")
    assert fields["request_id"]


def test_a_wrong_value_names_the_right_ones(hab: Hab, server: HabClient) -> None:
    line = one_line(hab("eclo", "predict", *OPTIONS, "--weather", "태풍"))
    assert "weather" in line
    assert "맑음, 흐림" in line


def test_warnings_are_notes(hab: Hab, server: HabClient) -> None:
    result = hab("eclo", "predict", *OPTIONS, "--district", "대구광역시 수성구 없는동")
    assert result.returncode == 0
    assert result.stderr.startswith("주의: ")
    assert "주의" not in result.stdout


def conversation(*typed: str) -> subprocess.CompletedProcess[str]:
    """Runs ``hab eclo predict`` in a terminal where a person types some lines."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb") as terminal, os.fdopen(theirs) as stdin:
        terminal.write("".join(f"{line}\n" for line in typed).encode())
        terminal.flush()
        command = [*HAB, "eclo", "predict", "--weather", "비", "--json"]
        environment = {**os.environ, "PYTHONUTF8": "1"}
        return subprocess.run(
            command, stdin=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


def test_a_person_is_asked_for_what_is_missing(server: HabClient) -> None:
    result = conversation("99", "2", "1", "", "차대차", "대구광역시 중구", "2022-01-01T01:00")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("{")
    newest = next(iter(server.eclo.history()))
    assert newest.prediction_id == json.loads(result.stdout)["prediction_id"]
    assert newest.features["weather"] == "비"
    assert newest.features["road_surface"] == "젖음/습기"
    assert newest.features["accident_type"] == "차대차"
    assert "노면상태: 1) 건조" in result.stderr
    assert "목록에 있는 번호나 값" in result.stderr


def test_a_person_may_leave(server: HabClient) -> None:
    result = conversation("1", "\x04")  # Ctrl-D: no more lines
    assert result.returncode == 130
    assert result.stdout == ""
    assert result.stderr.endswith("취소했습니다.\n")


def test_a_file_is_scored(hab: Hab, server: HabClient, tmp_path: Path) -> None:
    rows = pd.DataFrame([ROW, {**ROW, "기상상태": "태풍"}, ROW])
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(rows.to_csv(index=False).encode()))
    result = hab("eclo", "batch", "in.csv.gz", "-o", "out.csv")
    assert (result.returncode, result.stdout) == (0, "")
    assert "예측 2건, 오류 1건 → out.csv" in result.stderr
    table = pd.read_csv(tmp_path / "out.csv", encoding="utf-8-sig")
    assert list(table["기상상태"]) == ["맑음", "태풍", "맑음"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv.gz", "out.csv"]
    to_stdout = hab("eclo", "batch", "in.csv.gz")
    assert to_stdout.stdout == (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.csv"], "파일이 없습니다"),
        (["."], "폴더입니다"),
        (["in.csv", "-o", "none/out.csv"], "none/out.csv"),
        (["in.csv", "-o", "."], "폴더를 확인"),
        (["bad.csv"], "도로형태"),
    ],
)
def test_a_file_that_cannot_be_scored(
    hab: Hab, server: HabClient, tmp_path: Path, arguments: list[str], told: str
) -> None:
    rows = pd.DataFrame([ROW])
    rows.to_csv(tmp_path / "in.csv", index=False)
    rows.drop(columns="도로형태").to_csv(tmp_path / "bad.csv", index=False)
    assert told in one_line(hab("eclo", "batch", *arguments))


def newest_job(server: HabClient) -> str | None:
    return next((record.job_id for record in server.eclo.history()), None)


def test_ctrl_c_cancels_the_batch(server: HabClient, tmp_path: Path) -> None:
    pd.DataFrame([ROW] * 100_000).to_csv(tmp_path / "in.csv", index=False)
    before = newest_job(server)
    process = subprocess.Popen(
        [*HAB, "eclo", "batch", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )

    wait_until(lambda: newest_job(server) != before)
    process.send_signal(signal.SIGINT)
    notes = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    job_id = re.search(r"작업을 취소했습니다: (job_\w+)", notes)
    assert job_id is not None, notes
    wait_until(lambda: server.jobs.get(job_id[1]).finished)
    assert server.jobs.get(job_id[1]).status == "cancelled"
    assert not (tmp_path / "out.csv").exists()


def test_history_and_model_for_people_and_for_programs(hab: Hab, server: HabClient) -> None:
    newest = server.eclo.predict_batch([ROW] * 3).wait(timeout=60) and next(iter(server.eclo.history()))
    records = json.loads(hab("eclo", "history", "--limit", "2", "--json").stdout)
    assert [len(records), records[0]["prediction_id"]] == [2, newest.prediction_id]
    table = hab("eclo", "history", "--limit", "2").stdout
    assert newest.prediction_id in table
    assert len(table.splitlines()) == 3
    assert json.loads(hab("eclo", "model", "--json").stdout)["version"] == server.eclo.model().version
    assert "매우 심각" in hab("eclo", "model").stdout


def test_a_reader_that_leaves_early_is_no_failure(server: HabClient) -> None:
    command = f"{HAB[0]} -c '{HAB[2]}' eclo model | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.stderr == ""


def test_any_terminal_can_show_it(hab: Hab, server: HabClient) -> None:
    result = hab("eclo", "model", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert result.returncode == 0


def test_the_reference_page_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == render(), "run: python -m hab_client.cli.reference > docs/cli.md"
