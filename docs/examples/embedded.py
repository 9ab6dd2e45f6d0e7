"""서버를 따로 띄우지 않고 이 프로세스 안에서 예측합니다. 필요: pip install "hab-client[server]" """

from __future__ import annotations

from hab_client import HabClient

ACCIDENTS = [
    {
        "기상상태": "비",
        "노면상태": "젖음/습기",
        "도로형태": "단일로 - 기타",
        "사고유형": "차대사람",
        "시군구": "대구광역시 중구 동인동",
        "사고일시": f"2022-07-01 {hour:02}",
    }
    for hour in range(24)
]


def main() -> None:
    with HabClient.embedded() as client:
        job = client.eclo.predict_batch(ACCIDENTS).wait()
        for item in job.items():
            print(f"{item.index:2}시 ECLO {item.eclo}")


if __name__ == "__main__":
    main()
