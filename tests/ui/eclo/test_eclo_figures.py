from __future__ import annotations

from math import isclose

import pytest

from hab_core.schemas.eclo import EcloContribution, EcloInterval, EcloScore, SeverityClass
from hab_core.schemas.jobs import EcloBatchItem
from hab_ui.eclo.contributions import contributions_figure, contributions_spec
from hab_ui.eclo.scale import colour_of, legend, scale_figure
from hab_ui.eclo.what_if import comparison_figure, comparison_spec

SCALE = [
    SeverityClass(name="경미", percentile_from=0, percentile_to=25, eclo_from=2.7, eclo_to=3.8),
    SeverityClass(name="일반", percentile_from=25, percentile_to=75, eclo_from=3.8, eclo_to=4.2),
    SeverityClass(name="심각", percentile_from=75, percentile_to=95, eclo_from=4.2, eclo_to=4.8),
    SeverityClass(name="매우 심각", percentile_from=95, percentile_to=100, eclo_from=4.8, eclo_to=None),
]


@pytest.fixture
def score() -> EcloScore:
    return EcloScore(eclo=4.5, interval=EcloInterval(low=3.0, high=9.0), percentile=80, interpretation="심각")


def test_contributions_are_drawn_strongest_first_with_their_signs() -> None:
    given = [
        EcloContribution(feature="weather", label="기상상태", value="맑음", effect=0.01),
        EcloContribution(feature="accident_hour", label="사고시", value="1시", effect=-0.2),
        EcloContribution(feature="district", label="시군구", value="대구광역시 수성구 상동", effect=0.05),
    ]
    spec = contributions_spec(given)
    assert spec.series[0].x == ["사고시: 1시", "시군구: 수성구 상동", "기상상태: 맑음"]
    figure = contributions_figure(spec)
    assert figure.data[0].text == ("-0.200", "+0.050", "+0.010")
    low, high = figure.layout.xaxis.range
    assert low < -0.2
    assert high > 0.05
    assert figure.layout.yaxis.ticktext == ("사고시<br>1시", "시군구<br>수성구 상동", "기상상태<br>맑음")


def test_text_of_a_model_cannot_be_markup_in_a_chart() -> None:
    given = [EcloContribution(feature="road_type", label="도로형태", value="<a href='x'>도로</a>", effect=0.1)]
    figure = contributions_figure(contributions_spec(given))
    assert "<a" not in figure.layout.yaxis.ticktext[0]


def test_the_scale_shows_range_value_and_every_class(score: EcloScore) -> None:
    figure = scale_figure(score, SCALE)
    assert tuple(figure.data[0].x) == (3.0, 9.0)
    assert tuple(figure.data[1].x) == (4.5,)
    assert figure.data[1].marker.color == colour_of("심각")
    bands = [(band.x0, band.x1) for band in figure.layout.shapes]
    assert bands[0] == (0.0, 3.8)
    assert [end for _, end in bands[:-1]] == [start for start, _ in bands[1:]]
    assert isclose(bands[-1][1], figure.layout.xaxis.range[1])
    assert all(each.name in legend(SCALE) for each in SCALE)


def test_a_comparison_marks_the_present_value_and_the_other() -> None:
    items = {
        name: EcloBatchItem(index=index, eclo=eclo, interpretation="일반")
        for index, (name, eclo) in enumerate([("맑음", 4.0), ("비", 4.2), ("눈", 3.9)])
    }
    figure = comparison_figure(comparison_spec(items, "기상상태"), items, "맑음", "눈")
    bars = figure.data[0]
    assert list(bars.y) == ["맑음", "비", "눈"]
    assert list(bars.x) == [4.0, 4.2, 3.9]
    assert "현재" in bars.text[0]
    assert bars.marker.opacity[0] == bars.marker.opacity[2] == 1.0 > bars.marker.opacity[1]
    assert figure.layout.xaxis.range[0] == 0
