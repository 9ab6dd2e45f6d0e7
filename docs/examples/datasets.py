"""CSV 파일을 올려 살펴보고 분석합니다: python datasets.py 사고.csv"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

from hab_client import HabClient


def main(source: Path) -> None:
    with HabClient() as client:
        dataset = client.datasets.upload(source)
        print(f"{dataset.name}: {dataset.info.rows}행 × {dataset.info.columns}열, {dataset.info.encoding}")
        for warning in dataset.warnings:
            print(f"주의: {warning}", file=sys.stderr)
        for column in dataset.profile.column_profiles:
            print(f"  {column.name}: {column.kind}, 결측 {column.missing}")

        monday = {"column": "요일", "operator": "==", "value": "월요일"}
        for row in islice(dataset.rows(["사고일시", "요일"], sort="-사고일시", where=monday), 3):
            print(row)

        print(client.tools.run("get_value_counts", dataset, column="요일", top_n=3).text)
        print(client.tools.run("get_temporal_pattern", dataset, by="hour", conditions=[monday]).text)

        share = dataset.share()
        print(f"{share.expires_at:%Y-%m-%d}까지 볼 수 있는 링크: {share.url}")
        share.revoke()
        dataset.delete()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
