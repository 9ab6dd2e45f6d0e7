"""Questions without a key: the offline analyst, and answers from the cache, over HTTP; medians.

The *first* answer of a question is made by the analyst, with its tool calls; the same question is then answered from
the cache. At last twenty callers ask one new question at the same moment.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from benchmarks.accidents import csv
from benchmarks.figures import Aim, options, print_aims, print_table, progress, quantile
from benchmarks.stack import Hab, running_hab, service_kinds, upload

ROUTE = "/api/chat/message"
AT_ONCE = 20
CACHED_MS, CACHED_MUST_MS = 20.0, 100.0
QUESTIONS = (
    "요일별 사고 건수는?",
    "사고가 가장 많은 시간대는?",
    "수성구의 비 오는 날 시간대별 건수는?",
    "구별 평균 ECLO는?",
    "사고유형별 건수를 알려줘",
    "월별 사고 건수 추이는?",
    "사망자수의 합계는?",
    "결측치가 있는 열은?",
    "기상상태별 평균 ECLO는?",
    "주말과 주중의 사고 건수 차이는?",
)


def main() -> None:
    """Prints one line a size and kind of services."""
    parser = options("chat", __doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 500_000])
    parser.add_argument("--rounds", type=int, default=20, help="how often a cached question is asked")
    given = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    aims: list[Aim] = []
    for kind in service_kinds():
        with running_hab(kind, environment={"MAX_UPLOAD_MB": "1024"}) as hab, hab.client() as client:
            for count in given.rows:
                progress(f"{kind}, {count:,} rows")
                found = measure(hab, client, count, given.rounds)
                rows.append((f"{kind}, {count:,} rows", *found))
                aims.append(Aim(f"{kind}, {count:,} rows: cached, p50", found[1], CACHED_MS, "ms"))
                aims.append(Aim(f"{kind}, {count:,} rows: cached, p99", found[2], CACHED_MUST_MS, "ms"))
    head = ["", "first answer, ms", "cached p50, ms", "cached p99, ms", f"{AT_ONCE} at once, ms", "of these made anew"]
    print_table(head, rows)
    print_aims(*aims)


def measure(hab: Hab, client: httpx.Client, count: int, rounds: int) -> tuple[float, float, float, float, int]:
    """Returns the median of first answers, p50 and p99 of cached ones, and of callers at once: ms, and answers made."""
    dataset_id = upload(client, csv(count))
    first = [ask(client, dataset_id, question)[0] for question in QUESTIONS]
    cached = []
    for _ in range(rounds):
        for question in QUESTIONS:
            ms, answer = ask(client, dataset_id, question)
            if not answer["cache_hit"]:
                raise RuntimeError(f"not from the cache: {question}")
            cached.append(ms)
    took, made = at_once(hab, dataset_id)
    return statistics.median(first), quantile(cached, 0.5), quantile(cached, 0.99), took, made


def at_once(hab: Hab, dataset_id: str) -> tuple[float, int]:
    """Returns the ms until twenty callers of one new question have their answer, and how many were made anew."""
    clients = [hab.client() for _ in range(AT_ONCE)]
    for client in clients:
        client.get("/health/live")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter()
        answers = list(pool.map(lambda client: ask(client, dataset_id, "도로형태별 사고 건수는?")[1], clients))
        took = (time.perf_counter() - began) * 1000
    for client in clients:
        client.close()
    if len({answer["response"] for answer in answers}) != 1:
        raise RuntimeError("one question got different answers")
    return took, sum(not answer["cache_hit"] for answer in answers)


def ask(client: httpx.Client, dataset_id: str, question: str) -> tuple[float, dict[str, Any]]:
    """Returns the ms of an answer, and the answer."""
    began = time.perf_counter()
    answer = client.post(ROUTE, json={"dataset_id": dataset_id, "message": question})
    took = (time.perf_counter() - began) * 1000
    return took, dict(answer.raise_for_status().json())


if __name__ == "__main__":
    main()
