"""What Prometheus and Grafana are given: accepted by their tools, and about metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml

from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.accidents import ACCIDENT
from tests.conftest import missing_service
from tests.deploy.composing import ROOT
from tests.server.api.conftest import serving

PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/dashboards/hab.json"
SUBJECTS = {
    "hab_http_request_seconds_count",
    "hab_http_request_seconds_bucket",
    "hab_jobs_waiting",
    "hab_workers",
    "hab_component_up",
    "hab_model_info",
    "hab_chat_cache_total",
    "hab_chat_tokens_total",
}


@pytest.fixture(scope="module")
def promtool() -> str:
    program = shutil.which("promtool")
    if program is None:
        missing_service("promtool is not installed (apt-get install prometheus)")
    return program


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all series that a real server tells of."""
    settings = Settings(hab_home=tmp_path_factory.mktemp("home"))
    with ValkeyProcess(settings), serving(settings) as client:
        client.post("/api/predict/eclo", params={"explain": "false"}, json=ACCIDENT)
        names = set()
        for kind in re.findall(r"^# TYPE (\S+) (\S+)$", client.get("/metrics").text, re.MULTILINE):
            names |= {f"{kind[0]}{end}" for end in (("_bucket", "_sum", "_count") if kind[1] == "histogram" else ("",))}
    return names


def queries() -> list[str]:
    """All queries of the dashboard and of the alerts."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    rules = yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"]
    shown = [target["expr"] for panel in panels for target in panel["targets"]]
    return shown + [rule["expr"] for group in rules for rule in group["rules"]]


def series_of(query: str) -> set[str]:
    return set(re.findall(r"\bhab_[a-z_]+\b", query))


@pytest.mark.parametrize("arguments", [("config", "--syntax-only", "prometheus.yml"), ("rules", "rules.yml")])
def test_prometheus_accepts_it(promtool: str, arguments: tuple[str, ...]) -> None:
    *command, file = arguments
    done = subprocess.run(
        [promtool, "check", *command, PROMETHEUS / file], capture_output=True, text=True, check=False, cwd=PROMETHEUS
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_is_understood(promtool: str, tmp_path: Path) -> None:
    rules = [{"record": f"q:{n}", "expr": q.replace("$__rate_interval", "5m")} for n, q in enumerate(queries())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_is_about_what_the_server_tells(known: set[str]) -> None:
    asked = {name for query in queries() for name in series_of(query)}
    assert asked >= SUBJECTS
    assert asked <= known


def test_the_alerts_fire_and_rest(promtool: str, tmp_path: Path) -> None:
    """An hour of figures: no worker at all, a queue that grows, a route that fails for every tenth caller."""
    series = [
        ('hab_workers{job="hab"}', "0x60"),
        ('hab_jobs_waiting{job="hab"}', "60+1x60"),
        ('up{job="hab"}', "1x60"),
        ('hab_http_request_seconds_count{job="hab",status="200",route="/a"}', "0+90x60"),
        ('hab_http_request_seconds_count{job="hab",status="500",route="/a"}', "0+10x60"),
    ]
    alerts = {"HabNoWorkers": 1, "HabQueueLong": 1, "HabErrors": 1, "HabAway": 0, "HabPartDown": 0, "HabSlow": 0}
    asked = [{"eval_time": "30m", "expr": f'count(ALERTS{{alertname="{n}",alertstate="firing"}})'} for n in alerts]
    for question, firing in zip(asked, alerts.values(), strict=True):
        question["exp_samples"] = [{"labels": "{}", "value": firing}] if firing else []  # type: ignore[assignment]
    test = {
        "rule_files": [str(PROMETHEUS / "rules.yml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series],
                "promql_expr_test": asked,
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(test), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    folder = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {source["uid"]}
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)
    (provider,) = yaml.safe_load((folder / "dashboards/hab.yml").read_text())["providers"]
    assert provider["options"]["path"] in (ROOT / "compose.yaml").read_text()


def test_the_token_opens_the_metrics_as_prometheus_sends_it(tmp_path: Path) -> None:
    token = "token-for-prometheus-0123456789"
    with serving(Settings(hab_home=tmp_path / "home", hab_api_token=token)) as client:
        assert client.get("/metrics").status_code == 401
        scraped = httpx.get(f"{client.base_url}/metrics", headers={"Authorization": f"Bearer {token}"})
        assert scraped.status_code == 200
