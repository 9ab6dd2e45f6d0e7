"""Accidents and what HAB predicts of them.

ECLO (equivalent casualty loss only) = 10·deaths + 5·serious + 3·minor + 1·reported injuries of one accident, as the
Korea Road Traffic Authority (TAAS) counts it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hab_core.schemas.common import AnswerModel, OneOf, RequestModel, Text, Timestamp

WEATHERS = ("맑음", "흐림", "비", "눈", "안개", "기타")
ROAD_SURFACES = ("건조", "젖음/습기", "적설", "서리/결빙", "침수", "기타")
ACCIDENT_TYPES = ("차대차", "차대사람", "차량단독")
WEEKDAYS = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")
TIME_PERIODS = ("심야", "출근시간대", "일반시간대", "퇴근시간대")
INTERPRETATIONS = ("경미", "일반", "심각", "매우 심각")
KOREA = timezone(timedelta(hours=9), "KST")

MAX_BATCH_ROWS = 100_000
YEARS = (2000, 2100)
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def time_period(hour: int) -> str:
    """Returns the period of an hour 0–23, bounds inclusive: 심야 22–06, 출근 07–09, 일반 10–17, 퇴근 18–21."""
    if 7 <= hour <= 9:
        return "출근시간대"
    if 10 <= hour <= 17:
        return "일반시간대"
    if 18 <= hour <= 21:
        return "퇴근시간대"
    return "심야"


Weekday = Annotated[str, OneOf(WEEKDAYS)]
TimePeriod = Annotated[str, OneOf(TIME_PERIODS)]


class Accident(RequestModel):
    """The circumstances of one accident; the moment is given as ``occurred_at`` or as year, month, day and hour."""

    weather: Annotated[str, OneOf(WEATHERS)] = Field(description="기상상태")
    road_surface: Annotated[str, OneOf(ROAD_SURFACES)] = Field(description="노면상태")
    road_type: Text = Field(min_length=1, max_length=100, description="도로형태", examples=["교차로 - 교차로안"])
    accident_type: Annotated[str, OneOf(ACCIDENT_TYPES)] = Field(description="사고유형")
    district: Text = Field(min_length=1, max_length=100, description="시군구", examples=["대구광역시 수성구 상동"])
    occurred_at: datetime | None = Field(
        None, strict=False, description="사고일시: local time (Asia/Seoul), ISO 8601", examples=["2022-01-01T01:00"]
    )
    accident_year: int | None = Field(None, ge=YEARS[0], le=YEARS[1])
    accident_month: int | None = Field(None, ge=1, le=12)
    accident_day: int | None = Field(None, ge=1, le=31)
    accident_hour: int | None = Field(None, ge=0, le=23)
    day_of_week: Weekday | None = Field(None, description="요일: derived, checked where given")
    time_period: TimePeriod | None = Field(None, description="시간대: derived, checked where given")

    @field_validator("occurred_at", mode="before")
    @classmethod
    def _to_korean_local_time(cls, given: Any) -> Any:
        """Reads an ISO 8601 moment, turns one with an offset into local Korean time, bounds the year.

        Numbers are refused, also in text: pydantic would read them as seconds since 1970.
        """
        if given is None:
            return None
        moment = _parse_moment(given) if isinstance(given, str) else given
        if not isinstance(moment, datetime):
            raise PydanticCustomError("datetime_type", "not a moment")
        if moment.tzinfo is not None:
            moment = moment.astimezone(KOREA).replace(tzinfo=None)
        if not YEARS[0] <= moment.year <= YEARS[1]:
            raise PydanticCustomError("year_range", "year out of range", {"first": YEARS[0], "last": YEARS[1]})
        return moment

    @model_validator(mode="after")
    def _one_consistent_moment(self) -> Accident:
        """Requires exactly one complete moment, and derived fields that agree with it."""
        moment = self.moment
        self._refuse_contradicting_parts(moment)
        if self.day_of_week is not None and self.day_of_week != WEEKDAYS[moment.weekday()]:
            raise _contradiction("day_of_week", WEEKDAYS[moment.weekday()])
        if self.time_period is not None and self.time_period != time_period(moment.hour):
            raise _contradiction("time_period", time_period(moment.hour))
        return self

    @property
    def moment(self) -> datetime:
        """The local time of the accident, by whichever fields it was given."""
        if self.occurred_at is not None:
            return self.occurred_at
        year, month, day, hour = self.accident_year, self.accident_month, self.accident_day, self.accident_hour
        if year is None or month is None or day is None or hour is None:
            raise PydanticCustomError("moment_missing", "the moment is missing")
        try:
            return datetime(year, month, day, hour)
        except ValueError:
            raise PydanticCustomError("no_such_date", "no such date", {"date": f"{year}-{month:02}-{day:02}"}) from None

    def features(self) -> dict[str, str]:
        """Returns the accident in the one form in which it is stored: names on the wire, derived fields included."""
        moment = self.moment
        return {
            "weather": self.weather,
            "road_surface": self.road_surface,
            "road_type": self.road_type,
            "accident_type": self.accident_type,
            "district": self.district,
            "occurred_at": moment.isoformat(timespec="minutes"),
            "day_of_week": WEEKDAYS[moment.weekday()],
            "time_period": time_period(moment.hour),
        }

    def _refuse_contradicting_parts(self, moment: datetime) -> None:
        """Raises where a part of the date was given that is not the one of ``moment``."""
        parts = (self.accident_year, self.accident_month, self.accident_day, self.accident_hour)
        if parts == (None, None, None, None):
            return
        for name, part in zip(("year", "month", "day", "hour"), parts, strict=True):
            if part is not None and part != getattr(moment, name):
                raise _contradiction(f"accident_{name}", getattr(moment, name))


def _parse_moment(text: str) -> datetime:
    """Returns the moment that an ISO 8601 text names, to the minute at least."""
    written = text.strip()
    if not _ISO_MOMENT.match(written):
        raise PydanticCustomError("datetime_parsing", "not an ISO 8601 moment")
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise PydanticCustomError("datetime_parsing", "no such date or time") from error


def _contradiction(field: str, expected: str | int) -> PydanticCustomError:
    """Returns the error of a derived field that contradicts the date."""
    return PydanticCustomError("contradiction", "contradicts the date", {"field": field, "expected": expected})


class EcloBatchRequest(RequestModel):
    """What a batch is made of: rows in the body, or a dataset. A bad row becomes that row's error."""

    accidents: list[dict[str, Any]] | None = Field(
        None, description=f"1–{MAX_BATCH_ROWS} rows with the English or the Korean (TAAS) names"
    )
    dataset_id: Text | None = Field(None, max_length=64)


class EcloInterval(AnswerModel):
    """Range that holds the real ECLO with probability ``level``, ends included."""

    low: float
    high: float
    level: float = 0.8


class EcloContribution(AnswerModel):
    """What one circumstance adds to the prediction, on the model's own scale (log1p of ECLO)."""

    feature: str
    label: str
    value: str
    effect: float


class EcloScore(AnswerModel):
    """The prediction itself, without explanation."""

    eclo: float = Field(description="RMSLE-optimal point on the ECLO scale")
    interval: EcloInterval
    percentile: float = Field(description="share of Daegu's accidents with a lower prediction, 0–100")
    interpretation: str = Field(description="경미, 일반, 심각 or 매우 심각")
    warnings: list[str] = Field(default_factory=list)


class EcloPrediction(EcloScore):
    """One prediction with what it means; contributions are absent where no explanation was asked for."""

    prediction_id: str
    detail: str = ""
    base_value: float | None = None
    effect_scale: Literal["log1p"] = "log1p"
    contributions: list[EcloContribution] = Field(default_factory=list)
    model_version: str


class PredictionRecord(AnswerModel):
    """One prediction of the history."""

    prediction_id: str
    created_at: Timestamp
    source: Literal["single", "batch"]
    job_id: str | None = None
    features: dict[str, Any]
    eclo: float
    interpretation: str
    model_version: str


class ModelFeature(AnswerModel):
    """A field that a caller sends: its name on the wire, its Korean label, its valid values where it has them."""

    name: str
    label: str
    valid_values: list[str] | None = None


class SeverityClass(AnswerModel):
    """One class of the severity scale: from which percentile (inclusive) and which ECLO its predictions lie."""

    name: str
    percentile_from: float
    percentile_to: float
    eclo_from: float
    eclo_to: float | None


class ModelInfo(AnswerModel):
    """The model that serves now."""

    version: str
    features: list[ModelFeature]
    severity_scale: list[SeverityClass]
    metrics: dict[str, Any]
    training_data: dict[str, Any]
    versions: list[str] = Field(default_factory=list, description="every registered version, newest first")
