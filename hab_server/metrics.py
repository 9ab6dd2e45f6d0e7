"""What Prometheus reads: one registry per application, so that two applications in a process stay apart."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

from hab_core.schemas.chat import ChatAnswer, ChatMode

_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


_ANSWER_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)


class ChatMetrics:
    """What is counted of chat."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers every metric."""
        self._answers = Counter(
            "hab_chat_answers",
            "Answers of chat, by mode and outcome: complete, incomplete, cached, failed",
            ["mode", "outcome"],
            registry=registry,
        )
        self._tokens = Counter("hab_chat_tokens", "Tokens read and written by Claude", ["direction"], registry=registry)
        self._cache = Counter(
            "hab_chat_cache", "Questions that another's answer may serve, by whether one did", ["result"],
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "hab_chat_answer_seconds",
            "Seconds from question to stored answer, by mode",
            ["mode"],
            buckets=_ANSWER_BUCKETS,
            registry=registry,
        )

    def count(self, answer: ChatAnswer, *, seconds: float, shareable: bool) -> None:
        """Counts one answer; ``shareable`` is whether the cache was asked for it."""
        outcome = "cached" if answer.cache_hit else "incomplete" if answer.incomplete else "complete"
        self._answers.labels(answer.mode, outcome).inc()
        self._seconds.labels(answer.mode).observe(seconds)
        self._tokens.labels("input").inc(answer.token_usage.input)
        self._tokens.labels("output").inc(answer.token_usage.output)
        if shareable:
            self._cache.labels("hit" if answer.cache_hit else "miss").inc()

    def count_failure(self, mode: ChatMode) -> None:
        """Counts a question that got no answer from who was asked."""
        self._answers.labels(mode, "failed").inc()


class Metrics:
    """The counters, histograms and gauges of one server process."""

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
        self.component_up = Gauge(
            "hab_component_up", "1 where a part works, 0 where it does not", ["component"], registry=self.registry
        )
        self.jobs_waiting = Gauge("hab_jobs_waiting", "Jobs that wait for a worker", registry=self.registry)
        self.workers = Gauge("hab_workers", "Workers with a recent heartbeat", registry=self.registry)
        self.model_info = Gauge(
            "hab_model_info", "1 for the version of the model that serves", ["version"], registry=self.registry
        )
        self.chat = ChatMetrics(self.registry)
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
        self.model_info.clear()
        self.model_info.labels(version).set(1)

    def render(self) -> bytes:
        """Returns the exposition text."""
        return generate_latest(self.registry)
