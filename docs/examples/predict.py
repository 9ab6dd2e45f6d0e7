"""사고 한 건의 심각도를 예측하고, 무엇이 예측을 올리고 내렸는지 봅니다."""

from __future__ import annotations

from hab_client import HabClient, InvalidInput


def main() -> None:
    with HabClient() as client:
        prediction = client.eclo.predict(
            weather="맑음",
            road_surface="건조",
            road_type="교차로 - 교차로안",
            accident_type="차대차",
            district="대구광역시 수성구 상동",
            occurred_at="2022-01-01T01:00",
        )
        print(f"ECLO {prediction.eclo:.2f} ({prediction.interpretation})")
        print(prediction.detail)
        for contribution in prediction.contributions:
            print(f"  {contribution.label} {contribution.value}: {contribution.effect:+.3f}")

        try:
            client.eclo.predict(weather="태풍")
        except InvalidInput as error:
            for detail in error.details:
                print(f"{detail['field']}: {detail['message']}")


if __name__ == "__main__":
    main()
