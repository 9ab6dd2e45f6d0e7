"""The services of ``compose.yaml`` as processes here: their commands, variables and health checks as written.

What containers would do for them is done by hand: names of services become addresses, paths become folders of the test.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.deploy.composing import ROOT, services
from tests.running import HAB, free_port, wait_until

log = logging.getLogger(__name__)
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
_MAIN = """{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    default_type application/octet-stream;
    include {folder}/default.conf;
}}
"""


class Process:
    """A service as a process; its output goes to a file."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
            )

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def ends(self) -> int:
        return self.process.wait(60)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Stack:
    """Starts services on free ports; ``changes`` are texts of the file that mean something else here."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.ports = {name: free_port() for name in ("redis", "api", "ui", "nginx")}
        self.running: dict[str, Process] = {}
        self.services = services()
        self.changes = {
            self.services["api"]["environment"]["DATABASE_URL"]: database_url,
            "redis:6379": f"127.0.0.1:{self.ports['redis']}",
            "http://api:8000": f"http://127.0.0.1:{self.ports['api']}",
            "api:8000": f"127.0.0.1:{self.ports['api']}",
            "ui:8501": f"127.0.0.1:{self.ports['ui']}",
            "127.0.0.1:8000": f"127.0.0.1:{self.ports['api']}",
            "127.0.0.1:8501": f"127.0.0.1:{self.ports['ui']}",
            "127.0.0.1:8080": f"127.0.0.1:{self.ports['nginx']}",
            "/tmp/redis.conf": str(folder / "redis.conf"),
            "--dir /data": f"--dir {folder} --bind 127.0.0.1 --port {self.ports['redis']}",
            "redis-cli ping": f"redis-cli -p {self.ports['redis']} ping",
        }

    def start(self, name: str) -> Process:
        """Starts a service with its own command and variables."""
        command = self.here(self.services[name]["command"])
        self.running[name] = Process(_program(command), self._environment(name), self.folder / f"{name}.log")
        return self.running[name]

    def healthy(self, name: str) -> bool:
        """Whether the service's own health check says so."""
        kind, *words = self.here(self.services[name]["healthcheck"]["test"])
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else _program(words)
        done = subprocess.run(command, env=self._environment(name), capture_output=True, check=False, timeout=60)
        return done.returncode == 0

    def comes_up(self, name: str) -> Process:
        """Starts a service and waits until it is healthy; fails where it ended without."""
        began = time.monotonic()
        process = self.start(name)
        wait_until(lambda: self.healthy(name) or process.process.poll() is not None)
        assert process.process.poll() is None, process.output()
        log.info("%s is healthy after %.1f s", name, time.monotonic() - began)
        return process

    def start_nginx(self, **changes: str) -> Process:
        """Starts a real nginx with the template filled in as its image does it."""
        environment = self._environment("nginx") | {"NGINX_LOCAL_RESOLVERS": "127.0.0.1", **changes}
        environment["LISTEN"] = f"127.0.0.1:{self.ports['nginx']}"
        render_nginx(self.folder, environment)
        command = [NGINX, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)]
        self.running["nginx"] = Process(command, environment, self.folder / "nginx.log")
        wait_until(lambda: self.healthy("nginx") or self.running["nginx"].process.poll() is not None)
        return self.running["nginx"]

    def stop(self) -> None:
        for process in reversed(self.running.values()):
            process.stop()

    def here(self, words: list[str]) -> list[str]:
        """Words of the file as they are here."""
        return [self._changed(word) for word in words]

    def _changed(self, text: str) -> str:
        for written, here in self.changes.items():
            text = text.replace(written, here)
        return text

    def _environment(self, name: str) -> dict[str, str]:
        given: dict[str, Any] = self.services[name].get("environment", {})
        own = {variable: self._changed(str(value)) for variable, value in given.items()}
        for variable, service in (("BACKEND_PORT", "api"), ("UI_PORT", "ui")):
            if variable in own:
                own[variable] = str(self.ports[service])
        if "BACKEND_HOST" in own:
            own["BACKEND_HOST"] = "127.0.0.1"
        if "TRUSTED_PROXIES" in own:
            own |= {"TRUSTED_PROXIES": "127.0.0.1", "RATE_LIMIT_PER_MINUTE": "10000"}
        here = {"PATH": os.environ["PATH"], "HAB_HOME": str(self.home), "OMP_WAIT_POLICY": "passive"}
        return {**here, "PYTHONPATH": str(ROOT), **own}


def render_nginx(folder: Path, environment: dict[str, str]) -> None:
    """Writes nginx's configuration: the limits by the script that the image sources, then the variables filled in."""
    script = f'. "{ROOT}/deploy/nginx/10-body-limit.envsh"; printf %s "$BODY_LIMIT"'
    limit = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True).stdout
    rendered = (ROOT / "deploy/nginx/hab.conf.template").read_text(encoding="utf-8")
    for name, value in {**environment, "BODY_LIMIT": limit}.items():
        rendered = rendered.replace(f"${{{name}}}", value)
    rendered = rendered.replace("/dev/stdout", str(folder / "access.log"))
    (folder / "default.conf").write_text(rendered, encoding="utf-8")
    user = "user root;\n" if os.geteuid() == 0 else ""  # else its workers cannot write to the test's folder
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")


def _program(command: list[str]) -> list[str]:
    """A command line with this Python's programs."""
    programs = {"hab": HAB, "python": [sys.executable], "python3": [sys.executable]}
    return [*programs.get(command[0], command[:1]), *command[1:]]
