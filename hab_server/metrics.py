"""What Prometheus reads: one registry per application, so that two applications in a process stay apart.

Where several processes share a port, ``PROMETHEUS_MULTIPROC_DIR`` is set before this is imported: the figures then lie
in files, and whichever process is asked answers for all, for those that have died as well.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import Scope

_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder of the figures of several processes."""


class Metrics:
    """The counters, histograms and gauges of one server process.

    Gauges are of what the processes share, so among several the value that was set last is the right one.
    """

    def __init__(self) -> None:
        """Registers every metric in a registry of its own."""
        self.registry = CollectorRegistry()
        self._latency = Histogram(
            "hab_http_request_seconds",
            "Seconds from request to answer, by route and status",
            ["method", "route", "status"],
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.predictions = Counter(
            "hab_predictions", "Single predictions made, by severity class", ["interpretation"], registry=self.registry
        )
        self.component_up = self._gauge("hab_component_up", "1 where a part works, 0 where it does not", "component")
        self.jobs_waiting = self._gauge("hab_jobs_waiting", "Jobs that wait for a worker")
        self.workers = self._gauge("hab_workers", "Workers with a recent heartbeat")
        self.model_info = self._gauge(
            "hab_model_info", "1 for the version of the model that serves, 0 for those before it", "version"
        )
        self._model = ""
        self._children: dict[tuple[str, str, int], Histogram] = {}
        self._by_class: dict[str, Counter] = {}

    def observe_request(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts one answered request under its route's template, never under the path a caller made up."""
        route = getattr(scope.get("route"), "path", "unmatched")
        key = (scope["method"], route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._latency.labels(scope["method"], route, str(status))
        child.observe(seconds)

    def count_prediction(self, interpretation: str) -> None:
        """Counts one prediction under its severity class."""
        child = self._by_class.get(interpretation)
        if child is None:
            child = self._by_class[interpretation] = self.predictions.labels(interpretation)
        child.inc()

    def show_model(self, version: str) -> None:
        """Makes ``version`` the one model that the metrics show."""
        if self._model not in ("", version):
            self.model_info.labels(self._model).set(0)
        self._model = version
        self.model_info.labels(version).set(1)

    def render(self) -> bytes:
        """Returns the exposition text, of all processes where several share the port."""
        folder = os.environ.get(METRICS_FOLDER)
        if folder is None:
            return generate_latest(self.registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared, folder)  # type: ignore[no-untyped-call]
        return generate_latest(shared)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """Returns a new gauge."""
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode="mostrecent")
