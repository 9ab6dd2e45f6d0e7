"""``compose.yaml`` and what it names: the shape, the variables, the files, the image."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hab_server.settings import Settings
from tests.deploy.composing import ROOT, SECRETS, Missing, compose, example, filled, services, text, variables

OURS = ("migrate", "api", "worker", "scheduler", "ui")
LASTING = ("postgres", "redis", "api", "worker", "scheduler", "ui", "nginx")
NOT_SETTINGS = {"BACKEND_URL", "LANGSMITH_TRACING", "CHAT_TIMEOUT"}


def test_it_is_what_the_specification_of_compose_allows() -> None:
    package = find_spec("check_jsonschema")
    if package is None or package.origin is None:
        pytest.skip("check-jsonschema, which carries the schema of compose, is not installed")
    schema = json.loads((Path(package.origin).parent / "builtin_schemas/vendor/compose-spec.json").read_text())
    jsonschema.validate(compose(filled()), schema)


def test_no_secret_has_a_default_and_none_is_written_down() -> None:
    for name in SECRETS:
        assert variables()[name] == {"?"}
        assert example()[name] == ""
    for name in SECRETS:
        with pytest.raises(Missing, match=name):
            compose({**filled(), name: ""})
    words = re.findall(r"(?m)^\s*[A-Z_]*(?:PASSWORD|TOKEN|SECRET|KEY)[A-Z_]*[ ]*[:=][ ]*(\S.*)$", text())
    assert all(word.startswith("${") for word in words)
    assert not re.search(r"://[^/\s$]*:[^$@\s]+@", text())


def test_every_variable_is_explained_or_has_a_default() -> None:
    for name, uses in variables().items():
        assert name in example() or uses == {"-"}, name
    unused = set(example()) - set(variables())
    assert unused == set()


def test_the_services_are_as_they_should_be() -> None:
    found = services()
    assert set(OURS) | set(LASTING) <= set(found)
    for name, service in found.items():
        assert "mem_limit" in service, name
        assert service["restart"] == ("no" if name == "migrate" else "always")
    for name in LASTING:
        if name != "scheduler":  # nothing waits for it
            assert service_health(found[name]), name
    redis = " ".join(found["redis"]["command"])
    assert "--appendonly yes" in redis
    assert "--maxmemory-policy noeviction" in redis
    assert {name for name, service in found.items() if service.get("profiles")} == {
        "prometheus",
        "grafana",
        "rq-dashboard",
    }


def service_health(service: dict[str, Any]) -> list[str]:
    """What is asked for the health of a service."""
    asked: list[str] = service.get("healthcheck", {}).get("test", [])
    return asked


def test_what_is_waited_for_can_be_waited_for() -> None:
    found = services()
    for name, service in found.items():
        waits = service.get("depends_on", {})
        for other, how in (waits if isinstance(waits, dict) else {other: {} for other in waits}).items():
            assert other in found, name
            if how.get("condition") == "service_healthy":
                assert service_health(found[other]), f"{name} waits for the health of {other}"
            if how.get("condition") == "service_completed_successfully":
                assert found[other]["restart"] == "no"


def test_only_nginx_can_be_reached_and_by_default_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert set(published) == {"nginx", "prometheus", "grafana", "rq-dashboard"}
    for ports in published.values():
        assert all(port.startswith("127.0.0.1:") for port in ports)


def test_ours_run_without_rights() -> None:
    for name in OURS:
        service = services()[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert service["volumes"] == ["hab-home:/var/lib/hab"]


def test_every_variable_given_to_ours_is_a_setting() -> None:
    known = {name.upper() for name in Settings.model_fields} | NOT_SETTINGS
    for name in OURS:
        assert set(services()[name]["environment"]) <= known, name


def test_the_settings_of_the_example_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        for variable, value in services()[name]["environment"].items():
            monkeypatch.setenv(variable, str(value))
        assert Settings().hab_api_token is not None


def test_every_file_and_volume_exists() -> None:
    document = compose(filled())
    for service in document["services"].values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            known = (ROOT / source).exists() if source.startswith("./") else source in document["volumes"]
            assert known, mount
        for secret in service.get("secrets", []):
            assert secret in document["secrets"]
    assert (ROOT / "deploy/nginx/10-body-limit.envsh").stat().st_mode & 0o111


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(name, rest) for name, _, rest in pairs]


def test_the_image_copies_what_is_there_and_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            for source in shlex.split(rest)[:-1]:
                assert (ROOT / source).exists(), source
                assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), source


def test_the_image_has_the_stages_that_are_built_and_runs_as_nobody_special() -> None:
    stages = [rest.partition(" AS ")[2] for name, rest in instructions() if name == "FROM"]
    built = {service["build"]["target"] for service in services().values() if "build" in service}
    assert built <= set(stages)
    for stage in built:
        start = next(
            i for i, (name, rest) in enumerate(instructions()) if name == "FROM" and rest.endswith(f" AS {stage}")
        )
        users = [rest for name, rest in instructions()[start:] if name == "USER"]
        assert users[0] == "hab"
    installs = " ".join(rest for name, rest in instructions() if name == "RUN")
    assert "libgomp1" in installs
    assert "--constraint constraints.txt" in installs
