"""지금까지의 예측에서 심각한 것만 모읍니다."""

from __future__ import annotations

from hab_client import HabClient


def main() -> None:
    with HabClient() as client:
        model = client.eclo.model()
        print(f"모델 {model.version}, 서버 상태 {client.health().status}")
        for record in client.eclo.history():
            if record.interpretation in ("심각", "매우 심각"):
                print(f"{record.created_at:%Y-%m-%d %H:%M} ECLO {record.eclo:.2f} {record.features.get('district')}")


if __name__ == "__main__":
    main()
