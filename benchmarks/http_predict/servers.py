"""How each server of the comparison is started: one process each, at its best documented setting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import progress
from benchmarks.stack import free_port, started, temporary_home, wait_for_answer
from hab_core.eclo.registry import released_folder

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
REFERENCE = "the reference in FastAPI"
TWO_PROCESSES = ", 2 processes"
REQUIREMENTS = {
    "mlserver": ("mlserver==1.7.1", "mlserver-lightgbm==1.7.1"),
    "litserve": ("litserve==0.2.19", "lightgbm"),
    "bentoml": ("bentoml==1.4.39", "lightgbm"),
}


@dataclass(frozen=True)
class Server:
    """One variant: its command, where to post, and which bodies it takes."""

    name: str
    command: Callable[[int, Path], list[str]]
    path: str
    ready: str
    bodies: str = "encoded"
    environment: dict[str, str] = field(default_factory=dict)


def python_of(peer: str) -> str:
    """Returns the interpreter of a peer's own environment."""
    folder = Path(os.environ.get("HAB_PEERS", ROOT / ".venv-peers"))
    return str(folder / peer / "bin" / "python")


def install_peers() -> None:
    """Makes an environment for each peer; their requirements contradict each other."""
    for peer, requirements in REQUIREMENTS.items():
        python = Path(python_of(peer))
        complete = python.parents[1] / "complete"
        if not complete.exists():
            progress(f"installing {peer}")
            for command in (
                [sys.executable, "-m", "venv", "--clear", str(python.parents[1])],
                [str(python), "-m", "pip", "install", "-q", *requirements],
            ):
                subprocess.run(command, check=True, stdout=sys.stderr)
            complete.touch()


def all_servers(database_url: str | None) -> list[Server]:
    """Returns the variants; HAB on PostgreSQL only where a database is named."""
    stores: dict[str, dict[str, str]] = {"SQLite": {}}
    if database_url:
        stores["PostgreSQL"] = {"DATABASE_URL": database_url}
    hab = [_hab(f"HAB on {name}", environment) for name, environment in stores.items()]
    hab.append(_hab("HAB on SQLite, explained", {}, explain=True))
    two = {"BACKEND_WORKERS": "2"}
    hab += [_hab(f"HAB on {name}{TWO_PROCESSES}", environment | two) for name, environment in stores.items()]
    return [*hab, _mlserver(), _litserve(), _bentoml(), _reference()]


@contextmanager
def running(server: Server) -> Iterator[str]:
    """Starts a server in a folder of its own and yields its address; stops it afterwards."""
    port = free_port()
    with temporary_home() as home:
        environment = {"BACKEND_PORT": str(port), **server.environment}
        with started(server.command(port, home), home, environment) as process:
            wait_for_answer(f"http://127.0.0.1:{port}{server.ready}", process, home / "program.log")
            yield f"http://127.0.0.1:{port}"


def _hab(name: str, environment: dict[str, str], *, explain: bool = False) -> Server:
    """HAB itself: validates Korean text, predicts, commits, then answers."""
    path = "/api/predict/eclo" if explain else "/api/predict/eclo?explain=false"
    command = [sys.executable, "-m", "hab_server", "serve"]
    return Server(name, lambda *_: command, path, "/health/ready", "many" if explain else "korean", environment)


def _mlserver() -> Server:
    """MLServer with its LightGBM runtime, without the pool of inference processes that only costs a single process."""

    def command(port: int, folder: Path) -> list[str]:
        settings = {"parallel_workers": 0, "http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
        model = {
            "name": "eclo",
            "implementation": "mlserver_lightgbm.LightGBMModel",
            "parameters": {"uri": str(released_folder() / "model.txt")},
        }
        quiet = {"debug": False, "metrics_endpoint": None}
        (folder / "settings.json").write_text(json.dumps(settings | quiet))
        (folder / "model-settings.json").write_text(json.dumps(model))
        return [str(Path(python_of("mlserver")).parent / "mlserver"), "start", str(folder)]

    return Server("MLServer", command, "/v2/models/eclo/infer", "/v2/health/ready", "open_inference")


def _litserve() -> Server:
    """LitServe with its fast queue and one worker."""
    script = str(PEERS / "litserve_app.py")
    model = str(released_folder() / "model.txt")
    return Server("LitServe", lambda port, _: [python_of("litserve"), script, str(port), model], "/predict", "/health")


def _bentoml() -> Server:
    """BentoML with one worker and an asynchronous endpoint."""

    def command(port: int, _: Path) -> list[str]:
        folder = str(Path(python_of("bentoml")).parent)
        return [f"{folder}/bentoml", "serve", "bentoml_app:Eclo", "--working-dir", str(PEERS), "--port", str(port)]

    environment = {"ECLO_MODEL": str(released_folder() / "model.txt"), "BENTOML_DO_NOT_TRACK": "True"}
    return Server("BentoML", command, "/predict", "/readyz", environment=environment)


def _reference() -> Server:
    """The predictor that HAB replaces, in a plain FastAPI route."""
    command = [sys.executable, "-m", "benchmarks.http_predict.peers.reference_app"]
    return Server(
        REFERENCE,
        lambda port, _: [*command, str(port)],
        "/predict",
        "/health",
        "korean",
        {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )
