"""CSV 파일의 사고를 모두 예측합니다: python batch.py 사고.csv 결과.csv"""

from __future__ import annotations

import sys
from pathlib import Path

from hab_client import BatchJob, HabClient


def show(job: BatchJob) -> None:
    print(f"\r{job.progress:.0%}", end="", file=sys.stderr, flush=True)


def main(source: Path, target: Path) -> None:
    with HabClient() as client:
        job = client.eclo.predict_batch(source).wait(timeout=600, on_progress=show)
        print(f"\n예측 {job.state.completed}건, 오류 {job.state.failed}건", file=sys.stderr)
        for item in job.items():
            if item.error is not None:
                print(f"{item.index + 1}번째 사고: {item.error.message}", file=sys.stderr)
        job.results_csv(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
