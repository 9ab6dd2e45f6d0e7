"""How each server of the comparison is started: one process each, at its best documented setting."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hab_core.eclo.registry import released_folder

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
START_SECONDS = 60.0
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
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "-q", *requirements], check=True)


def all_servers(database_url: str | None) -> list[Server]:
    """Returns the variants; HAB on PostgreSQL only where a database is named."""
    hab = [_hab("hab sqlite", {}), _hab("hab sqlite explained", {}, explain=True)]
    if database_url:
        hab.append(_hab("hab postgres", {"DATABASE_URL": database_url}))
    return [*hab, _mlserver(), _litserve(), _bentoml(), _reference()]


def free_port() -> int:
    """Returns a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(server: Server, folder: Path) -> Iterator[str]:
    """Starts a server in a process group of its own and yields its address; stops it afterwards."""
    port = free_port()
    environment = os.environ | {"OMP_WAIT_POLICY": "passive", "HAB_HOME": str(folder), "BACKEND_PORT": str(port)}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            server.command(port, folder),
            cwd=folder,
            env=environment | server.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}{server.ready}", process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and all its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Waits for the first good answer."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError((folder / "log").read_text(errors="replace")[-2000:])


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

    return Server("mlserver", command, "/v2/models/eclo/infer", "/v2/health/ready", "open_inference")


def _litserve() -> Server:
    """LitServe with its fast queue and one worker."""
    script = str(PEERS / "litserve_app.py")
    model = str(released_folder() / "model.txt")
    return Server("litserve", lambda port, _: [python_of("litserve"), script, str(port), model], "/predict", "/health")


def _bentoml() -> Server:
    """BentoML with one worker and an asynchronous endpoint."""

    def command(port: int, _: Path) -> list[str]:
        folder = str(Path(python_of("bentoml")).parent)
        return [f"{folder}/bentoml", "serve", "bentoml_app:Eclo", "--working-dir", str(PEERS), "--port", str(port)]

    environment = {"ECLO_MODEL": str(released_folder() / "model.txt"), "BENTOML_DO_NOT_TRACK": "True"}
    return Server("bentoml", command, "/predict", "/readyz", environment=environment)


def _reference() -> Server:
    """The predictor that HAB replaces, in a plain FastAPI route."""
    command = [sys.executable, "-m", "benchmarks.http_predict.peers.reference_app"]
    return Server(
        "reference in FastAPI",
        lambda port, _: [*command, str(port)],
        "/predict",
        "/health",
        "korean",
        {"PYTHONPATH": str(ROOT)},
    )
